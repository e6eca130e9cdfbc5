internal import DESCore
public import Logging

/// Logs one JSON object a line: `time` (RFC 3339, UTC), `level`, `event`, `logger`, then the metadata.
///
/// The message is the name of an event, always the same (`assign.listening`); what differs is metadata.
public struct JSONLogHandler: LogHandler {
    /// The least level that is written.
    public var logLevel: Logger.Level
    /// What every line says.
    public var metadata: Logger.Metadata = [:]
    /// What every line says that is known only when it is written.
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let writer: LogWriter

    /// A handler of the logger `label`.
    public init(label: String, level: Logger.Level, writer: LogWriter) {
        (self.label, logLevel, self.writer) = (label, level, writer)
    }

    /// A part of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Takes a line.
    public func log(event: LogEvent) {
        var members = JSONLogHandler.head(level: event.level, event: event.message.description, logger: label)
        let all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            // Which of two members of one name counts depends on who reads.
            let isTaken = JSONLogHandler.names.contains(key) || key == "error" && event.error != nil
            members.append(JSON.Member(isTaken ? "metadata.\(key)" : key, JSONLogHandler.json(value)))
        }
        if let error = event.error { members.append(JSON.Member("error", .string("\(error)"))) }
        var line: [UInt8] = []
        JSON.object(members).encode(into: &line)
        line.append(UInt8(ascii: "\n"))
        writer.write(line)
    }

    private static let names: Set = ["time", "level", "event", "logger"]

    /// What every line begins with.
    static func head(level: Logger.Level, event: String, logger: String) -> [JSON.Member] {
        [
            JSON.Member("time", .string(Timestamp.now.text ?? "")), JSON.Member("level", .string(level.rawValue)),
            JSON.Member("event", .string(event)), JSON.Member("logger", .string(logger)),
        ]
    }

    private static func json(_ value: Logger.MetadataValue) -> JSON {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value as Int): .integer(value)
        case .stringConvertible(let value as Double) where value.isFinite: .number("\(value)")
        case .stringConvertible(let value as Bool): .bool(value)
        case .stringConvertible(let value): .string(value.description)
        case .array(let values): .array(values.map(json))
        case .dictionary(let values):
            .object(values.sorted { $0.key < $1.key }.map { JSON.Member($0.key, json($0.value)) })
        }
    }
}
