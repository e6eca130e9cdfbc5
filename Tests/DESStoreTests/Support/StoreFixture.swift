import DESCore
import DESStore
import Glibc
import TestServers
import Testing

/// A kind of store that has to keep the contract. A new one is a case, and a line in ``withStore(_:)``.
enum StoreFixture: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case memory, directory, retryingMemory, meteredDirectory, retryingFaultyMemory, retryingFaultyDirectory, ceph, moto

    var testDescription: String { rawValue }

    /// Those that keep every rule of uploads in parts. Ceph replaces what is there, forgets an upload whose completion it
    /// refused, and says so with other codes; moto knows hardly any rule.
    static let strict = allCases.filter { $0 != .ceph && $0 != .moto }
    /// Those whose listings can hold any key: moto's cannot be parsed when a key has a control character.
    static let exact = allCases.filter { $0 != .moto }

    /// Those where of several that create one object only one does: moto looks first and writes then, on many threads.
    static let atomic = allCases.filter { $0 != .moto }

    /// Runs a test with a fresh, empty store whose pages are short.
    func withStore(_ body: (any ObjectStore) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(MemoryStore(pageCount: 7))
        case .directory: try await withDirectory { try await body($0) }
        case .retryingMemory: try await body(RetryingStore(MemoryStore(pageCount: 7)))
        case .meteredDirectory: try await withDirectory { try await body(MeteredStore($0)) }
        case .retryingFaultyMemory: try await body(faulty(MemoryStore(pageCount: 7)))
        case .retryingFaultyDirectory: try await withDirectory { try await body(faulty($0)) }
        case .ceph: try await withBucket(of: try await CephServer.shared, body)
        case .moto: try await withBucket(of: try await MotoServer.shared, body)
        }
    }

    private func withBucket(of server: some S3Server, _ body: (any ObjectStore) async throws -> Void) async throws {
        try await body(RetryingStore(try await server.store(try await server.newBucket())))
    }

    private func withDirectory(_ body: (DirectoryStore) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        try await body(DirectoryStore(path: directory.path, pageCount: 7))
        withExtendedLifetime(directory) {}
    }

    /// A quarter of the requests fail, half of those after they were done; 40 attempts get through.
    private func faulty(_ store: any ObjectStore) -> any ObjectStore {
        RetryingStore(
            FaultyStore(store, rate: 0.25, seed: 7),
            policy: RetryPolicy(attemptCountMax: 40, deadline: .seconds(1_000_000)), clock: TestClock())
    }
}

/// The code of the ``DESError`` with which `body` fails, `nil` if it succeeds. Any other error is an issue.
func errorCode(_ body: () async throws -> Void) async -> DESError.Code? {
    do {
        try await body()
        return nil
    } catch {
        if error as? DESError == nil { Issue.record(error) }
        return (error as? DESError)?.code
    }
}

/// `count` bytes that are different for each seed.
func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        var place = 0
        while place + 8 <= count {
            UnsafeMutableRawBufferPointer(buffer).storeBytes(of: generator.next(), toByteOffset: place, as: UInt64.self)
            place += 8
        }
        while place < count {
            buffer[place] = UInt8(truncatingIfNeeded: generator.next())
            place += 1
        }
        filled = count
    }
}

/// Whether both are the same bytes: fast for many without optimisation too.
func areSame(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    first.count == second.count
        && first.withUnsafeBytes { a in
            second.withUnsafeBytes { b in
                guard let a = a.baseAddress, let b = b.baseAddress else { return true }
                return memcmp(a, b, first.count) == 0
            }
        }
}

extension ObjectStore {
    /// All bytes of an object.
    func bytes(_ key: String) async throws -> [UInt8] {
        try await get(key, .bytes(0..<Int.max), ifMatch: nil).bytes
    }

    /// All pages of a listing: keys and common prefixes.
    func keys(_ prefix: String = "", isFlat: Bool = true) async throws -> (keys: [String], prefixes: [String]) {
        var (keys, prefixes): ([String], [String]) = ([], [])
        var token: String?
        repeat {
            let page = try await list(prefix, isFlat: isFlat, after: token)
            keys += page.objects.map(\.key)
            prefixes += page.prefixes
            token = page.next
        } while token != nil
        return (keys, prefixes)
    }
}

/// Keys in the order of stores.
func ascending(_ keys: some Sequence<String>) -> [String] {
    keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// Whether both are the same keys: strings that look alike may be different keys.
func areSame(_ first: [String], _ second: [String]) -> Bool {
    first.map { Array($0.utf8) } == second.map { Array($0.utf8) }
}
