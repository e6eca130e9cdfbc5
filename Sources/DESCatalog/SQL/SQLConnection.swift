internal import DESCore

/// A connection with a thread of its own. The session is made when it is first needed, and again after it was lost.
actor SQLConnection {
    typealias Opener = @Sendable () throws -> any SQLSession

    private let executor: ThreadExecutor
    private let open: Opener
    private var session: (any SQLSession)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ open: @escaping Opener) throws {
        self.open = open
        executor = try ThreadExecutor()
    }

    /// Runs `body` on the thread.
    func run<T: Sendable>(_ body: @Sendable (any SQLSession) throws -> T) throws -> T {
        let session = try session ?? open()
        self.session = session
        defer { if !session.isReusable { self.session = nil } }
        return try body(session)
    }
}
