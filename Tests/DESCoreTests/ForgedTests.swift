import Testing

@testable import DESCore

/// Containers whose checksums are all right and whose fields lie: only the checks behind the checksums are left.
@Suite("Damage: forged containers")
struct ForgedTests {
    private static let entries = (0..<150).map { TestEntry("n\($0)", [UInt8](repeating: 1, count: $0 % 5 + 1)) }

    private func forged(_ change: (inout ForgedContainer) -> Void) -> [UInt8] {
        var container = ForgedContainer(Self.entries)
        change(&container)
        return container.bytes()
    }

    private func openingCode(_ bytes: [UInt8]) async -> DESError.Code? {
        await asyncErrorCode { try await ContainerReader(MemoryByteSource(bytes)) }
    }

    /// The code with which looking up `name` fails, the same in every reader.
    private func lookupCode(_ name: String, in bytes: [UInt8]) async throws -> DESError.Code? {
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        let name = try EntryName(name)
        let single = await asyncErrorCode { try await reader.find(name) }
        let batch = await asyncErrorCode { try await reader.find([name]) }
        let directory = try TemporaryDirectory()
        let mapped = try MappedContainer(path: directory.write(bytes, to: "c.des"))
        #expect([batch, errorCode { try mapped.find(name) }] == [single, single])
        return single
    }

    /// A name that is not there, with its key between those of the entries `low` and `high`.
    private func absentName(between low: Int, and high: Int) throws -> String {
        let keys = ForgedContainer(Self.entries).items.map(\.key)
        let names = (0...).lazy.map { "absent\($0)" }
        return try #require(try names.first { try keys[low] < EntryName($0).key && EntryName($0).key < keys[high] })
    }

    /// The container opens, and the verifier says what is wrong.
    private func expectFinding(_ bytes: [UInt8], _ part: String, _ comment: Comment? = nil) async throws {
        let code = await openingCode(bytes)
        #expect(code == nil, comment)
        let found = try await findings(in: bytes)
        #expect(found.contains { $0.message.contains(part) }, "\(comment ?? "") \(found)")
    }

