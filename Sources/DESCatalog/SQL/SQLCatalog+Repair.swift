internal import DESCore

extension SQLCatalog {
    func identity() async throws -> CatalogIdentity {
        try await pool.run { [dialect] session in
            let rows = try session.run(
                "SELECT done_at, \(dialect.milliseconds(dialect.now)) FROM des_migrations WHERE number = 1")
            guard rows.count == 1, let since = rows.text(0, 0), let now = rows.integer(0, 1) else {
                throw DatabaseError(.setup, "the catalog does not say when it was made")
            }
            return CatalogIdentity(since: since, now: now)
        }
    }

    func days() async throws -> [CalendarDay] {
        try await pool.run { session in
            let rows = try session.run("SELECT DISTINCT CAST(day AS text) FROM des_containers")
            var days = Set((0..<rows.count).compactMap { rows.text($0, 0).flatMap { CalendarDay($0) } })
            // From one day to the next along the index: there may be any number of files.
            var last = "0001-01-01"
            while let next = try session.run(
                "SELECT CAST(min(day) AS text) FROM des_files WHERE day > $1", [.text(last)]
            ).text(0, 0) {
                if let day = CalendarDay(next) { days.insert(day) }
                last = next
            }
            return days.sorted()
        }
    }

    func containers(of day: CalendarDay) async throws -> [ContainerRecord] {
        try await pool.run { session in try containers("day = $1", [.text(day.description)], session) }
    }

    /// Containers by a condition on them.
    func containers(
        _ condition: String, _ values: [SQLValue], _ session: any SQLSession
    ) throws -> [ContainerRecord] {
        let rows = try session.run(
            """
            SELECT id, key, CAST(day AS text), shard, epoch, state, entry_count, byte_count, CASE WHEN EXISTS (
                SELECT 1 FROM des_shard_leases AS l
                WHERE l.shard = c.shard AND l.epoch = c.epoch AND l.expires_at >= \(dialect.now)
            ) THEN 1 ELSE 0 END
            FROM des_containers AS c WHERE \(condition) ORDER BY id
            """, values)
        return (0..<rows.count).compactMap { row in
            guard let id = rows.text(row, 0).flatMap({ ContainerID($0) }),
                let day = rows.text(row, 2).flatMap({ CalendarDay($0) }),
                let shard = rows.integer(row, 3).flatMap(ShardID.init),
                let state = rows.text(row, 5).flatMap(ContainerState.init)
            else { return nil }
            var record = ContainerRecord(
                id: id, key: rows.text(row, 1) ?? "", day: day, shard: shard, epoch: rows.integer(row, 4) ?? 0,
                state: state, entryCount: rows.integer(row, 6), byteCount: rows.integer(row, 7))
            record.isInWork = (state == .writing || state == .uploaded) && rows.integer(row, 8) == 1
            return record
        }
    }

    func fileCounts(of day: CalendarDay) async throws -> [FileCount]? {
        try await pool.run { session in
            guard try isAttached(day, session) else { return nil }
            let rows = try session.run(
                """
                SELECT f.container_id, count(*), c.state
                FROM (SELECT container_id FROM des_files WHERE day = $1) AS f
                LEFT JOIN des_containers AS c ON c.id = f.container_id
                GROUP BY f.container_id, c.state
                """, [.text(day.description)])
            return (0..<rows.count).compactMap { row in
                rows.text(row, 0).flatMap { ContainerID($0) }.map { id in
                    FileCount(
                        container: id, state: rows.text(row, 2).flatMap(ContainerState.init),
                        count: rows.integer(row, 1) ?? 0)
                }
            }
        }
    }

    /// The files of a day are where files are looked for. A day of which there never was a file counts as if they were not.
    private func isAttached(_ day: CalendarDay, _ session: any SQLSession) throws -> Bool {
        switch dialect {
        case .sqlite: true
        case .postgres:
            try session.run(
                """
                SELECT count(*) FROM pg_inherits
                WHERE inhparent = 'des_files'::regclass AND inhrelid = to_regclass('des_files_' || $1::text)
                """, [.text(day.compact)]
            ).first == 1
        }
    }

    func files(named names: [String], of day: CalendarDay) async throws -> [FileRecord] {
        try await pool.run { [dialect] session in
            let rows = try session.run(
                """
                SELECT f.name, f.container_id, c.key, c.state, f.data_offset, f.byte_count, f.flags, f.crc
                FROM des_files AS f LEFT JOIN des_containers AS c ON c.id = f.container_id
                WHERE f.day = $1 AND f.name \(dialect.isAmongTexts("$2"))
                """, [.text(day.description), dialect.texts(names)])
            return (0..<rows.count).compactMap { row in
                rows.text(row, 1).flatMap { ContainerID($0) }.map { id in
                    FileRecord(
                        name: rows.text(row, 0) ?? "", container: id, key: rows.text(row, 2),
                        state: rows.text(row, 3).flatMap(ContainerState.init), place: BodyPlace(rows, row, from: 4))
                }
            }
        }
    }

    func queued(knownAs identities: [String]) async throws -> [QueuedFile] {
        try await pool.run { [dialect] session in
            let rows = try session.run(
                """
                SELECT id, name, source, source_id, status, CAST(day AS text), shard FROM des_queue
                WHERE origin IN ('', $1) AND coalesce(source_id, source) \(dialect.isAmongTexts("$2"))
                """, [.text(try hostOrigin(session) ?? ""), dialect.texts(identities)])
            return (0..<rows.count).compactMap { row in
                guard let id = rows.integer(row, 0), let source = rows.text(row, 2),
                    let status = rows.text(row, 4).flatMap(QueueStatus.init)
                else { return nil }
                return QueuedFile(
                    id: id, name: rows.text(row, 1), source: source, sourceID: rows.text(row, 3), status: status,
                    day: rows.text(row, 5).flatMap { CalendarDay($0) },
                    shard: rows.integer(row, 6).flatMap(ShardID.init))
            }
        }
    }
}

extension BodyPlace {
    /// Four columns: offset, bytes, flags, CRC.
    init(_ rows: any SQLRows, _ row: Int, from column: Int) {
        self.init(
            offset: rows.integer(row, column) ?? 0, byteCount: rows.integer(row, column + 1) ?? 0,
            crc: UInt32(truncatingIfNeeded: rows.integer(row, column + 3) ?? 0),
            flags: EntryFlags(rawValue: UInt32(truncatingIfNeeded: rows.integer(row, column + 2) ?? 0)))
    }
}
