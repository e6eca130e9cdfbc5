import DESCore
import Logging
import TestServers
import Testing

@testable import DESRuntime

@Suite("Lines of the log")
struct JSONLogHandlerTests {
    /// The lines that `body` logs.
    private func lines(
        label: String = "test", level: Logger.Level = .trace, metadata: Logger.Metadata = [:],
        provided: Logger.Metadata = [:], _ body: (Logger) throws -> Void
    ) throws -> [JSON] {
        let pipe = try Pipe()
        let writer = try LogWriter(descriptor: pipe.input)
        var logger = Logger(label: label) { label in
            var handler = JSONLogHandler(label: label, level: level, writer: writer)
            if !provided.isEmpty { handler.metadataProvider = Logger.MetadataProvider { provided } }
            return handler
        }
        for (key, value) in metadata { logger[metadataKey: key] = value }
        try body(logger)
        writer.flush(seconds: 60)
        return try parse(pipe.contents())
    }

    /// The one line of an event with this metadata.
    private func line(_ metadata: Logger.Metadata) throws -> JSON {
        let lines = try lines { $0.info("event", metadata: metadata) }
        try #require(lines.count == 1)
        return lines[0]
    }

    private func keys(_ line: JSON) throws -> [String] {
        guard case .object(let members) = line else { return [] }
        return members.map(\.key)
    }

