internal import DESCore

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
    /// Sections with nothing in them.
    let emptySections: [(name: String, line: Int)]
    /// What has no place in such a file, each with its line.
    let problems: [String]
    /// It could be read, and is YAML: what is not in it is not set.
    let isWhole: Bool

    /// Reads a file. What is wrong with it, ``Configuration`` reports with all that is wrong.
    public init(path: String) {
        self.init(path: path) { () throws(DESError) in try SmallFile.contents(of: path) }
    }

    /// Parses the bytes of a file.
    init(path: String, text: [UInt8]) { self.init(path: path) { text } }

    private init(path: String, text: () throws(DESError) -> [UInt8]) {
        self.path = path
        var found = Found(path: path)
        do throws(DESError) {
            if let root = try YAMLDocument(text(), path: path).root { found.sections(root) }
            (problems, isWhole) = (found.problems, true)
        } catch {
            (problems, isWhole) = ([error.description], false)
        }
        (entries, emptySections) = (found.entries, found.emptySections)
    }

    /// Collects what is there.
    private struct Found {
        let path: String
        var entries: [Entry] = []
        var emptySections: [(name: String, line: Int)] = []
        var problems: [String] = []
        private var seenSections: Set<String> = []
        private var seen: Set<String> = []

        init(path: String) { self.path = path }

        private mutating func problem(_ line: Int, _ what: String) {
            problems.append("\(path):\(line): \(what.escapingControlCharacters)")
        }

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
                // Both count here; another program that reads the file may take one of them.
                if !seenSections.insert(section).inserted { problem(key.line, "\(section): is there twice") }
                switch value.content {
                case .mapping(let members) where !members.isEmpty: settings(section, members)
                case .mapping, .scalar(""): emptySections.append((section, key.line))
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

extension ConfigurationFile: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The path: what is in the file may be secret.
    public var description: String { path }
    /// The same.
    public var debugDescription: String { path }
    /// The same.
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: [path]) }
}
