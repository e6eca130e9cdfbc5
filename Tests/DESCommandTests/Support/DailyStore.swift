import DESCore
import Testing

/// `des pack --sharded` and what it says.
struct DailyStore {
    /// A line that says where a file is.
    struct Line: Hashable {
        let source: String
        let name: String
        let key: String
        let body: Range<Int>
    }

    let directory: TemporaryDirectory
    var environment: [String: String] = [:]

    /// A pack of what is in the directory.
    func pack(_ arguments: [String]) -> Command {
        var command = Command.des("pack", "--sharded", "--node-id", "0-3", "--state", directory["state"])
        command.arguments += arguments
        command.directory = directory.path
        command.environment = environment
        return command
    }

    /// The lines of what ended with this status.
    static func lines(
        _ result: Command.Result, status: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [Line] {
        try #require(result.status == status, "\(result)", sourceLocation: sourceLocation)
        return try result.json().filter { $0["type"] == .string("entry") }.map { json in
            let start = try #require(json["offset"]?.integerValue)
            return Line(
                source: try #require(json["source"]?.stringValue), name: try #require(json["name"]?.stringValue),
                key: try #require(json["key"]?.stringValue),
                body: start..<start + (try #require(json["length"]?.integerValue)))
        }
    }
}
