internal import DESCore

/// A file in the INI dialect of the AWS SDKs: `~/.aws/config` or `~/.aws/credentials`.
///
/// `[section]` and `name = value` begin in the first column. A line that begins with a blank continues the value before
/// it, which is how `s3 =` has settings below it. `#` and `;` begin a comment, at the start of a line or after a blank.
/// Names of settings are compared in lower case; of two equal ones the later counts. Messages never quote the file.
struct ProfileFile: Sendable {
    /// A value and where it was found.
    struct Setting: Sendable {
        var value: String
        /// `path:line`.
        var place: String
    }

    typealias Section = [String: Setting]

    /// By what stands in the brackets, with single blanks.
    private(set) var sections: [String: Section] = [:]

    init() {}

    init(parsing bytes: [UInt8], path: String) throws(DESError) {
        var section: String?
        var name: String?
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let place = "\(path):\(index + 1)"
            guard let text = String(validating: line, as: UTF8.self) else {
                throw DESError(.invalidArgument, "expected UTF-8", place: place)
            }
            let content = line.trimmed
            guard let first = content.first, !ProfileFile.isCommentMark(first) else { continue }
            if content.startIndex > line.startIndex {
                guard let section, let name else {
                    throw DESError(
                        .invalidArgument,
                        "a line that begins with a blank continues a setting, and there is none before it", place: place
                    )
                }
                sections[section]?[name]?.value += "\n" + String(decoding: content, as: UTF8.self)
            } else if first == UInt8(ascii: "[") {
                let header = try ProfileFile.header(content, place: place)
                sections[header, default: [:]].merge([:]) { $1 }
                (section, name) = (header, nil)
            } else {
                let setting = try ProfileFile.setting(Array(text.utf8), place: place)
                guard let section else {
                    throw DESError(.invalidArgument, "expected a section such as [default] first", place: place)
                }
                sections[section]?[setting.name] = setting.value
                name = setting.name
            }
        }
    }

    private static func isCommentMark(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") }

    private static func header(_ line: ArraySlice<UInt8>, place: String) throws(DESError) -> String {
        guard let end = line.firstIndex(of: UInt8(ascii: "]")),
            line[(end + 1)...].trimmed.first.map(isCommentMark) ?? true
        else { throw DESError(.invalidArgument, "expected a section such as [default], and no more", place: place) }
        let words = line[..<end].dropFirst().split { $0 == 0x20 || $0 == 0x09 }
        guard !words.isEmpty else { throw DESError(.invalidArgument, "a section has no name", place: place) }
        return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }

    private static func setting(_ line: [UInt8], place: String) throws(DESError) -> (name: String, value: Setting) {
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
            throw DESError(.invalidArgument, "expected name = value", place: place)
        }
        let name = String(decoding: line[..<equals].trimmed, as: UTF8.self).lowercased()
        guard !name.isEmpty else { throw DESError(.invalidArgument, "a setting has no name", place: place) }
        let comment = line.indices.dropFirst(equals + 1).first { index in
            isCommentMark(line[index]) && (line[index - 1] == 0x20 || line[index - 1] == 0x09)
        }
        let value = line[(equals + 1)..<(comment ?? line.endIndex)].trimmed
        return (name, Setting(value: String(decoding: value, as: UTF8.self), place: place))
    }
}

extension ProfileFile.Setting: CustomStringConvertible, CustomReflectable {
    var description: String { place }
    var customMirror: Mirror { Mirror(self, children: ["place": place]) }
}
