import Testing

@testable import DESCore

@Suite("Damage: wrong lengths")
struct TruncationTests {
    private static func plain() -> [UInt8] {
        var container = PlainContainer()
        for entry in TestContainer.mixed { container.add(entry.name, body: entry.body) }
        return container.bytes()
    }

    /// Opening must fail, as corruption, for both readers and the verifier.
    private func expectCorrupt(_ bytes: [UInt8], in directory: TemporaryDirectory, _ what: String) async throws {
        do {
            _ = try await ContainerReader(MemoryByteSource(bytes))
            Issue.record("opened \(what)")
        } catch { #expect((error as? DESError)?.code == .corrupt, "\(what)") }
        #expect(try await findings(in: bytes).count == 1, "\(what)")
        do throws(DESError) {
            _ = try MappedContainer(path: directory.write(bytes, to: "c.des"))
            Issue.record("mapped \(what)")
        } catch { #expect(error.code == .corrupt, "\(what)") }
    }

    @Test("a container cut off at any length is refused, ours and a plain one")
    func truncated() async throws {
        let directory = try TemporaryDirectory()
        for (whole, name) in [(try TestContainer.mixedBytes(), "ours"), (Self.plain(), "a plain one")] {
            #expect(try await findings(in: whole).isEmpty)
            for count in 0..<whole.count {
                try await expectCorrupt(Array(whole.prefix(count)), in: directory, "\(count) bytes of \(name)")
            }
            for count in 1..<whole.count {
                try await expectCorrupt(Array(whole.dropFirst(count)), in: directory, "\(name) from byte \(count)")
            }
        }
    }

    @Test("a container with bytes missing or added in the middle is refused, or reads right")
    func cutOut() async throws {
        let whole = try TestContainer.mixedBytes()
        let truth = try await Truth(TestContainer.mixed, in: whole)
        for place in 0...whole.count {
            for count in [1, 8] where place + count <= whole.count {
                let cut = Array(whole[..<place] + whole[(place + count)...])
                await truth.check(cut, "cutting \(count) bytes at \(place)")
                #expect(try await !findings(in: cut).isEmpty, "\(count) bytes missing at \(place)")
            }
            let added = Array(whole[..<place] + [0] + whole[place...])
            await truth.check(added, "adding a byte at \(place)")
            #expect(try await !findings(in: added).isEmpty, "a byte added at \(place)")
        }
    }

    @Test("a container with anything after its end is refused")
    func appended() async throws {
        let directory = try TemporaryDirectory()
        let whole = try TestContainer.mixedBytes()
        var random = SeededGenerator(seed: 21)
        for count in [1, 2, 71, 72, 73, 128, 200, 1_000, 200_000] {
            for extra in [[UInt8](repeating: 0, count: count), .random(count, using: &random)] {
                try await expectCorrupt(whole + extra, in: directory, "\(count) bytes added")
            }
        }
        // A second FOOTER, TRAILER and FOOTER, the whole again: the offsets cannot fit.
        for count in [72, 200, whole.count] {
            try await expectCorrupt(whole + whole.suffix(count), in: directory, "the last \(count) bytes again")
        }
        try await expectCorrupt(Self.plain() + [0], in: directory, "a plain one and a byte")
    }
}
