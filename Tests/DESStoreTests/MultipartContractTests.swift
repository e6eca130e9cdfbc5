import DESCore
import DESStore
import Testing

@Suite("What every store promises of uploads in parts")
struct MultipartContractTests {
    private static let large = randomBytes(UploadLimits.partByteCountMin, seed: 1)
    private static let small = randomBytes(1_000, seed: 2)

    @Test("the parts become one object, which is not there before", arguments: StoreFixture.exact)
    func whole(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            let upload = try await store.beginUpload("dir/k")
            // Put in any order, with gaps in the numbers, one of them twice.
            let last = try await store.putPart("dir/k", upload, number: 9, Self.small)
            _ = try await store.putPart("dir/k", upload, number: 2, Self.small)
            let first = try await store.putPart("dir/k", upload, number: 2, Self.large)
            #expect(first.number == 2 && first.byteCount == Self.large.count)
            #expect(first.crc == CRC32C.of(Self.large.span.bytes))
            #expect(await errorCode { _ = try await store.head("dir/k") } == .notFound)
            #expect(try await store.keys("").keys == [])
            let etag = try await store.completeUpload("dir/k", upload, [first, last], .create)
            let read = try await store.get("dir/k", .bytes(0..<Int.max), ifMatch: etag)
            #expect(areSame(read.bytes, Self.large + Self.small))
            #expect(try await store.keys("").keys == ["dir/k"])
            #expect(await errorCode { _ = try await store.putPart("dir/k", upload, number: 1, [1]) } == .notFound)
        }
    }

    @Test("one part of any size, even none, is an object", arguments: StoreFixture.allCases, [0, 1, 1_000])
    func onePart(fixture: StoreFixture, byteCount: Int) async throws {
        try await fixture.withStore { store in
            let upload = try await store.beginUpload("k")
            let part = try await store.putPart("k", upload, number: 1, Array(Self.small.prefix(byteCount)))
            _ = try await store.completeUpload("k", upload, [part], .overwrite)
            #expect(try await store.bytes("k") == Array(Self.small.prefix(byteCount)))
        }
    }

    @Test("parts that make no object are refused, and the upload goes on", arguments: StoreFixture.strict)
    func refused(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            let upload = try await store.beginUpload("k")
            let old = try await store.putPart("k", upload, number: 1, Self.small)
            let one = try await store.putPart("k", upload, number: 1, Self.large)
            let two = try await store.putPart("k", upload, number: 2, Self.small)
            let three = try await store.putPart("k", upload, number: 3, Self.small)
            var missing = two
            missing.number = 4
            for (parts, what) in [
                ([], "none"), ([two, one], "not ascending"), ([one, one], "one twice"),
                ([one, two, three], "too small"),
                ([one, missing], "missing"), ([old, two], "replaced"),
            ] {
                let code = await errorCode { _ = try await store.completeUpload("k", upload, parts, .create) }
                #expect(code == .invalidArgument, "\(what)")
            }
            for number in [0, -1, 10_001] {
                let code = await errorCode { _ = try await store.putPart("k", upload, number: number, [1]) }
                #expect(code == .invalidArgument, "part \(number)")
            }
            #expect(await errorCode { _ = try await store.head("k") } == .notFound)
            _ = try await store.completeUpload("k", upload, [one, three], .create)
            let whole = try await store.bytes("k")
            #expect(areSame(whole, Self.large + Self.small))
        }
    }

    @Test("an aborted upload is gone, and leaves nothing", arguments: StoreFixture.strict)
    func aborted(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            let upload = try await store.beginUpload("k")
            let part = try await store.putPart("k", upload, number: 1, Self.small)
            try await store.abortUpload("k", upload)
            try await store.abortUpload("k", upload)
            #expect(await errorCode { _ = try await store.putPart("k", upload, number: 2, [1]) } == .notFound)
            #expect(await errorCode { _ = try await store.completeUpload("k", upload, [part], .create) } == .notFound)
            #expect(try await store.keys("").keys == [])
        }
    }

    @Test("an upload belongs to its key", arguments: StoreFixture.strict)
    func otherKey(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            let upload = try await store.beginUpload("k")
            let part = try await store.putPart("k", upload, number: 1, Self.small)
            #expect(
                await errorCode { _ = try await store.completeUpload("other", upload, [part], .create) } == .notFound)
            for text in ["", "..", "../..", "none", "upload-0-../../x", "a/b"] {
                #expect(
                    await errorCode { _ = try await store.putPart("k", UploadID(text), number: 1, [1]) } == .notFound,
                    "\(text)")
            }
            _ = try await store.completeUpload("k", upload, [part], .create)
        }
    }

    @Test("a completion that may only create leaves what is there alone", arguments: StoreFixture.strict)
    func createOnly(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            let upload = try await store.beginUpload("k")
            let part = try await store.putPart("k", upload, number: 1, Self.small)
            _ = try await store.put("k", [1], .create)
            #expect(await errorCode { _ = try await store.completeUpload("k", upload, [part], .create) } == .conflict)
            #expect(try await store.bytes("k") == [1])
            _ = try await store.completeUpload("k", upload, [part], .overwrite)
            #expect(try await store.bytes("k") == Self.small)
        }
    }

    @Test("what is uploaded as a stream comes down as it was", arguments: StoreFixture.allCases)
    func stream(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            for count in [0, 1, 5 << 20, 5 << 20 + 1, 11 << 20 + 77] {
                let body = randomBytes(count, seed: UInt64(count))
                var start = 0
                let etag = try await store.upload("k", .overwrite, partByteCount: 5 << 20, concurrency: 2) {
                    guard start < count else { return nil }
                    let piece = Array(body[start..<min(count, start + 999_999)])
                    start += piece.count
                    return piece
                }
                var read: [UInt8] = []
                let info = try await store.download("k", ifMatch: etag, partByteCount: 1 << 20, concurrency: 3) {
                    read += $0
                }
                #expect(areSame(read, body) && info.byteCount == count && info.etag == etag, "\(count) bytes")
                for range in [ObjectRange.suffix(3 << 20), .suffix(5), .bytes(7..<2 << 20), .bytes(count..<count + 3)] {
                    var piece: [UInt8] = []
                    try await store.download("k", range: range, partByteCount: 1 << 20) { piece += $0 }
                    let expected =
                        switch range {
                        case .suffix(let last): Array(body.suffix(last))
                        case .bytes(let bytes): Array(body[bytes.clamped(to: 0..<count)])
                        }
                    #expect(areSame(piece, expected), "\(range) of \(count) bytes")
                }
            }
            #expect(await errorCode { _ = try await store.upload("k", .create) { nil } } == .conflict)
        }
    }
}
