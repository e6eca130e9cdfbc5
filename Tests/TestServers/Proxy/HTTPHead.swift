/// The first line and the header fields of an HTTP/1 message, written again as they were read.
struct HTTPHead: Sendable {
    var startLine: String
    private(set) var fields: [(name: String, value: String)] = []

    init(_ startLine: String, _ fields: [(String, String)] = []) {
        self.startLine = startLine
        for (name, value) in fields { self.fields.append((name, value)) }
    }

    /// From its lines, which are at least one.
    init(lines: [String]) {
        self.init(lines[0])
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
            fields.append((String(parts[0]), String(value)))
        }
    }

    /// The first field of a name, whatever its case.
    subscript(name: String) -> String? {
        get { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            let position = fields.firstIndex { $0.name.lowercased() == name.lowercased() } ?? fields.count
            fields.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { fields.insert((name, newValue), at: min(position, fields.count)) }
        }
    }

    var bytes: [UInt8] {
        Array((startLine + "\r\n" + fields.map { "\($0.name): \($0.value)\r\n" }.joined() + "\r\n").utf8)
    }

    /// The words of the first line: method, path and version of a request, version, status and reason of an answer.
    var words: [String] { startLine.split(separator: " ", maxSplits: 2).map(String.init) }
    var status: Int { words.count > 1 ? Int(words[1]) ?? 0 : 0 }
    var contentLength: Int? { self["Content-Length"].flatMap { Int($0) } }
    var isChunked: Bool { self["Transfer-Encoding"]?.lowercased() == "chunked" }
    var keepsAlive: Bool { startLine.contains("HTTP/1.1") && self["Connection"]?.lowercased() != "close" }
}
