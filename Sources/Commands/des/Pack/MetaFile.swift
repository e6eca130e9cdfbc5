import DESCore
import Synchronization

/// Metadata by name from a file of JSON lines: `{"name":"a/b.txt","meta":{"tags":["x"]}}`.
final class MetaFile: Sendable {
    private let members: [EntryName: [JSON.Member]]
    private let unused: Mutex<Set<EntryName>>

    /// No metadata.
    init() {
        members = [:]
        unused = Mutex([])
    }

    /// Reads the file.
    /// - Throws: ``DESError/Code/invalidArgument`` for the first line that is wrong, with its number.
    init(path: String) throws(DESError) {
        var members: [EntryName: [JSON.Member]] = [:]
        let bytes = try InputList.wholeFile(path)
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) {
            do throws(DESError) {
                try MetaFile.add(Array(line), to: &members)
            } catch {
                throw DESError(.invalidArgument, "line \(number + 1): \(error.message)", place: path)
            }
        }
        unused = Mutex(Set(members.keys))
        self.members = members
    }

    private static func add(
        _ line: [UInt8], to members: inout [EntryName: [JSON.Member]]
    ) throws(DESError) {
        let json = try JSON(parsing: line.span.bytes)
        guard let name = json["name"]?.stringValue, case .object(let meta) = json["meta"] else {
            throw DESError(.invalidArgument, "expected {\"name\":\"…\",\"meta\":{…}}")
        }
        // The type is not the user's to change: extraction acts on it. Of a key that comes twice the last one counts.
        var own: [JSON.Member] = []
        for member in meta where member.key != "type" {
            own.removeAll { $0.key.utf8.elementsEqual(member.key.utf8) }
            own.append(member)
        }
        guard members.updateValue(own, forKey: try EntryName(name)) == nil else {
            throw DESError(.invalidArgument, "a second line for \(try EntryName(name).quoted)")
        }
    }

    /// The names it speaks of that were not asked for.
    var unusedNames: [EntryName] { unused.withLock { $0.sorted() } }

    /// The members for the file with this path, which counts as used.
    subscript(_ path: String) -> [JSON.Member] {
        guard !members.isEmpty, let name = try? EntryName(path), let own = members[name] else { return [] }
        unused.withLock { _ = $0.remove(name) }
        return own
    }
}
