import DESCore
import Glibc

extension DirectoryTree {
    /// What one directory adds to a listing: an object, or the keys below.
    private struct Item {
        /// The key, or what the keys below begin with: up to a `/`.
        var key: [UInt8]
        var names: [String]
        var isDirectory: Bool
    }

    /// One page of the objects, in the order of their keys.
    func list(_ builder: PageBuilder) throws(DESError) -> ListPage {
        var builder = builder
        // A root that is not there is an error; below, what is not there has gone meanwhile.
        _ = try openRoot()
        _ = try list([], [], &builder)
        return builder.page
    }

    /// Adds the objects of one directory, and below; `false` once the page is full.
    private func list(_ names: [String], _ key: [UInt8], _ builder: inout PageBuilder) throws(DESError) -> Bool {
        // One directory stays open as long as its files follow each other; none while directories below are read, which
        // may be a thousand deep.
        var parent: [String] = []
        var directory: FileDescriptor?
        for item in try items(names, key) {
            if item.isDirectory {
                directory = nil
                switch builder.descent(into: item.key) {
                case .skip: break
                case .enter: guard try list(item.names, item.key, &builder) else { return false }
                case .prefix:
                    if try hasObject(item) { guard builder.add(prefix: item.key) else { return false } }
                }
                continue
            }
            guard let unit = builder.unit(of: item.key), isCanonical(item) else { continue }
            if case .prefix(let common) = unit {
                guard builder.add(prefix: common) else { return false }
                continue
            }
            if directory == nil || parent != item.names.dropLast() {
                parent = item.names.dropLast()
                directory = try openDirectory(parent)
            }
            guard let open = directory.take() else { continue }
            let info = try info(item, in: open)
            directory = consume open
            if let info, !builder.add(info) { return false }
        }
        return true
    }

    /// What is known of an object; `nil` if it has gone meanwhile.
    private func info(_ item: Item, in directory: borrowing FileDescriptor) throws(DESError) -> ObjectInfo? {
        let name = item.names.last ?? ""
        guard try DirectoryTree.kind(name, in: directory) == S_IFREG else { return nil }
        do throws(DESError) {
            let version = try FileVersion.settled(place: directory.path + "/" + name) { () throws(DESError) in
                guard let status = try DirectoryTree.status(name, in: directory) else {
                    throw DESError(.notFound, "was removed meanwhile", place: directory.path + "/" + name)
                }
                return status
            }
            return ObjectInfo(
                key: String(decoding: item.key, as: UTF8.self), byteCount: version.byteCount, etag: version.etag,
                modified: version.modified)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// The file is where its key belongs: not one that somebody else has put there under a name that means a key too.
    private func isCanonical(_ item: Item) -> Bool {
        var path = ObjectPath(key: String(decoding: item.key, as: UTF8.self))
        if item.names.last == ObjectPath.ownObject { path.names.append(ObjectPath.ownObject) }
        return path.names.count == item.names.count
            && zip(path.names, item.names).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
            && item.key.count <= UploadLimits.keyByteCountMax
    }

    /// Whether there is any object below a directory.
    private func hasObject(_ directory: Item) throws(DESError) -> Bool {
        for item in try items(directory.names, directory.key) {
            if try item.isDirectory ? hasObject(item) : isCanonical(item) { return true }
        }
        return false
    }

    /// What a directory has, in the order of the keys: that of `a/b` comes behind that of `a-b`.
    private func items(_ names: [String], _ key: [UInt8]) throws(DESError) -> [Item] {
        var items: [Item] = []
        try collect(names, key, &items)
        items.sort { precedes($0.key, $1.key) }
        return items
    }

    private func collect(_ path: [String], _ key: [UInt8], _ items: inout [Item]) throws(DESError) {
        guard let directory = try openDirectory(path) else { return }
        for name in try names(in: directory) where name != ObjectPath.workspace {
            guard let kind = try DirectoryTree.kind(name, in: directory) else { continue }
            switch ObjectPath.meaning(of: name) {
            case .component(let component) where kind == S_IFREG:
                items.append(Item(key: key + component, names: path + [name], isDirectory: false))
            case .component(let component) where kind == S_IFDIR:
                let below = Item(key: key + component + [UInt8(ascii: "/")], names: path + [name], isDirectory: true)
                items.append(below)
                if let inner = try DirectoryTree.open(name, in: directory, O_RDONLY | O_DIRECTORY),
                    try DirectoryTree.kind(ObjectPath.ownObject, in: inner) == S_IFREG
                {
                    let own = Item(
                        key: key + component, names: path + [name, ObjectPath.ownObject], isDirectory: false)
                    items.append(own)
                }
            case .beginning(let piece) where kind == S_IFDIR:
                // Part of this level: its keys may lie between those of other names.
                try collect(path + [name], key + piece, &items)
            default: break
            }
        }
    }
}
