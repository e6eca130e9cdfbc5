/// A JSON value (RFC 8259). Members keep their order, numbers their spelling: META goes through unchanged.
public enum JSON: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number as it was written, such as `1e3`.
    case number(String)
    /// A string, escapes resolved.
    case string(String)
    /// An array.
    case array([JSON])
    /// An object; a key may come more than once, the last one wins in ``subscript(_:)``.
    case object([Member])

    /// One key and its value.
    public struct Member: Sendable, Hashable {
        /// The key.
        public var key: String
        /// The value.
        public var value: JSON

        /// A key and its value.
        public init(_ key: String, _ value: JSON) {
            (self.key, self.value) = (key, value)
        }
    }

    /// An integer.
    public static func integer(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

    /// The value of `key` in an object, `nil` if this is no object or has no such key.
    public subscript(_ key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        let count = key.utf8.count
        return members.last { $0.key.utf8.count == count && $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// The text of a string.
    public var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a number that is a whole one and fits.
    public var integerValue: Int? {
        if case .number(let digits) = self { Int(digits) } else { nil }
    }

    /// Compact UTF-8: no blanks, only `"`, `\` and characters below 0x20 escaped.
    public func encode(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .number(let digits): bytes += digits.utf8
        case .string(let text): JSON.encode(text, into: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.encode(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSON.encode(member.key, into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.encode(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// The value as compact text.
    public var text: String { String(decoding: encoded, as: UTF8.self) }

    /// The value as compact bytes.
    package var encoded: [UInt8] {
        var bytes = [UInt8]()
        encode(into: &bytes)
        return bytes
    }

    static func encode(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for (position, byte) in utf8.enumerated()
            where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(contentsOf: utf8[start..<position])
                bytes += escape(byte).utf8
                start = position + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""): #"\""#
        case UInt8(ascii: "\\"): #"\\"#
        case 0x08: #"\b"#
        case 0x09: #"\t"#
        case 0x0A: #"\n"#
        case 0x0C: #"\f"#
        case 0x0D: #"\r"#
        default: (byte < 0x10 ? #"\u000"# : #"\u00"#) + String(byte, radix: 16)
        }
    }
}

extension JSON: Hashable {
    /// Equal bytes when encoded: strings that only look alike differ, and so do numbers spelled in two ways.
    public static func == (a: JSON, b: JSON) -> Bool { a.encoded == b.encoded }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(encoded) }
}

extension JSON.Member {
    /// Equal bytes when encoded.
    public static func == (a: JSON.Member, b: JSON.Member) -> Bool {
        a.key.utf8.elementsEqual(b.key.utf8) && a.value == b.value
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(JSON.object([self])) }
}