    @Test("lengths and offsets of the FOOTER up to 2^64 are refused when the container is opened")
    func footer() async throws {
        let right = forged { _ in }
        for field in stride(from: 16, through: 64, by: 8) {
            for value in HostileValue.all {
                let bytes = forged { $0.footerFields[field] = value }
                if bytes == right { continue }
                let code = await openingCode(bytes)
                // A shorter DATA or META leaves a gap behind it, which the format allows: the verifier finds it.
                let isGap = (field == 24 || field == 40) && code == nil
                #expect(code == .corrupt || isGap, "\(value) at \(field)")
                if isGap { #expect(try await !findings(in: bytes).isEmpty, "\(value) at \(field)") }
            }
        }
    }

    @Test("a count that INDEX cannot hold is refused before anything is reserved for it")
    func counts() async {
        for count: UInt64 in [1 << 24, 1 << 32, 1 << 40, 1 << 60, 1 << 63, .max] {
            #expect(await openingCode(forged { $0.footerFields[64] = count }) == .corrupt, "\(count) entries")
        }
        // One that INDEX could hold, with the sections of TAIL still of the old length.
        for count: UInt64 in [0, 1, 64, 128, 149, 151, 160] {
            #expect(await openingCode(forged { $0.footerFields[64] = count }) == .corrupt, "\(count) entries")
        }
    }

    @Test("words of the TRAILER that cannot be are refused when the container is opened")
    func trailer() async {
        for (word, values) in [
            (16, [0, 1, 32, 128, .max]), (20, [0, 2, 4, .max]), (52, [1, 1 << 31, .max]), (24, [1]), (64, [1, .max]),
            (68, [1, .max]),
        ] as [(Int, [UInt32])] {
            for value in values {
                #expect(await openingCode(forged { $0.trailerWords[word] = value }) == .corrupt, "\(value) at \(word)")
            }
        }
        #expect(await openingCode(forged { $0.trailerWords[12] = 2 }) == .unsupported)
        #expect(await openingCode(forged { $0.trailerWords[8] = .max }) == nil)
    }

    @Test("places of entries that wrap around or lie outside their region fail the lookup")
    func locations() async throws {
        for value: UInt64 in [1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, .max - 15, .max] {
            let changes: [(String, (inout ForgedContainer.Item) -> Void)] = [
                ("a body at \(value)", { $0.data.start = value }),
                ("\(value) bytes of body", { $0.data.count = value }),
                ("META at \(value)", { $0.meta.start = value }), ("\(value) bytes of META", { $0.meta.count = value }),
            ]
            for (what, change) in changes {
                let bytes = forged { $0.edit("n7", change) }
                #expect(try await lookupCode("n7", in: bytes) == .corrupt, "\(what)")
                #expect(try await lookupCode("n8", in: bytes) == nil, "\(what)")
                #expect(try await !findings(in: bytes).isEmpty, "\(what)")
                let reader = try await ContainerReader(MemoryByteSource(bytes))
                await #expect(throws: DESError.self, "\(what)") { try await reader.index() }
            }
        }
        let meta = forged { $0.edit("n7") { $0.data = (UInt64(16 + 450), 1) } }
        #expect(try await lookupCode("n7", in: meta) == .corrupt, "a body in META")
    }

    @Test("an INDEX that claims to be sorted and is not fails every lookup that depends on the order")
    func unsorted() async throws {
        for (a, b) in [(0, 1), (10, 40), (10, 100), (30, 140), (63, 64), (127, 128)] {
            var container = ForgedContainer(Self.entries)
            let names = [a, b].map { String(decoding: container.items[$0].name, as: UTF8.self) }
            container.items.swapAt(a, b)
            let bytes = container.bytes()
            // A name on the wrong page is not found there: then the page must be refused, not the name denied.
            for name in names where b - a > 64 {
                #expect(try await lookupCode(name, in: bytes) == .corrupt, "\(name), \(a) and \(b) swapped")
            }
            try await expectFinding(bytes, "out of order", "\(a) and \(b) swapped")
        }
        // Nor is a name denied that was never there.
        let bytes = forged { $0.items.swapAt(10, 11) }
        #expect(try await lookupCode(absentName(between: 20, and: 60), in: bytes) == .corrupt)
    }

    @Test("a name that has two entries is found by the verifier, on one page and across a page border")
    func duplicates() async throws {
        for place in [5, 63] {
            let bytes = forged { $0.items[place + 1] = $0.items[place] }
            let found = try await findings(in: bytes)
            #expect(!found.isEmpty, "entries \(place) and \(place + 1) have one name")
        }
    }

    @Test("pages out of order across a border are found by the verifier, though their keys tie in the top 32 bits")
    func bordersOutOfOrder() async throws {
        var container = ForgedContainer(try TiedNames.entries())
        #expect(try await findings(in: container.bytes()).isEmpty)
        container.items.swapAt(63, 64)
        #expect(try await !findings(in: container.bytes()).isEmpty)
    }

    @Test("a ROOT that lies is refused when it is opened, at a lookup, or found by the verifier")
    func root() async throws {
        let order = ForgedContainer(Self.entries).items
        let first = String(decoding: order[64].name, as: UTF8.self)
        // Offsets that leave too little room, or are out of order, cannot be opened.
        for offset: UInt32 in [0, 1, 64 * 39 - 1, .max, 1 << 31] {
            #expect(await openingCode(forged { $0.editRoot = { $0[1].offset = offset } }) == .corrupt, "\(offset)")
        }
        #expect(await openingCode(forged { $0.editRoot = { $0[0].offset = 1 } }) == .corrupt)
        #expect(await openingCode(forged { $0.editRoot = { $0[2].top = 0 } }) == .corrupt)
        // Offsets that are wrong by a little fail the lookup; keys that are wrong too.
        for delta in [-1, 1, 10] {
            let bytes = forged { $0.editRoot = { $0[1].offset = UInt32(Int($0[1].offset) + delta) } }
            #expect(try await lookupCode(first, in: bytes) == .corrupt, "an offset wrong by \(delta)")
            #expect(try await !findings(in: bytes).isEmpty, "an offset wrong by \(delta)")
        }
        for delta in [-1, 1] {
            let keys = forged { $0.editRoot = { $0[1].top = UInt32(Int($0[1].top) + delta) } }
            #expect(try await lookupCode(absentName(between: 65, and: 100), in: keys) == .corrupt)
            try await expectFinding(keys, "not where ROOT says")
        }
    }

    @Test("a body position in ROOT, or an end of the small bodies, that is not right is found by the verifier")
    func positions() async throws {
        let small = Self.entries.map { TestEntry($0.name, [UInt8](repeating: 1, count: 300)) }
        var clustered = ForgedContainer(
            small.sorted { a, b in
                ForgedContainer([a]).items[0].key < ForgedContainer([b]).items[0].key
            })
        clustered.isClustered = true
        clustered.smallEnd = UInt64(16 + clustered.data.count)
        let positions: (inout [ForgedContainer.Page]) -> Void = { pages in
            for page in pages.indices { pages[page].position = UInt32((16 + page * 64 * 300) >> 12) }
        }
        clustered.editRoot = positions
        #expect(try await findings(in: clustered.bytes()).isEmpty)
        clustered.editRoot = {
            positions(&$0); $0[1].position += 1
        }
        #expect(try await !findings(in: clustered.bytes()).isEmpty)
        clustered.editRoot = {
            positions(&$0); $0[2].position = .max
        }
        #expect(try await !findings(in: clustered.bytes()).isEmpty)
        clustered.editRoot = positions
        for change in [-1, 1] {
            var wrong = clustered
            wrong.data += [0, 0]
            wrong.smallEnd = UInt64(Int(clustered.smallEnd) + change)
            #expect(try await !findings(in: wrong.bytes()).isEmpty, "smallEnd wrong by \(change)")
        }
        // Not clustered: positions are 0.
        let unclustered = forged { $0.editRoot = { $0[1].position = 1 } }
        #expect(try await !findings(in: unclustered).isEmpty)
    }

    @Test("a container that says it is clustered and is not is found by the verifier")
    func clustering() async throws {
        try await expectFinding(
            forged {
                $0.isClustered = true
                $0.smallEnd = UInt64(16 + $0.data.count)
            }, "is clustered")
    }
}
