@testable import DESCore

/// Notes every request; the bytes are those of another source.
final class RecordingSource: ByteSource {
    enum Request: Equatable {
        case tail(Int)
        case range(Range<Int>)
    }

    private let source: any ByteSource
    private let log = Monitor<[Request]>([])

    init(_ source: any ByteSource) { self.source = source }

    var name: String { source.name }

    /// All requests since the last call.
    func takeRequests() -> [Request] {
        log.withLock { requests in
            defer { requests = [] }
            return requests
        }
    }

    /// The ranges asked for since the last call; a request for the tail is not one.
    func takeRanges() -> [Range<Int>] {
        takeRequests().compactMap { if case .range(let range) = $0 { range } else { nil } }
    }

    func readTail(_ byteCountMax: Int) async throws -> (bytes: [UInt8], byteCount: Int) {
        log.withLock { $0.append(.tail(byteCountMax)) }
        return try await source.readTail(byteCountMax)
    }

    func read(_ range: Range<Int>) async throws -> [UInt8] {
        log.withLock { $0.append(.range(range)) }
        return try await source.read(range)
    }
}
