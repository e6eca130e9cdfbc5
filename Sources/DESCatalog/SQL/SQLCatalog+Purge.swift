internal import DESCore

extension SQLCatalog {
    func packed(before age: Duration, after cursor: PackedCursor?, countMax: Int) async throws -> [PackedFile] {
        try await pool.run { [dialect] session in
            let rows = try session.run(
                """
                SELECT f.name, CAST(f.day AS text), f.source, c.key, f.data_offset, f.byte_count, f.flags, f.crc
                FROM des_files AS f JOIN des_containers AS c ON c.id = f.container_id AND c.state = 'committed'
                WHERE (f.day, f.name) > ($1, $2) AND f.packed_at < \(dialect.now("-", "$3"))
                ORDER BY f.day, f.name LIMIT $4
                """,
                [
                    .text(cursor?.day ?? "0001-01-01"), .text(cursor?.name ?? ""), .integer(age.milliseconds),
                    .integer(countMax),
                ])
            return (0..<rows.count).compactMap { row in
                guard let name = rows.text(row, 0), let day = rows.text(row, 1).flatMap({ CalendarDay($0) }),
                    let source = rows.text(row, 2), let key = rows.text(row, 3)
                else { return nil }
                return PackedFile(
                    name: name, day: day, source: source, key: key, place: BodyPlace(rows, row, from: 4))
            }
        }
    }

    func sourcesInQueue(among sources: [String]) async throws -> Set<String> {
        try await pool.run { [dialect] session in
            let rows = try session.run(
                "SELECT DISTINCT source FROM des_queue WHERE source \(dialect.isAmongTexts("$1"))",
                [dialect.texts(sources)])
            return Set((0..<rows.count).compactMap { rows.text($0, 0) })
        }
    }
}
