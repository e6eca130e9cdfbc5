internal import DESCore

extension SQLCatalog {
    func acquire(_ shard: ShardID, holder: String, timeToLive: Duration) async throws -> ShardLease? {
        try await pool.transaction { [dialect] session in
            let epoch = try nextEpoch(session)
            let rows = try session.run(
                """
                INSERT INTO des_shard_leases (shard, holder, epoch, expires_at)
                VALUES ($1, $2, $3, \(dialect.now("+", "$4")))
                ON CONFLICT (shard) DO UPDATE
                SET holder = excluded.holder, epoch = excluded.epoch, expires_at = excluded.expires_at
                WHERE (des_shard_leases.expires_at IS NULL OR des_shard_leases.expires_at < \(dialect.now))
                    AND des_shard_leases.epoch < excluded.epoch
                RETURNING epoch
                """, [.integer(shard.number), .text(holder), .integer(epoch), .integer(timeToLive.milliseconds)])
            guard rows.count == 1 else { return nil }
            let lease = ShardLease(shard: shard, epoch: epoch)
            try giveBack(lease, before: epoch, session)
            return lease
        }
    }

    func renew(_ lease: ShardLease, timeToLive: Duration) async throws -> Bool {
        try await pool.run { [dialect] session in
            try session.run(
                """
                UPDATE des_shard_leases SET expires_at = \(dialect.now("+", "$3"))
                WHERE shard = $1 AND epoch = $2 AND holder IS NOT NULL
                """,
                [.integer(lease.shard.number), .integer(lease.epoch), .integer(timeToLive.milliseconds)]
            ).changedCount == 1
        }
    }

    func release(_ lease: ShardLease) async throws {
        try await pool.transaction { session in
            try lock(lease, session)
            try giveBack(lease, before: lease.epoch + 1, session)
            try session.run(
                "UPDATE des_shard_leases SET holder = NULL, expires_at = NULL WHERE shard = $1 AND epoch = $2",
                [.integer(lease.shard.number), .integer(lease.epoch)])
        }
    }

    func claim(_ lease: ShardLease, _ order: ClaimOrder) async throws -> [ClaimedRow] {
        try await pool.transaction { [dialect] session in
            try lock(lease, session)
            let rows = try session.run(
                dialect.claim,
                [
                    .text(order.container.description), .integer(lease.epoch), .integer(lease.shard.number),
                    .text(order.day.description), .integer(order.countMax), .integer(order.byteCountMax),
                    .integer(order.byteCounts.lowerBound), .integer(order.byteCounts.upperBound),
                ])
            guard rows.count > 0 else { return [] }
            // Before anything is fetched: who may not make room for the day learns it now.
            try addDay(order.day.description, session)
            try session.run(
                """
                INSERT INTO des_containers (id, key, shard, day, epoch, state) VALUES ($1, $2, $3, $4, $5, 'writing')
                """,
                [
                    .text(order.container.description), .text(order.key), .integer(lease.shard.number),
                    .text(order.day.description), .integer(lease.epoch),
                ])
            let claimed = (0..<rows.count).map { row in
                ClaimedRow(
                    id: rows.integer(row, 0) ?? 0, name: rows.text(row, 1) ?? "", source: rows.text(row, 2) ?? "",
                    sourceID: rows.text(row, 3), size: rows.integer(row, 4), createdAt: rows.integer(row, 5) ?? 0,
                    meta: rows.text(row, 6), attempts: rows.integer(row, 7) ?? 0)
            }
            return claimed.sorted { $0.id < $1.id }
        }
    }

    func uploaded(_ container: ContainerID, byteCount: Int, _ lease: ShardLease) async throws {
        try await pool.transaction { session in
            try lock(lease, session)
            try change(
                container, from: "'writing'", to: "uploaded", lease, "byte_count = $4", [.integer(byteCount)], session)
        }
    }

    func commit(
        _ container: ContainerID, _ entries: [PackedEntry], others: [UnpackedRow], _ lease: ShardLease
    ) async throws {
        try await pool.transaction { session in
            try lock(lease, session)
            try change(
                container, from: "'uploaded'", to: "committed", lease, "entry_count = $4", [.integer(entries.count)],
                session)
            let about = try session.run(
                "SELECT key FROM des_containers WHERE id = $1", [.text(container.description)])
            try setAside(others, of: container, session)
            let (claimed, packed) = try moveToFiles(
                container.description, lease.epoch, entries, key: about.text(0, 0) ?? "", session)
            guard claimed == entries.count, packed == entries.count else {
                throw CatalogError.rowsDiffer(claimed: claimed, entries: entries.count)
            }
        }
    }

