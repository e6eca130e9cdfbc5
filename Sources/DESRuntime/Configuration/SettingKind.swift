public import DESCore

/// What a setting may be, and how its text becomes a value.
public struct SettingKind<Value: Sendable>: Sendable {
    /// Completes "expected ".
    public let expected: String
    /// It has several values.
    public let isList: Bool
    private let parse: @Sendable (String) throws -> Value?
    private let parseList: (@Sendable ([String]) throws -> Value?)?

    /// A kind of one text. `parse` gives `nil`, or throws a ``DESCore/DESError`` that says more, for what is wrong.
    public init(_ expected: String, _ parse: @escaping @Sendable (String) throws -> Value?) {
        (self.expected, self.parse, isList, parseList) = (expected, parse, false, nil)
    }

    private init(list expected: String, _ parse: @escaping @Sendable ([String]) throws -> Value?) {
        (self.expected, isList, parseList) = (expected, true, parse)
        self.parse = { try parse([$0]) }
    }

    /// The value of what was written; several texts only for a list.
    /// - Throws: ``SettingProblem``.
    public func value(of texts: [String]) throws -> Value {
        let quoted = texts.map { "\"" + $0.escapingControlCharacters + "\"" }
        let written = quoted.isEmpty ? "an empty list" : quoted.joined(separator: ", ")
        do {
            if let parseList {
                if let value = try parseList(texts) { return value }
            } else if texts.count == 1, let value = try parse(texts[0]) {
                return value
            }
        } catch let error as DESError {
            throw SettingProblem(message: "\(error.message), not \(written)")
        }
        throw SettingProblem(message: "expected \(expected), not \(written)")
    }

    /// The same for a setting that need not be set.
    var optional: SettingKind<Value?> {
        if let parseList {
            return SettingKind<Value?>(list: expected) { texts in try parseList(texts).map { .some($0) } }
        }
        let parse = parse
        return SettingKind<Value?>(expected) { text in try parse(text).map { .some($0) } }
    }

    /// One of a kind or several.
    static func list<Element>(of kind: SettingKind<Element>) -> SettingKind<[Element]> where Value == [Element] {
        SettingKind<[Element]>(list: "a list of at least one, each \(kind.expected)") { texts in
            texts.isEmpty ? nil : try texts.map { try kind.value(of: [$0]) }
        }
    }
}

extension SettingKind where Value == String {
    /// Any text but an empty one.
    public static var text: Self { Self("text") { $0.isEmpty ? nil : $0 } }
    /// A path of the file system.
    public static var path: Self { Self("a path") { $0.isEmpty ? nil : $0 } }
    /// `what=value`.
    public static var assignment: Self {
        Self("NAME=VALUE") { text in
            let parts = text.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? text : nil
        }
    }
    /// What keys in object storage begin with.
    public static var keyPrefix: Self {
        Self("a prefix of keys, without a slash at either end") { text in
            text.hasPrefix("/") || text.hasSuffix("/") ? nil : text
        }
    }
    /// What a client proves who it is with (RFC 6750).
    public static var bearerToken: Self {
        Self("at least 16 characters of A-Z a-z 0-9 - . _ ~ + / =") { text in
            text.utf8.count >= 16
                && text.utf8.allSatisfy { $0.isUnreserved || "+/=".utf8.contains($0) } ? text : nil
        }
    }
}

extension SettingKind where Value == Int {
    /// A whole number.
    public static func integer(_ range: ClosedRange<Int>) -> Self {
        let expected =
            range.count == 1 ? "\(range.lowerBound)" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Self(expected) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    /// A count of bytes such as `512`, `64KiB`, `10MB`, `1GiB`.
    public static func byteCount(_ range: ClosedRange<Int>) -> Self {
        let units = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000),
            ("GB", 1_000_000_000), ("B", 1),
        ]
        let (low, high) = (range.lowerBound, range.upperBound)
        let examples = [("4096", 4_096), ("64KiB", 64 << 10), ("10MB", 10_000_000), ("1GiB", 1 << 30)]
        return Self("a count of bytes from \(low) to \(high), such as \(words(examples, in: range))") { text in
            let unit = units.first { text.hasSuffix($0.0) } ?? ("", 1)
            guard let number = Int(text.dropLast(unit.0.utf8.count)) else { return nil }
            let (value, isTooMuch) = number.multipliedReportingOverflow(by: unit.1)
            return !isTooMuch && range.contains(value) ? value : nil
        }
    }
}

