import DESCore

/// Metadata by name from a file of JSON lines: `{"name":"a/b.txt","meta":{"tags":["x"]}}`.
struct MetaFile: Sendable {
    private var members: [EntryName: [JSON.Member]] = [:]

    /// No metadata.
    init() {}

    /// Reads the file.
    /// - Throws: ``DESError/Code/invalidArgument`` for the first line that is wrong, with its number.
    init(path: String) throws(DESError) {
        let bytes = try InputList.wholeFile(path)
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) {
            do throws(DESError) {
                try add(Array(line))
            } catch {
                throw DESError(.invalidArgument, "line \(number + 1): \(error.message)", place: path)
            }
        }
    }

    private mutating func add(_ line: [UInt8]) throws(DESError) {
        let json = try JSON(parsing: line.span.bytes)
        guard let name = json["name"]?.stringValue, case .object(let meta) = json["meta"] else {
            throw DESError(.invalidArgument, "expected {\"name\":\"…\",\"meta\":{…}}")
        }
        guard members.updateValue(meta, forKey: try EntryName(name)) == nil else {
            throw DESError(.invalidArgument, "a second line for \(try EntryName(name).quoted)")
        }
    }

    /// The names it speaks of.
    var names: some Collection<EntryName> { members.keys }

    /// The members for `name`.
    subscript(_ name: EntryName) -> [JSON.Member] { members.isEmpty ? [] : members[name] ?? [] }
}
