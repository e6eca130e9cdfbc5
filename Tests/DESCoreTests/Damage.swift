import Testing

@testable import DESCore

/// What a container held before it was damaged, and whether a reader of the damaged one ever says anything else.
struct Truth: Sendable {
    private let names: [EntryName]
    private let bodies: [EntryName: [UInt8]]
    private let metas: [EntryName: JSON]
    private let index: [Entry]
    private let absent: [EntryName]

    init(_ entries: [TestEntry], in bytes: [UInt8]) async throws {
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        names = try entries.map { try EntryName($0.name) }
        bodies = Dictionary(uniqueKeysWithValues: zip(names, entries.map(\.body)))
        metas = Dictionary(uniqueKeysWithValues: zip(names, entries.map(\.storedMeta)))
        index = Array(try await reader.index())
        absent = [try EntryName("absent")]
    }

    /// Reads everything there is to read; each answer must be right or a ``DESError``.
    /// - Returns: whether there was any error.
    @discardableResult
    func check(_ bytes: [UInt8], _ what: @autoclosure () -> String) async -> Bool {
        var failed = false
        func attempt(_ part: String, _ body: () async throws -> Bool) async {
            do {
                if try await !body() { Issue.record("\(part) is wrong after \(what())") }
            } catch is DESError {
                failed = true
            } catch {
                Issue.record("\(error) after \(what())")
            }
        }
        let reader: ContainerReader
        do { reader = try await ContainerReader(MemoryByteSource(bytes)) } catch is DESError { return true } catch {
            Issue.record("\(error) after \(what())")
            return true
        }
        for name in names {
            await attempt("the body of \(name)") {
                guard let found = try await reader.find(name) else { return false }
                await attempt("META of \(name)") { try await reader.metadata(of: found).json == metas[name] }
                return try await reader.body(of: found) == bodies[name]
            }
        }
        for name in absent { await attempt("the answer to \(name)") { try await reader.find(name) == nil } }
        await attempt("the listing") { try await reader.index().elementsEqual(index) }
        return failed
    }

    /// The same for the mapped reader.
    func checkMapped(_ path: String, _ what: @autoclosure () -> String) {
        let container: MappedContainer
        do throws(DESError) { container = try MappedContainer(path: path) } catch { return }
        for name in names + absent {
            do {
                let isRight = try container.withBody(of: name) { $0.holds(bodies[name] ?? [0xEE]) }
                let isExpected = isRight == bodies[name].map { _ in true }
                if !isExpected { Issue.record("the body of \(name) is wrong after \(what())") }
            } catch is DESError {} catch { Issue.record("\(error) after \(what())") }
        }
    }
}

/// Reads everything there is in bytes of which nothing is known. Only a ``DESError`` may be thrown, and what comes back
/// must be bytes of DATA, or META of META.
func readAnyway(_ bytes: [UInt8], _ what: @autoclosure () -> String) async {
    func attempt(_ body: () async throws -> Void) async {
        do { try await body() } catch is DESError {} catch { Issue.record("\(error) after \(what())") }
    }
    await attempt { _ = try await findings(in: bytes) }
    await attempt {
        let reader = try await ContainerReader(MemoryByteSource(bytes))
        let (data, meta) = (reader.layout.data, reader.layout.meta)
        if data.lowerBound < 16 || meta.upperBound > bytes.count - 72 {
            Issue.record("regions outside after \(what())")
        }
        for entry in TestContainer.mixed { await attempt { _ = try await reader.find(EntryName(entry.name)) } }
        await attempt { _ = try await reader.find(["alpha", "absent"].map { try EntryName($0) }) }
        for entry in try await reader.index() {
            let location = entry.location
            let isInside =
                location.flags.contains(.external)
                ? location.body.isEmpty
                : data.covers(location.body) && location.bodyByteCount == location.body.count
            if !isInside || !meta.covers(location.meta) { Issue.record("an entry outside after \(what())") }
            await attempt {
                let body = try await reader.body(of: entry)
                if !body.elementsEqual(bytes[location.body]) { Issue.record("bytes from elsewhere after \(what())") }
            }
            await attempt { _ = try await reader.metadata(of: entry) }
        }
    }
}