    func abandon(_ container: ContainerID, others: [UnpackedRow], _ lease: ShardLease) async throws {
        try await pool.transaction { session in
            try lock(lease, session)
            switch try state(of: container, session) {
            case nil, .abandoned: return
            case .committed: throw CatalogError.leaseLost
            case .writing, .uploaded: break
            }
            try change(container, from: "'writing', 'uploaded'", to: "abandoned", lease, "epoch = epoch", [], session)
            try setAside(others, of: container, session)
            try session.run(
                """
                UPDATE des_queue SET \(QueueStep.giveBack.assignment), container_id = NULL, epoch = NULL
                WHERE \(QueueStep.giveBack.condition) AND container_id = $1
                """, [.text(container.description)])
        }
    }

    /// Takes rows out of a claim. Rows that are not in it any more are left alone.
    private func setAside(_ rows: [UnpackedRow], of container: ContainerID, _ session: any SQLSession) throws {
        guard !rows.isEmpty else { return }
        let values: [SQLValue] = [.text(container.description), .text(UnpackedRow.json(rows))]
        try session.run(dialect.setAside, values)
        guard rows.contains(where: { if case .failed = $0.fate { true } else { false } }) else { return }
        try session.run(dialect.letters, [values[1]])
    }

    func state(of container: ContainerID) async throws -> ContainerState? {
        try await pool.run { session in try state(of: container, session) }
    }

    func state(of container: ContainerID, _ session: any SQLSession) throws -> ContainerState? {
        let rows = try session.run("SELECT state FROM des_containers WHERE id = $1", [.text(container.description)])
        return rows.count == 0 ? nil : rows.text(0, 0).flatMap(ContainerState.init)
    }

    func manifested(_ container: ContainerID) async throws {
        try await pool.run { [dialect] session in
            _ = try session.run(
                "UPDATE des_containers SET manifest_at = \(dialect.now) WHERE id = $1", [.text(container.description)])
        }
    }

    func unmanifested(for age: Duration, countMax: Int) async throws -> [CommittedContainer] {
        try await pool.run { [dialect] session in
            let rows = try session.run(
                """
                SELECT id, key FROM des_containers
                WHERE state = 'committed' AND manifest_at IS NULL AND changed_at < \(dialect.now("-", "$1"))
                ORDER BY changed_at LIMIT $2
                """, [.integer(age.milliseconds), .integer(countMax)])
            return (0..<rows.count).compactMap { row in
                ContainerID(rows.text(row, 0) ?? "").map { CommittedContainer(id: $0, key: rows.text(row, 1) ?? "") }
            }
        }
    }

    /// Holds the lease until the end of the transaction. The epoch decides whose it is, not the time.
    func lock(_ lease: ShardLease, _ session: any SQLSession) throws {
        let rows = try session.run(
            "SELECT epoch FROM des_shard_leases WHERE shard = $1 AND holder IS NOT NULL \(dialect.waitingLock)",
            [.integer(lease.shard.number)])
        guard rows.count == 1, rows.integer(0, 0) == lease.epoch else { throw CatalogError.leaseLost }
    }

    private func change(
        _ container: ContainerID, from states: String, to state: String, _ lease: ShardLease, _ more: String,
        _ values: [SQLValue], _ session: any SQLSession
    ) throws {
        let rows = try session.run(
            """
            UPDATE des_containers SET state = $1, changed_at = \(dialect.now), \(more)
            WHERE id = $2 AND epoch = $3 AND state IN (\(states))
            """, [.text(state), .text(container.description), .integer(lease.epoch)] + values)
        guard rows.changedCount == 1 else { throw CatalogError.leaseLost }
    }

    /// Gives up the open containers of the shard that were begun before this epoch, and what was claimed for them.
    private func giveBack(_ lease: ShardLease, before epoch: Int, _ session: any SQLSession) throws {
        let values: [SQLValue] = [.integer(lease.shard.number), .integer(epoch)]
        let open = "shard = $1 AND epoch < $2 AND state IN ('writing', 'uploaded')"
        try session.run(
            """
            UPDATE des_queue SET \(QueueStep.giveBack.assignment), container_id = NULL, epoch = NULL
            WHERE \(QueueStep.giveBack.condition) AND container_id IN (SELECT id FROM des_containers WHERE \(open))
            """, values)
        try session.run(
            "UPDATE des_containers SET state = 'abandoned', changed_at = \(dialect.now) WHERE \(open)", values)
    }
}
