import DESCore
import Testing

/// The documents of `--json`: one object a line.
extension Command.Result {
    /// Every line of standard output, parsed.
    func json() throws -> [JSON] { try output.split(separator: UInt8(ascii: "\n")).map { try parse(Array($0)) } }

    /// Every line of standard error, parsed.
    func jsonErrors() throws -> [JSON] {
        try Array(errors.utf8).split(separator: UInt8(ascii: "\n")).map { try parse(Array($0)) }
    }

    private func parse(_ line: [UInt8]) throws -> JSON {
        do {
            return try JSON(parsing: line.span.bytes)
        } catch {
            throw Unparsable(description: "\(error) in \(String(decoding: line, as: UTF8.self)) of \(self)")
        }
    }

    private struct Unparsable: Error, CustomStringConvertible { let description: String }
}

/// What containers hold, as `des` says.
enum Container {
    /// Names of all entries in the order of `des ls`; fails the test if it cannot be listed.
    static func names(_ path: String, _ arguments: String...) throws -> [String] {
        var command = Command.des("ls", "--json", path)
        command.arguments += arguments
        let result = try command.run()
        try #require(result.status == 0, "\(result)")
        return try result.json().map { try #require($0["name"]?.stringValue) }
    }

    /// META of the entry `name`.
    static func meta(_ path: String, _ name: String) throws -> JSON {
        let result = try Command.des("ls", "--json", path, name).run()
        try #require(result.status == 0, "\(result)")
        return try #require(try result.json().first?["meta"])
    }

    /// `des verify` finds nothing wrong in it.
    static func expectClean(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let result = try Command.des("verify", path).run()
        #expect(result.status == 0 && result.output.isEmpty, "\(result)", sourceLocation: sourceLocation)
    }

    /// Packs `inputs` into `path`; fails the test unless the exit status is `status`.
    @discardableResult
    static func pack(
        _ inputs: String..., to path: String, options: [String] = [], status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Command.Result {
        var command = Command.des("pack")
        command.arguments += options + ["-o", path, "--"] + inputs
        let result = try command.run()
        try #require(result.status == status, "\(result)", sourceLocation: sourceLocation)
        return result
    }
}
