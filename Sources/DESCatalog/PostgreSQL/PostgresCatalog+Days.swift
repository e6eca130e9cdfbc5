internal import DESCore

extension PostgresCatalog {
    func detachDays(before day: CalendarDay, dryRun: Bool) async throws -> [String] {
        try await pool.run { session in
            // Days of which files are on their way stay; a detaching that was interrupted is in the way of every other.
            let rows = try session.run(
                """
                SELECT inhrelid::regclass::text, inhdetachpending FROM pg_inherits
                WHERE inhparent = 'des_files'::regclass AND (inhdetachpending OR
                    right(inhrelid::regclass::text, 8) < $1 AND NOT EXISTS (
                        SELECT FROM des_queue WHERE to_char(day, 'YYYYMMDD') = right(inhrelid::regclass::text, 8)))
                ORDER BY inhdetachpending DESC, 1
                """, [.text(day.compact)])
            let tables = (0..<rows.count).map { (name: rows.text($0, 0) ?? "", isPending: rows.text($0, 1) == "t") }
            // Stops nobody: readers and writers of other days go on. It waits for those who were there before; what was
            // interrupted meanwhile is finished.
            for table in tables where !dryRun {
                let how = table.isPending ? "FINALIZE" : "CONCURRENTLY"
                try session.script("ALTER TABLE des_files DETACH PARTITION \(table.name) \(how)")
            }
            return tables.map(\.name)
        }
    }
}
