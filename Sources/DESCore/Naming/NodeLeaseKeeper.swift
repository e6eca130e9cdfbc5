/// Holds the node ids of a generator, and does one thing with them at a time.
actor NodeLeaseKeeper {
    private let leases: any NodeLeases
    private(set) var held: [any NodeLease] = []
    private var work: Task<Void, any Error>?

    init(leases: any NodeLeases) { self.leases = leases }

    /// Runs `body` after those that were asked for before it.
    func alone(_ body: @escaping @Sendable (isolated NodeLeaseKeeper) async throws -> Void) async throws {
        let before = work
        let task = Task {
            _ = await before?.result
            try await body(self)
        }
        work = task
        try await task.value
    }

    // Values of an id before its floor were its former holder's: no ceiling below the floor is ever stored.

    /// One more node id, whose ceiling is stored; `nil` if there is none.
    func acquire(ceiling: Int) async throws -> (any NodeLease)? {
        guard let lease = try await leases.acquire() else { return nil }
        do {
            try await lease.raise(to: max(ceiling, lease.floor))
        } catch {
            try? await lease.release(at: lease.floor)  // or nobody has it until it expires
            throw error
        }
        held.append(lease)
        return lease
    }

    /// Stores a higher ceiling of all that are held.
    func raise(to ceiling: Int) async throws {
        for lease in held { try await lease.raise(to: max(ceiling, lease.floor)) }
    }

    /// Gives all back, also if one cannot be.
    /// - Throws: the first error there was.
    func release(at ceiling: Int) async throws {
        let leases = held
        held = []
        var failure: (any Error)?
        for lease in leases {
            do { try await lease.release(at: max(ceiling, lease.floor)) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}
