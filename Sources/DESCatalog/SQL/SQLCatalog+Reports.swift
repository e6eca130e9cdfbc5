internal import DESCore

extension SQLCatalog {
    func status() async throws -> CatalogStatus {
        try await pool.run { [dialect] session in
            var status = CatalogStatus()
            let rows = try session.run(
                """
                SELECT status, CAST(day AS text), count(*), sum(coalesce(size, 0)),
                    \(dialect.milliseconds(dialect.now)) - \(dialect.milliseconds("min(created_at)"))
                FROM des_queue GROUP BY status, day ORDER BY status, day
                """)
            for row in 0..<rows.count {
                let name = rows.text(row, 0) ?? ""
                status.counts.append(
                    CatalogStatus.Count(
                        status: name, day: rows.text(row, 1), count: rows.integer(row, 2) ?? 0,
                        byteCount: rows.integer(row, 3) ?? 0))
                let age = Duration.milliseconds(max(0, rows.integer(row, 4) ?? 0))
                status.oldestAges[name] = max(age, status.oldestAges[name] ?? .zero)
            }
            let order = QueueStatus.allCases.map(\.rawValue)
            status.counts.sort { a, b in
                (order.firstIndex(of: a.status) ?? 0, a.day ?? "") < (order.firstIndex(of: b.status) ?? 0, b.day ?? "")
            }
            // Of containers, not of files: there are a hundred thousand times as many of those.
            let packed = try session.run(
                """
                SELECT CAST(day AS text), sum(entry_count), sum(byte_count) FROM des_containers
                WHERE state = 'committed' GROUP BY day ORDER BY day
                """)
            for row in 0..<packed.count {
                status.counts.append(
                    CatalogStatus.Count(
                        status: "packed", day: packed.text(row, 0), count: packed.integer(row, 1) ?? 0,
                        byteCount: packed.integer(row, 2) ?? 0))
            }
            let containers = try session.run("SELECT state, count(*) FROM des_containers GROUP BY state")
            for row in 0..<containers.count {
                status.containers[containers.text(row, 0) ?? ""] = containers.integer(row, 1)
            }
            status.deadLetterCount = try session.run("SELECT count(*) FROM des_dead_letters").integer(0, 0) ?? 0
            return status
        }
    }

    func find(_ text: String) async throws -> [CatalogEntry] {
        // The day in a name says which partition has it; what a file is known by is looked for at each origin there is.
        let day = (try? DESName(text))?.day.description
        return try await pool.run { session in
            let (condition, values): (String, [SQLValue]) =
                if let day {
                    ("f.day = $1 AND f.name = $2", [.text(day), .text(text)])
                } else {
                    (
                        "f.origin IN ('', $1) AND coalesce(f.source_id, f.source) = $2",
                        [.text(try hostOrigin(session) ?? ""), .text(text)]
                    )
                }
            let known = try entries(condition, values, session)
            // By where its bytes are, if it is known by something else: no index has that.
            return known.isEmpty && day == nil ? try entries("f.source = $1", [.text(text)], session) : known
        }
    }

    private func entries(
        _ condition: String, _ values: [SQLValue], _ session: any SQLSession
    ) throws -> [CatalogEntry] {
        let files = try session.run(
            """
            SELECT 'packed', f.name, f.source, CAST(f.day AS text), c.key, f.data_offset, f.byte_count, NULL
            FROM des_files AS f JOIN des_containers AS c ON c.id = f.container_id
            WHERE \(condition)
            """, values)
        let open = try session.run(
            """
            SELECT status, name, source, CAST(day AS text), NULL, NULL, size, last_error
            FROM des_queue AS f WHERE \(condition)
            """, values)
        return [files, open].flatMap { rows in
            (0..<rows.count).map { row in
                CatalogEntry(
                    status: rows.text(row, 0) ?? "", name: rows.text(row, 1), source: rows.text(row, 2) ?? "",
                    day: rows.text(row, 3), key: rows.text(row, 4), offset: rows.integer(row, 5),
                    byteCount: rows.integer(row, 6), lastError: rows.text(row, 7))
            }
        }
    }
}