extension SettingKind where Value == Bool {
    /// Yes or no.
    public static var flag: Self {
        Self("true or false") { text in
            switch text.lowercased() {
            case "true", "yes", "on", "1": true
            case "false", "no", "off", "0": false
            default: nil
            }
        }
    }
}

extension SettingKind where Value == Double {
    /// A number with or without a fraction.
    public static func number(_ range: ClosedRange<Double>) -> Self {
        let expected = "a number from \(written(range.lowerBound)) to \(written(range.upperBound))"
        return Self(expected) { text in
            guard let number = decimal(text), range.contains(number) else { return nil }
            return number
        }
    }

    /// The same, or `none`: infinity.
    public static func limit(_ range: ClosedRange<Double>) -> Self {
        let number = number(range)
        return Self("\(number.expected), or none") { text in
            text.lowercased() == "none" || text == "0" ? .infinity : try? number.value(of: [text])
        }
    }

    private static func written(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }
}

/// Digits, with a point or without.
private func decimal(_ text: some StringProtocol) -> Double? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else { return nil }
    return Double(String(text))
}

/// The first three examples that are within the range.
private func words<Bound>(_ examples: [(text: String, value: Bound)], in range: ClosedRange<Bound>) -> String {
    let fitting = examples.filter { range.contains($0.value) }.prefix(3).map(\.text)
    return fitting.dropLast().joined(separator: ", ") + (fitting.count > 1 ? " or " : "") + (fitting.last ?? "")
}

/// What a time without a unit is in.
public enum TimeUnit: String, Sendable {
    case seconds = "s"
    case days = "d"
}

extension SettingKind where Value == Duration {
    /// A time such as `500ms`, `30s`, `5m`, `1h`, `2d`; a number alone is in `unit`.
    public static func duration(_ range: ClosedRange<Duration>, unit: TimeUnit = .seconds) -> Self {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]
        let (low, high) = (written(range.lowerBound), written(range.upperBound))
        let bare = units.first { $0.0 == unit.rawValue }?.1 ?? 1
        let examples: [(String, Duration)] = [
            ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h", .seconds(3_600)),
        ]
        return Self("a time from \(low) to \(high), such as \(words(examples, in: range))") { text in
            let unit = units.first { text.hasSuffix($0.0) } ?? ("", bare)
            guard let number = decimal(text.dropLast(unit.0.utf8.count)), number < 1e9 else { return nil }
            let value = Duration.milliseconds(Int((number * unit.1 * 1_000).rounded()))
            return range.contains(value) ? value : nil
        }
    }

    /// As it can be parsed.
    private static func written(_ time: Duration) -> String {
        let milliseconds = Int(time / .milliseconds(1))
        let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
        guard let unit = units.first(where: { milliseconds >= $0.1 && milliseconds % $0.1 == 0 }) else {
            return "\(milliseconds)ms"
        }
        return "\(milliseconds / unit.1)\(unit.0)"
    }
}

extension SettingKind where Value == NamePrefix {
    /// What names begin with.
    public static var namePrefix: Self { Self("ASCII letters and digits") { try NamePrefix($0) } }
}

extension SettingKind where Value == ShardBits {
    /// How many shards there are.
    public static var shardBits: Self {
        Self("a whole number from 1 to 16") { text in Int(text).flatMap { try? ShardBits($0) } }
    }
}

extension SettingKind where Value == ClosedRange<UInt8> {
    /// Node ids.
    public static var nodes: Self { Self(NodeRange.expected) { NodeRange.parse($0) } }
}
