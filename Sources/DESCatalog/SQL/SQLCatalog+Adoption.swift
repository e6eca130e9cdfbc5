internal import DESCore

extension SQLCatalog {
    func adopt(_ container: ContainerRecord, _ entries: [PackedEntry], _ lease: ShardLease) async throws {
        try await pool.transaction { [dialect] session in
            try lock(lease, session)
            let id = container.id.description
            let known = try session.run(
                """
                INSERT INTO des_containers (id, key, shard, day, epoch, state, entry_count, byte_count)
                VALUES ($1, $2, $3, $4, $5, 'committed', $6, $7)
                ON CONFLICT (id) DO UPDATE SET state = excluded.state, entry_count = excluded.entry_count,
                    byte_count = excluded.byte_count, changed_at = \(dialect.now)
                WHERE des_containers.state = 'abandoned' AND des_containers.key = excluded.key
                """, values(container) + [.integer(entries.count), .integer(container.byteCount)])
            guard known.changedCount == 1 else { throw RepairRefused("the container is not abandoned any more") }
            // The two steps that a packer takes, in one transaction: nobody sees the rows claimed.
            let claimed = try session.run(
                """
                UPDATE des_queue SET \(QueueStep.claim.assignment), container_id = $1, epoch = $2
                WHERE \(QueueStep.claim.condition) AND shard = $3 AND day = $4 AND id \(dialect.isAmongNumbers("$5"))
                """,
                [
                    .text(id), .integer(lease.epoch), .integer(container.shard.number),
                    .text(container.day.description), dialect.numbers(entries.map(\.rowID)),
                ]
            ).changedCount
            guard claimed == entries.count else {
                throw RepairRefused("of its \(entries.count) rows only \(claimed) still wait to be packed")
            }
            try addDay(container.day.description, session)
            let moved = try moveToFiles(id, lease.epoch, entries, key: container.key, session)
            guard moved.claimed == entries.count, moved.packed == entries.count else {
                throw RepairRefused("of its \(entries.count) rows only \(moved.packed) have the names of its entries")
            }
        }
    }

    func forbid(_ container: ContainerRecord) async throws {
        try await pool.transaction { [dialect] session in
            let done = try session.run(
                """
                INSERT INTO des_containers (id, key, shard, day, epoch, state) VALUES ($1, $2, $3, $4, $5, 'abandoned')
                ON CONFLICT (id) DO UPDATE SET changed_at = \(dialect.now)
                WHERE des_containers.state = 'abandoned' AND des_containers.key = excluded.key
                """, values(container))
            guard done.changedCount == 1 else {
                let state = try state(of: container.id, session)?.rawValue ?? "unknown"
                throw RepairRefused("the container is \(state) now, or another key has its id")
            }
        }
    }

    func correct(_ wrong: ContainerRecord, entryCount: Int, byteCount: Int) async throws {
        try await pool.transaction { session in
            let done = try session.run(
                """
                UPDATE des_containers SET entry_count = $2, byte_count = $3
                WHERE id = $1 AND state = 'committed' AND coalesce(entry_count, -1) = $4 AND coalesce(byte_count, -1) = $5
                """,
                [
                    .text(wrong.id.description), .integer(entryCount), .integer(byteCount),
                    .integer(wrong.entryCount ?? -1), .integer(wrong.byteCount ?? -1),
                ])
            guard done.changedCount == 1 else { throw RepairRefused("its counts are others by now") }
        }
    }

    /// Id, key, shard, day, epoch.
    private func values(_ container: ContainerRecord) -> [SQLValue] {
        [
            .text(container.id.description), .text(container.key), .integer(container.shard.number),
            .text(container.day.description), .integer(container.epoch),
        ]
    }
}
