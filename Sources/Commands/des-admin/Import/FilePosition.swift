import DESCore

/// Where in which file an import goes on.
struct FilePosition: Equatable {
    /// Of the next line's first byte.
    var offset: Int
    /// The number of that line, from 1.
    var line: Int
    /// Which file: another one of the same name is read from its start.
    let version: FileVersion?

    init(offset: Int, line: Int, version: FileVersion?) {
        (self.offset, self.line, self.version) = (offset, line, version)
    }

    /// Reads back ``text`` if it is about this file.
    init?(_ text: String, of version: FileVersion?) {
        guard let version, let json = try? JSON(parsing: text), let offset = json["offset"]?.integerValue,
            let line = json["line"]?.integerValue, (0...version.byteCount).contains(offset), line > 0
        else { return nil }
        self.init(offset: offset, line: line, version: version)
        guard json == self.json else { return nil }
    }

    /// For ``DESCatalog/ImportProgress/position``.
    var text: String { json.text }

    private var json: JSON {
        var members = [JSON.Member("offset", .integer(offset)), JSON.Member("line", .integer(line))]
        if let version {
            members += [
                JSON.Member("bytes", .integer(version.byteCount)), JSON.Member("inode", .integer(version.file.inode)),
                JSON.Member("modified", .string(version.modified.text ?? "\(version.modified.seconds)")),
            ]
        }
        return .object(members)
    }
}
