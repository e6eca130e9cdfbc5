internal import DESCore
internal import Glibc

/// Listens for rows that come into the queue, on a connection and a thread of its own.
///
/// Nobody depends on it: what is missed is found at the next look into the queue.
final class PostgresListener: Sendable {
    private let connection: Monitor<SQLConnection?>
    private let options: PostgresOptions
    /// Two sockets: a byte that is written to one ends the wait at the other.
    private let bell: (hear: Int32, ring: Int32)

    init(_ options: PostgresOptions) {
        self.options = options
        connection = Monitor(nil)
        var ends: [Int32] = [-1, -1]
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        socketpair(AF_UNIX, Int32(kind), 0, &ends)
        bell = (ends[0], ends[1])
    }

    deinit {
        close(bell.hear)
        close(bell.ring)
    }

    /// Waits for a notification, for `limit`, or until the task is cancelled.
    /// - Returns: whether a notification came.
    func wait(upTo limit: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        let opened = try connection.withLock { known in
            if let known { return known }
            let made = try SQLConnection { [options] in
                let session = try PostgresSession(options)
                try session.script("LISTEN des_queue")
                return session
            }
            known = made
            return made
        }
        var byte: UInt8 = 0
        while read(bell.hear, &byte, 1) == 1 {}  // of a wait that was over already
        return try await withTaskCancellationHandler {
            if Task.isCancelled { return false }
            return try await opened.run { [bell] session in
                try (session as? PostgresSession)?.waitForNotification(wake: bell.hear, until: deadline) ?? false
            }
        } onCancel: {
            var byte: UInt8 = 0
            _ = write(bell.ring, &byte, 1)
        }
    }
}
