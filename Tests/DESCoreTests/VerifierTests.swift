import Synchronization
import Testing

@testable import DESCore

@Suite("Verifying")
struct VerifierTests {
    @Test("the summary says what was looked at, and a clean container has no finding")
    func summary() async throws {
        let bytes = try TestContainer.mixedBytes()
        var found: [Finding] = []
        let summary = try await Verifier.verify(MemoryByteSource(bytes)) { found.append($0) }
        #expect((summary.entryCount, summary.byteCount) == (4, bytes.count))
        #expect((summary.findingCount, summary.hasChecksums, found.count) == (0, true, 0))
        var plain = PlainContainer()
        plain.add("a", body: [1])
        let other = try await Verifier.verify(MemoryByteSource(plain.bytes())) { found.append($0) }
        #expect((other.entryCount, other.findingCount, other.hasChecksums, found.count) == (1, 0, false, 0))
    }

    @Test("the verifier goes on after a finding and reports each with its place")
    func goesOn() async throws {
        let (whole, places) = ForgedContainer(TestContainer.mixed).build()
        let reader = try await ContainerReader(MemoryByteSource(whole))
        let alpha = try #require(try await reader.find(EntryName("alpha"))).location
        let beta = try #require(try await reader.find(EntryName("dir/beta"))).location
        var bytes = whole
        for place in [alpha.body.lowerBound + 2, beta.body.lowerBound, alpha.meta.lowerBound + 3, 9] {
            bytes[place] ^= 1
        }
        // HEADER is in hand here, so it is looked at first and nothing else is; elsewhere it is one finding of many.
        #expect(try await findings(in: bytes).map(\.offset) == [0])
        bytes[9] ^= 1
        let offsets = try await findings(in: bytes).map(\.offset).sorted()
        let expected = [
            places.data.lowerBound, alpha.body.lowerBound, beta.body.lowerBound, places.meta.lowerBound,
            alpha.meta.lowerBound,
        ]
        #expect(offsets == expected.sorted())
    }

    @Test("HEADER is looked at even where opening does not fetch it")
    func header() async throws {
        var bytes = try TestContainer.bytes(of: [TestEntry("a", [UInt8](repeating: 1, count: 200_000))])
        bytes[12] = 1
        #expect(try await findings(in: bytes).map(\.offset) == [0])
    }

    @Test("with an INDEX that cannot be read, DATA and META are still compared")
    func withoutIndex() async throws {
        var (bytes, places) = ForgedContainer(TestContainer.mixed).build()
        for place in [places.data.lowerBound, places.meta.lowerBound, places.index.lowerBound] { bytes[place] ^= 1 }
        let offsets = Set(try await findings(in: bytes).map(\.offset))
        #expect(offsets == [places.data.lowerBound, places.meta.lowerBound, places.index.lowerBound])
    }

    @Test("bodies that lie across the pieces in which DATA is read are checked")
    func acrossPieces() async throws {
        let size = 5 << 20
        let entries = (0..<4).map { TestEntry("n\($0)", [UInt8](repeating: UInt8($0), count: size)) }
        var bytes = try TestContainer.bytes(of: entries)
        #expect(try await findings(in: bytes).isEmpty)
        // The second body begins in the first piece of 8 MiB and ends in the next.
        for place in [16 + 2 * size - 1, 16 + 3 * size] {
            bytes[place] ^= 1
            let found = try await findings(in: bytes).map(\.offset)
            #expect(found.sorted() == [16, 16 + (place - 16) / size * size])
            bytes[place] ^= 1
        }
    }

    @Test("entries that share a body are fine, those that overlap are reported, all with their checksums compared")
    func sharedAndOverlapping() async throws {
        var shared = ForgedContainer([TestEntry("a", [1, 2, 3]), TestEntry("b", [1, 2, 3]), TestEntry("c", [9])])
        shared.edit("b") { $0.data = (16, 3) }
        shared.edit("a") { $0.data = (16, 3) }
        #expect(try await findings(in: shared.bytes()).isEmpty)
        shared.edit("b") { $0.bodyCRC ^= 1 }
        #expect(try await findings(in: shared.bytes()).map(\.offset) == [16])
        var overlapping = ForgedContainer([TestEntry("a", [1, 2, 3]), TestEntry("b", [4, 5, 6])])
        overlapping.edit("b") { $0.data.start = 18 }
        overlapping.edit("b") { $0.bodyCRC = crc32c([3, 4, 5]) }
        overlapping.edit("a") { $0.data.start = 16 }
        let found = try await findings(in: overlapping.bytes())
        #expect(found.map(\.offset) == [18])
    }

    @Test(
        "META that is no object, has no size or a wrong one is found, whatever its checksum says",
        arguments: ["[]", "{", "null", "", "{}", #"{"size":4}"#, #"{"size":"3"}"#, #"{"size":3}x"#])
    func metas(meta: String) async throws {
        var container = ForgedContainer([])
        container.add(Array("a".utf8), body: [1, 2, 3], meta: Array(meta.utf8))
        let bytes = container.bytes()
        #expect(try await !findings(in: bytes).isEmpty)
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        let found = try #require(try await reader.find(EntryName("a")))
        #expect(try await reader.body(of: found) == [1, 2, 3])
    }

    @Test("the size in META is that of the original, so that of a compressed entry may differ")
    func compressedSize() async throws {
        var container = ForgedContainer([])
        container.add(Array("a".utf8), body: [1, 2, 3], meta: Array(#"{"size":1000}"#.utf8))
        container.items[0].flags = 2
        #expect(try await findings(in: container.bytes()).isEmpty)
    }

    /// Fails every read after the first few, as a network does.
    private final class UnreliableSource: ByteSource {
        private let source: MemoryByteSource
        private let left: Atomic<Int>
        let name = "unreliable"

        init(_ bytes: [UInt8], failingAfter count: Int) {
            source = MemoryByteSource(bytes)
            left = Atomic(count)
        }

        private func call() throws {
            if left.subtract(1, ordering: .relaxed).newValue < 0 { throw DESError(.unavailable, "no answer") }
        }

        func readTail(_ byteCountMax: Int) async throws -> (bytes: [UInt8], byteCount: Int) {
            try call()
            return try await source.readTail(byteCountMax)
        }

        func read(_ range: Range<Int>) async throws -> [UInt8] {
            try call()
            return try await source.read(range)
        }
    }

    @Test("a source that fails is no corruption: nothing is said of the container")
    func unavailable() async throws {
        let bytes = try TestContainer.mixedBytes()
        var callCount = 0
        while true {
            var found: [Finding] = []
            let source = UnreliableSource(bytes, failingAfter: callCount)
            let code = await asyncErrorCode { try await Verifier.verify(source) { found.append($0) } }
            #expect(found.isEmpty, "after \(callCount) calls")
            if code == nil { break }
            #expect(code == .unavailable)
            callCount += 1
        }
        #expect(callCount >= 4)
    }
}
