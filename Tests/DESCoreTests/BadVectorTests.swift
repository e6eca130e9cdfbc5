import Testing

@testable import DESCore

@Suite("Bad vectors")
struct BadVectorTests {
    /// What happens when a reader goes through the steps of the README: the first one that fails, and how.
    private struct Outcome {
        var step: String
        var error: DESError?
    }

    private func outcome(of vector: Vector) async throws -> Outcome {
        var step = "open"
        do {
            let reader = try await ContainerReader(MemoryByteSource(vector.bytes))
            step = "lookup"
            guard let text = vector.json["name"]?.stringValue else { return Outcome(step: "verify") }
            guard let found = try await reader.find(EntryName(text)) else { return Outcome(step: "not found") }
            step = "body"
            _ = try await reader.body(of: found)
            step = "meta"
            _ = try await reader.metadata(of: found)
        } catch let error as DESError { return Outcome(step: step, error: error) }
        return Outcome(step: "verify")
    }

    /// The same through a mapped file, which has no META.
    private func mappedOutcome(of vector: Vector) throws -> Outcome {
        let directory = try TemporaryDirectory()
        let path = try directory.write(vector.bytes, to: "c.des")
        var step = "open"
        do {
            let mapped = try MappedContainer(path: path)
            step = "lookup"
            guard let text = vector.json["name"]?.stringValue else { return Outcome(step: "verify") }
            guard try mapped.find(EntryName(text)) != nil else { return Outcome(step: "not found") }
            step = "body"
            _ = try mapped.withBody(of: EntryName(text)) { _ in }
        } catch let error as DESError { return Outcome(step: step, error: error) }
        return Outcome(step: vector.detectedAt == "meta" ? "meta" : "verify")
    }

    @Test("a bad vector fails at the step it names, with the code it names", arguments: Vector.bad)
    func steps(vector: Vector) async throws {
        let steps = vector.mayFailEarlier ? [vector.detectedAt, "open"] : [vector.detectedAt]
        let read = try await outcome(of: vector)
        #expect(steps.contains(read.step), "\(vector.json["description"]?.stringValue ?? "")")
        let mapped = try mappedOutcome(of: vector)
        #expect(steps.contains(mapped.step), "mapped")
        if vector.detectedAt != "verify" {
            #expect(read.error?.code.description == vector.code)
            if read.step != "meta" { #expect(mapped.error?.code.description == vector.code, "mapped") }
        }
        if let offset = vector.offset, let error = read.error {
            // A checksum can only say in which region the damage is: its offset is not after the damage.
            #expect(error.offset.map { $0 <= offset } ?? false, "\(error)")
        }
    }

    @Test("a bad vector does not verify", arguments: Vector.bad)
    func verify(vector: Vector) async throws {
        let found = try await findings(in: vector.bytes)
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { (0...vector.bytes.count).contains($0.offset) }, "\(found)")
        if let offset = vector.offset { #expect(found.contains { $0.offset <= offset }, "\(found)") }
    }

    @Test("what only verifying finds does not keep a reader from the entries", arguments: Vector.bad)
    func entries(vector: Vector) async throws {
        guard vector.detectedAt == "verify" else { return }
        let reader = try await ContainerReader(MemoryByteSource(vector.bytes))
        try #require(!vector.entries.isEmpty)
        for expected in vector.entries {
            let found = try #require(try await reader.find(EntryName(expected.name)))
            let body = try await reader.body(of: found)
            #expect(sha256(body.span.bytes) == expected.sha256)
            #expect(try await reader.metadata(of: found).json == expected.json["meta"])
        }
    }
}
