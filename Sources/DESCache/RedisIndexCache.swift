public import DESCore
internal import Synchronization

/// A cache that several machines share, in a Redis server.
///
/// Redis is never trusted and never in the way. Every operation ends within its time-out, connecting and logging in
/// included; what is not the value that was stored under the key, by its checksum, is deleted; and after some failures
/// in a row the server is left alone for a while. All of this is a miss, counted, with ``lastFailure`` for people.
///
/// Its threads live as long as the process: make one cache for a server.
public final class RedisIndexCache: IndexCache {
    /// How a cache uses its server. All who share a prefix should agree on ``valueByteCountMax``.
    public struct Options: Sendable {
        /// The time for one operation, from the call to the answer.
        public var timeOut = Duration.milliseconds(50)
        /// How long the server keeps a value.
        public var timeToLive = Duration.seconds(3_600)
        /// Operations at one time; more wait, and their time runs.
        public var connectionCount = 4
        /// What the server's keys begin with.
        public var keyPrefix = "des:index:1:"
        /// Larger values are not stored, and not accepted.
        public var valueByteCountMax = 1 << 20

        /// The usual ones.
        public init() {}
    }

    private struct State {
        var breaker: CircuitBreaker
        var counts = IndexCacheCounts()
        var lastFailure: DESError?
    }

    private enum Found: Sendable {
        case bytes([UInt8])
        case nothing
        case wrongValue
    }

    private let endpoint: RedisEndpoint
    private let options: Options
    private let connections: RedisConnections
    private let state: Mutex<State>
    private let now: @Sendable () -> ContinuousClock.Instant

    /// A cache in the server at `url`: `redis://[user[:password]@]host[:port][/database]`, or
    /// `redis://[user[:password]@]/path/to/socket[?db=database]`, with `%` and two digits for special characters in user
    /// and password. Nothing is connected yet.
    /// - Throws: ``DESError`` that says what was expected; it never shows the URL.
    public convenience init(url: String, options: Options = Options()) throws(DESError) {
        try self.init(url: url, options: options, breaker: CircuitBreaker())
    }

    init(
        url: String, options: Options, breaker: CircuitBreaker,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws(DESError) {
        endpoint = try RedisEndpoint(url: url)
        self.options = options
        self.now = now
        connections = RedisConnections(to: endpoint, count: max(1, options.connectionCount))
        state = Mutex(State(breaker: breaker))
    }

    /// What it did so far.
    public var counts: IndexCacheCounts { state.withLock { $0.counts } }

    /// The last thing that went wrong, `nil` if nothing did.
    public var lastFailure: DESError? { state.withLock { $0.lastFailure } }

    /// The bytes stored under `key`, `nil` if there are none, or for any failure.
    public func bytes(for key: IndexCacheKey) async -> [UInt8]? {
        let name = name(of: key)
        let valueByteCountMax = options.valueByteCountMax + CachedValue.headerByteCount
        let found = await perform { connection, deadline throws(RedisFailure) in
            let reply = try connection.reply(
                to: [Array("GET".utf8), name], valueByteCountMax: valueByteCountMax, before: deadline)
            switch reply {
            case .noValue: return Found.nothing
            case .value(let value):
                if let bytes = CachedValue.bytes(of: value, key: name) { return .bytes(bytes) }
                _ = try connection.reply(to: [Array("DEL".utf8), name], before: deadline)
                return .wrongValue
            default: throw connection.unexpected(reply, to: "GET")
            }
        }
        return state.withLock { state in
            if case .bytes(let bytes) = found {
                state.counts.hits += 1
                return bytes
            }
            state.counts.misses += 1
            if case .wrongValue = found {
                state.counts.failures += 1
                state.lastFailure = DESError(
                    .corrupt, "a value that was not stored under its key, or changed since", place: "\(endpoint)")
            }
            return nil
        }
    }

    /// Keeps `bytes` in the server for ``Options/timeToLive``. What is larger than the maximum is not sent.
    public func store(_ bytes: [UInt8], for key: IndexCacheKey) async {
        guard bytes.count <= options.valueByteCountMax else { return }
        let name = name(of: key)
        let timeToLive = Array("\(options.timeToLive.wholeMilliseconds)".utf8)
        let isStored: Void? = await perform { connection, deadline throws(RedisFailure) in
            let command = [Array("SET".utf8), name, CachedValue.of(bytes, key: name), Array("PX".utf8), timeToLive]
            let reply = try connection.reply(to: command, before: deadline)
            guard reply == .status("OK") else { throw connection.unexpected(reply, to: "SET") }
        }
        if isStored != nil { state.withLock { $0.counts.stores += 1 } }
    }

    /// The range comes first: the text of an object may contain anything.
    private func name(of key: IndexCacheKey) -> [UInt8] {
        Array("\(options.keyPrefix)\(key.range.lowerBound)-\(key.range.upperBound):\(key.object)".utf8)
    }

    /// Runs an operation if the server is to be asked at all; `nil` if it is not, or if it failed.
    private func perform<Value: Sendable>(_ operation: @escaping RedisConnections.Operation<Value>) async -> Value? {
        let permit = state.withLock { state in
            let permit = state.breaker.permit(at: now())
            if permit == nil { state.counts.bypasses += 1 }
            return permit
        }
        guard let permit else { return nil }
        let result = await connections.perform(within: options.timeOut, operation)
        return state.withLock { state in
            switch result {
            case .success(let value):
                state.breaker.end(permit, .success, at: now())
                return value
            case .failure(.cancelled):
                state.breaker.end(permit, .unknown, at: now())
            case .failure(.timedOut):
                state.breaker.end(permit, .failure, at: now())
                state.counts.timeOuts += 1
                state.lastFailure = DESError(
                    .unavailable, "no answer within \(options.timeOut)", place: "\(endpoint)")
            case .failure(.error(let error)):
                state.breaker.end(permit, .failure, at: now())
                state.counts.failures += 1
                state.lastFailure = error
            }
            return nil
        }
    }
}
