extension JSON {
    /// Parses one JSON text.
    /// - Throws: ``DESError/Code/invalidArgument`` that says what was expected; ``DESError/offset`` counts from the
    ///   start of `bytes`.
    public init(parsing bytes: RawSpan) throws(DESError) {
        var parser = JSONParser(bytes: bytes.array())
        self = try parser.document()
    }

    /// Parses one JSON text.
    public init(parsing text: String) throws(DESError) {
        var parser = JSONParser(bytes: Array(text.utf8))
        self = try parser.document()
    }
}

/// A strict recursive-descent parser: RFC 8259 and nothing more, nesting bounded by ``Limits/metaDepthMax``.
private struct JSONParser {
    let bytes: [UInt8]
    var position = 0
    var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(DESError) -> JSON {
        let value = try value()
        skipBlanks()
        guard position == bytes.count else { throw expected("the end of the JSON text") }
        return value
    }

    private func expected(_ what: String) -> DESError {
        DESError(.invalidArgument, "not JSON: expected \(what)", offset: position)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func literal(_ word: StaticString, _ value: JSON) throws(DESError) -> JSON {
        for index in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[index]) { throw expected("\"\(word)\"") }
        return value
    }

    private mutating func value() throws(DESError) -> JSON {
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return try nested { parser throws(DESError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(DESError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try number()
        default: throw expected("a value")
        }
    }

    private mutating func nested(_ body: (inout JSONParser) throws(DESError) -> JSON) throws(DESError) -> JSON {
        guard depth < Limits.metaDepthMax else { throw expected("at most \(Limits.metaDepthMax) levels of nesting") }
        depth += 1
        position += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(DESError) -> JSON {
        var members: [JSON.Member] = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw expected("a key in quotes") }
            let key = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw expected("\":\"") }
            members.append(JSON.Member(key, try value()))
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw expected("\",\" or \"}\"") }
        return .object(members)
    }

    private mutating func array() throws(DESError) -> JSON {
        var values: [JSON] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(values) }
        repeat {
            values.append(try value())
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw expected("\",\" or \"]\"") }
        return .array(values)
    }

    private mutating func number() throws(DESError) -> JSON {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(DESError) {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw expected("a digit") }
    }

    private mutating func string() throws(DESError) -> String {
        position += 1
        let start = position
        var text: [UInt8]?  // only once an escape makes it differ from the source
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let end = position
                position += 1
                let result =
                    if let text { String(validating: text, as: UTF8.self) } else {
                        bytes.withUnsafeBufferPointer {
                            String(validating: UnsafeBufferPointer(rebasing: $0[start..<end]), as: UTF8.self)
                        }
                    }
                guard let result else {
                    position = start
                    throw expected("valid UTF-8")
                }
                return result
            case UInt8(ascii: "\\"):
                // Taken out before it is changed: a second reference would copy all of it at every escape.
                var unescaped = text.take() ?? Array(bytes[start..<position])
                try escape(into: &unescaped)
                text = consume unescaped
            case ..<0x20: throw expected("no bare control character")
            default:
                text?.append(byte)
                position += 1
            }
        }
        throw expected("a closing quote")
    }

    private mutating func escape(into text: inout [UInt8]) throws(DESError) {
        position += 1
        let byte = next
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte ?? 0)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "u"): text += try unicodeEscape().utf8
        default:
            position -= 1
            throw expected("an escape such as \\n")
        }
    }

    /// After `\u`. A surrogate without its partner becomes U+FFFD: Python writes such text, and it must stay readable.
    private mutating func unicodeEscape() throws(DESError) -> String {
        let first = try hexadecimal()
        if UTF16.isLeadSurrogate(first), next == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        {
            let afterFirst = position
            position += 2
            let second = try hexadecimal()
            if UTF16.isTrailSurrogate(second) { return String(decoding: [first, second], as: UTF16.self) }
            position = afterFirst
        }
        return String(decoding: [first], as: UTF16.self)
    }

    private mutating func hexadecimal() throws(DESError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw expected("four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
