public import DESCore

/// What a YAML file of settings says: sections with scalars and lists of scalars.
///
/// Parsed with libyaml and not with Yams, which would bring Foundation and ICU, 45 MB, into every service.
public struct ConfigurationFile: Sendable {
    /// One setting as it stands in the file.
    struct Entry: Sendable {
        let key: String
        let texts: [String]
        let isList: Bool
        let line: Int
    }

    /// The path, for messages.
    public let path: String
    let entries: [Entry]
    /// What has no place in such a file, each with its line.
    let problems: [String]

    /// Reads a file.
    /// - Throws: ``DESCore/DESError`` if it cannot be read, or is no YAML.
    public init(path: String) throws(DESError) {
        try self.init(path: path, text: SmallFile.contents(of: path))
    }

    /// Parses the bytes of a file.
    init(path: String, text: [UInt8]) throws(DESError) {
        self.path = path
        var found = Found(path: path)
        if let root = try YAMLDocument(text, path: path).root { found.sections(root) }
        (entries, problems) = (found.entries, found.problems)
    }

    /// Collects what is there.
    private struct Found {
        let path: String
        var entries: [Entry] = []
        var problems: [String] = []
        private var seen: Set<String> = []

        init(path: String) { self.path = path }

        private mutating func problem(_ line: Int, _ what: String) { problems.append("\(path):\(line): \(what)") }

        mutating func sections(_ root: YAMLDocument.Node) {
            if case .scalar(let text) = root.content, text.isEmpty { return }  // only comments
            guard case .mapping(let sections) = root.content else {
                return problem(root.line, "expected sections such as \"names:\"")
            }
            for (key, value) in sections {
                guard case .scalar(let section) = key.content else {
                    problem(key.line, "expected the name of a section")
                    continue
                }
                switch value.content {
                case .mapping(let members): settings(section, members)
                case .scalar(""): continue  // a section with nothing in it
                default: problem(value.line, "\(section): expected settings below it, each on a line of its own")
                }
            }
        }

        private mutating func settings(_ section: String, _ members: [(YAMLDocument.Node, YAMLDocument.Node)]) {
            for (key, value) in members {
                guard case .scalar(let name) = key.content else {
                    problem(key.line, "\(section): expected the name of a setting")
                    continue
                }
                let whole = "\(section).\(name)"
                guard seen.insert(whole).inserted else {
                    problem(key.line, "\(whole): is set twice")
                    continue
                }
                switch value.content {
                case .scalar(let text):
                    entries.append(Entry(key: whole, texts: [text], isList: false, line: key.line))
                case .sequence(let items):
                    let texts = items.compactMap { item in
                        if case .scalar(let text) = item.content { text } else { nil }
                    }
                    guard texts.count == items.count else {
                        problem(value.line, "\(whole): expected a list of plain values")
                        continue
                    }
                    entries.append(Entry(key: whole, texts: texts, isList: true, line: key.line))
                case .mapping:
                    problem(value.line, "\(whole): expected a value, not further settings")
                }
            }
        }
    }
}
