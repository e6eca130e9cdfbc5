import Testing

@testable import DESCore

@Suite("META objects")
struct MetaEncoderTests {
    private func text(size: Int, _ set: (inout MetaEncoder) -> Void) -> String {
        var buffer: [UInt8] = []
        var encoder = MetaEncoder(borrowing: &buffer)
        set(&encoder)
        encoder.finish(size: size, returning: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    @Test("the size comes last, also when it is all there is")
    func sizeIsLast() {
        #expect(text(size: 0) { _ in } == #"{"size":0}"#)
        let encoded = text(size: 12) {
            $0.set(mode: 0o644)
            $0.set("mime", "text/plain")
            $0.set("tags", .array([.null, .bool(true), .number("1e3")]))
        }
        #expect(encoded == #"{"mode":420,"mime":"text/plain","tags":[null,true,1e3],"size":12}"#)
    }

    @Test("the caller's own size is dropped, whatever its type, a nested one is kept")
    func callersSize() {
        let encoded = text(size: 3) {
            $0.set("size", .integer(99))
            $0.set("size", "x")
            $0.set("size", .null)
            $0.set("o", .object([JSON.Member("size", .integer(1))]))
            $0.set("Size", .integer(1))
        }
        #expect(encoded == #"{"o":{"size":1},"Size":1,"size":3}"#)
    }

    @Test("keys and values are escaped")
    func escapes() {
        let encoded = text(size: 1) { $0.set("a\"\n", "\u{0}\u{1F}\\/\u{7F}é") }
        #expect(encoded == "{\"a\\\"\\n\":\"\\u0000\\u001f\\\\/\u{7F}é\",\"size\":1}")
    }

    @Test("mode and time of the last change are written as the format has them, a time without a form is left out")
    func modeAndTime() {
        let encoded = text(size: 1) {
            $0.set(mode: 0o7755)
            $0.set(modified: Timestamp(seconds: -1, nanoseconds: 5))
        }
        #expect(encoded == #"{"mode":4077,"mtime":"1969-12-31T23:59:59.000000005Z","size":1}"#)
        #expect(text(size: 1) { $0.set(modified: Timestamp(seconds: 1 << 40, nanoseconds: 0)) } == #"{"size":1}"#)
        #expect(text(size: 1) { $0.set(encoded: Array(#""a":1,"#.utf8)) } == #"{"a":1,"size":1}"#)
    }

    @Test("numbers are written in decimal, with zeros in front up to a width")
    func decimals() {
        for value in [0, 1, 9, 10, 99, 100, 1_000_000_007, .max] {
            for width in [1, 2, 9] {
                var bytes = Array("x".utf8)
                bytes.append(decimal: value, width: width)
                let digits = String(value)
                let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
                #expect(String(decoding: bytes, as: UTF8.self) == "x" + zeros + digits)
            }
        }
    }

    @Test("an encoder goes on after what its buffer holds, in the same memory")
    func after() {
        var buffer = Array("before".utf8)
        buffer.reserveCapacity(1_000)
        let address = buffer.withUnsafeBufferPointer { $0.baseAddress }
        for _ in 0..<3 {
            var encoder = MetaEncoder(borrowing: &buffer)
            encoder.set("k", .integer(1))
            encoder.finish(size: 2, returning: &buffer)
        }
        let object = #"{"k":1,"size":2}"#
        #expect(String(decoding: buffer, as: UTF8.self) == "before" + object + object + object)
        #expect(buffer.withUnsafeBufferPointer { $0.baseAddress } == address)
    }

    @Test("the members we know are read by name, others stay in the JSON")
    func metadata() throws {
        let text = #"{"mode":420,"mtime":"2026-01-31T09:05:00.5Z","mime":"a/b","type":"symlink","x":[1],"size":7}"#
        let metadata = try Metadata(Array(text.utf8).span.bytes)
        #expect((metadata.mode, metadata.size, metadata.mime, metadata.kind) == (420, 7, "a/b", .symlink))
        #expect(metadata.modified == Timestamp(seconds: 1_769_850_300, nanoseconds: 500_000_000))
        #expect(metadata.json["x"] == .array([.integer(1)]))
        let bare = try Metadata(Array("{}".utf8).span.bytes)
        #expect((bare.mode, bare.size, bare.mime, bare.kind, bare.modified) == (nil, nil, nil, .file, nil))
        #expect(try Metadata(Array(#"{"type":"fifo"}"#.utf8).span.bytes).kind == nil)
        #expect(try Metadata(Array(#"{"type":1,"size":"3","mode":1.5}"#.utf8).span.bytes).size == nil)
        for text in ["[]", "1", "null", "\"\"", "", "{"] {
            #expect(errorCode { try Metadata(Array(text.utf8).span.bytes) } == .invalidArgument, "\(text)")
        }
    }
}
