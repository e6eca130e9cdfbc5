import Testing

@testable import DESCore

@Suite("JSON encoding")
struct JSONEncodingTests {
    @Test(
        "encoding a parsed compact text gives it back, byte for byte",
        arguments: [
            "null", "true", "[]", "{}", #"{"b":1,"a":2,"b":3}"#, #"[1e3,-0,1.10,12345678901234567890,1E+2]"#,
            #"["\"\\/\b\t\n\f\r\u0000\u001b\u001f","é","\#u{7F}\#u{2028}"]"#, #"{"":{"":[[[{}]]]}}"#,
            #"{"é":"1","e\#u{301}":"2"}"#,
        ])
    func compact(text: String) throws {
        let encoded = try JSON(parsing: text).text
        #expect(encoded.utf8.elementsEqual(text.utf8), "\(encoded)")
    }

    @Test("blanks go, the order of members and double keys stay")
    func order() throws {
        let text = try JSON(parsing: " { \"z\" : [ 1 , 2 ] ,\n\"a\" : { } , \"z\" : null } ").text
        #expect(text == #"{"z":[1,2],"a":{},"z":null}"#)
    }

    @Test("the last of two equal keys wins, and two forms of one visible key are two keys")
    func lookup() throws {
        let json = try JSON(parsing: "{\"k\":1,\"\u{E9}\":2,\"k\":3,\"e\u{301}\":4}")
        #expect(json["k"] == .integer(3))
        #expect(json["\u{E9}"] == .integer(2))
        #expect(json["e\u{301}"] == .integer(4))
        #expect(json["none"] == nil)
        #expect(JSON.array([])["k"] == nil)
    }

    @Test("two forms of one visible text are two values")
    func equality() {
        #expect(JSON.string("\u{E9}") != JSON.string("e\u{301}"))
        #expect(JSON.object([JSON.Member("\u{E9}", .null)]) != JSON.object([JSON.Member("e\u{301}", .null)]))
        #expect(JSON.string("\u{E9}") == JSON.string("\u{E9}"))
    }

    @Test("any value survives encoding and parsing", arguments: 0..<20 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let value = randomValue(depth: 5, using: &generator)
            let parsed = try JSON(parsing: value.text)
            #expect(parsed == value)
            #expect(parsed.text.utf8.elementsEqual(value.text.utf8))
        }
    }

    private func randomValue(depth: Int, using generator: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
        case 3, 4: return .string(randomText(using: &generator))
        case 5:
            return .array(
                (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                    randomValue(depth: depth - 1, using: &generator)
                })
        default:
            return .object(
                (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                    JSON.Member(randomText(using: &generator), randomValue(depth: depth - 1, using: &generator))
                })
        }
    }

    private func randomText(using generator: inout SeededGenerator) -> String {
        let ranges: [ClosedRange<UInt32>] = [0...0x1F, 0x20...0x7F, 0x80...0x7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF]
        var text = ""
        for _ in 0..<Int.random(in: 0..<9, using: &generator) {
            let range = ranges[Int.random(in: 0..<ranges.count, using: &generator)]
            if let scalar = UnicodeScalar(UInt32.random(in: range, using: &generator)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
