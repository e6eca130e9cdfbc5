import DESCore
import Glibc

/// What is in a directory, names in byte order: one array of bytes for all of them.
struct Children {
    private struct Child {
        var start: Int
        var count: Int
        var type: mode_t
    }

    private var names: [UInt8] = []
    private var children: [Child] = []
    /// Names that cannot be packed, made readable.
    private(set) var notUTF8: [String] = []
    private(set) var isEmpty = true
    /// The directory itself.
    let directory: FileIdentity

    var count: Int { children.count }

    /// Reads the directory at `path` below `tree`; an empty path is the tree itself.
    init(of tree: Tree, _ path: String) throws(DESError) {
        let directory = try Children.open(tree, path)
        defer { closedir(directory) }
        let descriptor = dirfd(directory)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .system(errno, "left out: cannot read the directory", tree.full(path))
        }
        self.directory = FileIdentity(status)
        errno = 0
        while let entry = readdir(directory) {
            add(entry, descriptor)
            errno = 0
        }
        guard errno == 0 else { throw .system(errno, "left out: cannot read the directory", tree.full(path)) }
        names.withUnsafeBytes { names in
            guard let start = names.baseAddress else { return }
            children.sort { a, b in
                let order = memcmp(start + a.start, start + b.start, min(a.count, b.count))
                return order != 0 ? order < 0 : a.count < b.count
            }
        }
    }

    private static func open(_ tree: Tree, _ path: String) throws(DESError) -> OpaquePointer {
        let descriptor = openBeneath(
            tree.descriptor.rawValue, path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw .opening(errno, "left out: cannot open the directory", tree.full(path)) }
        if let directory = fdopendir(descriptor) { return directory }
        let number = errno
        close(descriptor)
        throw .system(number, "left out: cannot read the directory", tree.full(path))
    }

    private mutating func add(_ entry: UnsafeMutablePointer<dirent>, _ directory: Int32) {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return }
        let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
        let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
        if bytes.elementsEqual(".".utf8) || bytes.elementsEqual("..".utf8) { return }
        isEmpty = false
        guard String(validating: bytes, as: UTF8.self) != nil else {
            notUTF8.append(String(decoding: bytes, as: UTF8.self))
            return
        }
        var type = mode_t(entry.pointee.d_type) << 12
        if type == 0 {
            // Some file systems do not say the type in the directory. What cannot be asked now fails when it is opened.
            var status = stat()
            type = fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_mode & S_IFMT : S_IFREG
        }
        children.append(Child(start: names.count, count: bytes.count, type: type))
        names.append(contentsOf: bytes)
    }

    /// File type bits of the child at `position`, as in `st_mode`.
    func type(_ position: Int) -> mode_t { children[position].type }

    /// Calls `body` with the name of the child at `position`: valid UTF-8.
    func withName<R>(_ position: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
        let child = children[position]
        return try names.withUnsafeBufferPointer {
            try body(UnsafeBufferPointer(rebasing: $0[child.start..<child.start + child.count]))
        }
    }
}