    @Test("a line has time, level, event and logger, then its metadata by name")
    func line() throws {
        let line = try #require(
            try lines(label: "des-assign") { $0.notice("assign.ready", metadata: ["b": "2", "a": "1"]) }.first)
        #expect(try keys(line) == ["time", "level", "event", "logger", "a", "b"])
        #expect(line["level"]?.stringValue == "notice")
        #expect(line["event"]?.stringValue == "assign.ready")
        #expect(line["logger"]?.stringValue == "des-assign")
        let time = try #require(line["time"]?.stringValue.flatMap(Timestamp.init))
        #expect(abs(time.seconds - Timestamp.now.seconds) < 3_600)
    }

    @Test(
        "every level is written by its name, those below the least level not at all", arguments: Logger.Level.allCases)
    func levels(least: Logger.Level) throws {
        let lines = try lines(level: least) { logger in
            for level in Logger.Level.allCases { logger.log(level: level, "event") }
        }
        #expect(
            lines.map { $0["level"]?.stringValue } == Logger.Level.allCases.filter { $0 >= least }.map(\.rawValue))
    }

    @Test("metadata of the event counts before what a provider gives, and that before the logger's own")
    func mergeOrder() throws {
        let lines = try lines(
            metadata: ["a": "logger", "b": "logger", "c": "logger"], provided: ["b": "provider", "c": "provider"]
        ) { $0.info("event", metadata: ["c": "event"]) }
        let line = try #require(lines.first)
        #expect(["a", "b", "c"].map { line[$0]?.stringValue } == ["logger", "provider", "event"])
        #expect(try keys(line).count == 7)
    }

    @Test("a copy of a logger has metadata and a level of its own")
    func copies() throws {
        let lines = try lines(level: .info) { logger in
            var copy = logger
            copy[metadataKey: "request"] = "1"
            copy.logLevel = .debug
            copy.debug("copy")
            logger.debug("original")
            logger.info("original")
        }
        #expect(lines.map { $0["event"]?.stringValue } == ["copy", "original"])
        #expect(lines.map { $0["request"]?.stringValue } == ["1", nil])
    }

    @Test("numbers and truth values stay what they are, lists and dictionaries are nested, sorted by key")
    func types() throws {
        let line = try line([
            "int": .stringConvertible(-7), "double": .stringConvertible(1.5),
            "tiny": .stringConvertible(2.2250738585072014e-308),
            "huge": .stringConvertible(1.7976931348623157e308), "bool": .stringConvertible(true),
            "text": .string("7"), "name": .stringConvertible(NamePrefix.standard),
            "list": .array([.string("a"), .stringConvertible(1), .array([])]),
            "tree": .dictionary(["b": .dictionary(["c": .stringConvertible(false)]), "a": .array([.dictionary([:])])]),
        ])
        #expect(line["int"]?.integerValue == -7)
        #expect(line["double"] == .number("1.5"))
        #expect(line["bool"] == .bool(true))
        #expect(line["text"] == .string("7"))
        #expect(line["name"] == .string("DES"))
        #expect(line["list"]?.text == #"["a",1,[]]"#)
        #expect(line["tree"]?.text == #"{"a":[{}],"b":{"c":false}}"#)
        for key in ["tiny", "huge"] {
            guard case .number(let digits)? = line[key] else {
                Issue.record("\(key) is no number")
                continue
            }
            #expect(Double(digits) == (key == "tiny" ? 2.2250738585072014e-308 : 1.7976931348623157e308))
        }
    }

    @Test("numbers that JSON does not have are texts")
    func noNumbers() throws {
        let line = try line([
            "a": .stringConvertible(Double.nan), "b": .stringConvertible(Double.infinity),
            "c": .array([.stringConvertible(-Double.infinity)]),
        ])
        #expect(line["a"] == .string("nan"))
        #expect(line["b"] == .string("inf"))
        #expect(line["c"] == .array([.string("-inf")]))
    }

    @Test("whatever a text has in it, it stays within its line and is read back as it was")
    func texts() throws {
        var random = SeededGenerator(seed: 0x10C)
        let parts = [
            "\"", "\\", "\n", "\r\n", "\t", "\u{0}", "\u{1}", "\u{1B}[2J", "\u{1F}", "\u{7F}", "\u{85}", "\u{2028}",
            "é",
            "e\u{301}", "😀", "\u{10FFFF}", "\u{FFFD}", "}", "{", ",", ":", "\\u0041", "\\n", "a", " ",
        ]
        func text() -> String {
            (0..<Int.random(in: 0...6, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
        }
        let pipe = try Pipe()
        let writer = try LogWriter(descriptor: pipe.input)
        let events = (0..<300).map { _ in (name: text(), label: text(), key: "key" + text(), inner: text()) }
        for event in events {
            let logger = Logger(label: event.label) { JSONLogHandler(label: $0, level: .info, writer: writer) }
            logger.info(
                Logger.Message(stringLiteral: event.name),
                metadata: [
                    event.key: .string(event.name), "tree": .dictionary([event.inner: .array([.string(event.label)])]),
                ])
        }
        let lines = try pipe.lines { $0.count >= events.count }
        #expect(lines.count == events.count)
        for (round, (line, event)) in zip(lines, events).enumerated() {
            let tree = JSON.object([.init(event.inner, .array([.string(event.label)]))])
            #expect(line["event"] == .string(event.name), "seed 0x10C, round \(round)")
            #expect(line["logger"] == .string(event.label), "seed 0x10C, round \(round)")
            #expect(line[event.key] == .string(event.name), "seed 0x10C, round \(round)")
            #expect(line["tree"] == tree, "seed 0x10C, round \(round)")
        }
    }

    @Test("an error is written beside the event")
    func error() throws {
        let lines = try lines { $0.error("event", error: DESError(.corrupt, "\"bad\"", place: "a")) }
        #expect(lines.first?["error"] == .string("a: \"bad\""))
    }

    // Which of two members of one name counts depends on who reads.
    @Test("no name comes twice in a line: metadata does not take the place of what every line has")
    func reservedNames() throws {
        let names = ["time", "level", "event", "logger", "error"]
        let metadata = Logger.Metadata(uniqueKeysWithValues: names.map { ($0, .string("mine")) })
        let lines = try lines(label: "test") { logger in
            logger.error("event", error: DESError(.corrupt, "bad"), metadata: metadata)
            logger.error("event", metadata: metadata)
        }
        try #require(lines.count == 2)
        for line in lines {
            let keys = try keys(line)
            #expect(Set(keys).count == keys.count, "\(keys)")
            #expect(line["level"] == .string("error") && line["event"] == .string("event"))
            #expect(line["logger"] == .string("test") && line["time"] != .string("mine"))
            for name in names.dropLast() { #expect(line["metadata.\(name)"] == .string("mine")) }
        }
        #expect(lines[0]["error"] == .string("bad") && lines[0]["metadata.error"] == .string("mine"))
        #expect(lines[1]["error"] == .string("mine"))
    }
}
