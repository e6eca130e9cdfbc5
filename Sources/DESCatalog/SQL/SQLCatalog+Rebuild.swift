internal import DESCore

extension SQLCatalog {
    func obstacleToRebuild() async throws -> String? {
        try await pool.run { [dialect] session in
            func has(_ what: String) throws -> Bool {
                try session.run("SELECT count(*) FROM (SELECT 1 FROM \(what) LIMIT 1) AS rows").first == 1
            }
            if try has("des_queue") { return "files wait in its queue, and would be packed a second time" }
            if try has("des_shard_leases WHERE expires_at >= \(dialect.now)") { return "packers are at work" }
            if try has("des_containers WHERE state IN ('writing', 'uploaded')") {
                return "containers are being written"
            }
            return nil
        }
    }

    func restore(_ container: ContainerRecord, _ files: [RestoredFile]) async throws -> Int {
        try await pool.transaction { [dialect] session in
            let (id, day) = (container.id.description, container.day.description)
            try addDay(day, session)
            // Before its files: which container a name belongs to is decided by the epochs that are written down here.
            try session.run(
                """
                INSERT INTO des_containers (id, key, shard, day, epoch, state, entry_count, byte_count)
                VALUES ($1, $2, $3, $4, $5, 'committed', $6, $7)
                ON CONFLICT (id) DO UPDATE SET state = excluded.state, entry_count = excluded.entry_count,
                    byte_count = excluded.byte_count
                """,
                [
                    .text(id), .text(container.key), .integer(container.shard.number), .text(day),
                    .integer(container.epoch), .integer(files.count), .integer(container.byteCount),
                ])
            var ownCount = 0
            for start in stride(from: 0, to: files.count, by: restoredFileCountMax) {
                let batch = Array(files[start..<min(start + restoredFileCountMax, files.count)])
                try restore(batch, container, session)
                ownCount +=
                    try session.run(
                        """
                        SELECT count(*) FROM des_files
                        WHERE day = $1 AND container_id = $2 AND name \(dialect.isAmongTexts("$3"))
                        """, [.text(day), .text(id), dialect.texts(batch.map(\.name))]
                    ).first ?? 0
            }
            if ownCount == 0, !files.isEmpty {
                try session.run("UPDATE des_containers SET state = 'abandoned' WHERE id = $1", [.text(id)])
            }
            return ownCount
        }
    }

    /// A name that is there stays where it is, unless this container has the higher epoch, or the same and the lower id.
    private func restore(_ files: [RestoredFile], _ container: ContainerRecord, _ session: any SQLSession) throws {
        let columns =
            "day, name, source, source_id, container_id, data_offset, byte_count, flags, crc, packed_at"
        let winning = """
            ON CONFLICT (day, name) DO UPDATE SET
                source = excluded.source, source_id = excluded.source_id, container_id = excluded.container_id,
                data_offset = excluded.data_offset, byte_count = excluded.byte_count, flags = excluded.flags,
                crc = excluded.crc, packed_at = excluded.packed_at
            WHERE NOT EXISTS (
                SELECT 1 FROM des_containers AS c WHERE c.id = des_files.container_id AND c.state = 'committed'
                    AND (c.epoch > $3 OR c.epoch = $3 AND c.id <= excluded.container_id))
            """
        let common: [SQLValue] = [
            .text(container.day.description), .text(container.id.description), .integer(container.epoch),
            .integer(container.id.milliseconds),
        ]
        switch dialect {
        case .postgres:
            try session.run(
                """
                INSERT INTO des_files (\(columns))
                SELECT $1, name, source, source_id, $2, data_offset, byte_count, flags, crc,
                    coalesce(to_timestamp($4::bigint / 1000.0), now())
                FROM jsonb_to_recordset($5::jsonb) AS given(
                    name text, source text, source_id text, data_offset bigint, byte_count bigint, flags integer,
                    crc bigint)
                \(winning)
                """, common + [.text(RestoredFile.json(files))])
        case .sqlite:
            try session.run(
                """
                INSERT INTO des_files (\(columns))
                SELECT $1, value ->> 'name', value ->> 'source', value ->> 'source_id', $2, value ->> 'data_offset',
                    value ->> 'byte_count', value ->> 'flags', value ->> 'crc', coalesce($4, \(dialect.now))
                FROM json_each($5) WHERE true
                \(winning)
                """, common + [.text(RestoredFile.json(files))])
        }
    }

    /// Files of one statement.
    private var restoredFileCountMax: Int { 4_096 }
}

extension RestoredFile {
    /// An array of objects, as the columns are called.
    static func json(_ files: [RestoredFile]) -> String {
        JSON.array(
            files.map { file in
                .object([
                    JSON.Member("name", .string(file.name)), JSON.Member("source", .string(file.source)),
                    JSON.Member("source_id", file.sourceID.map { .string($0) } ?? .null),
                    JSON.Member("data_offset", .integer(file.place.offset)),
                    JSON.Member("byte_count", .integer(file.place.byteCount)),
                    JSON.Member("flags", .integer(Int(file.place.flags.rawValue))),
                    JSON.Member("crc", .integer(Int(file.place.crc))),
                ])
            }
        ).text
    }
}
