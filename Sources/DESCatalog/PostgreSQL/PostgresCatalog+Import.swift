internal import DESCore

extension PostgresCatalog {
    func enqueue(_ files: [NewFile], from input: String, _ progress: ImportProgress) async throws -> Int {
        try await pool.transaction { session in
            guard let session = session as? PostgresSession else { return 0 }
            try session.script(
                """
                CREATE TEMPORARY TABLE IF NOT EXISTS des_incoming (
                    source text, source_id text, size bigint, created_at timestamptz, meta jsonb) ON COMMIT DELETE ROWS
                """)
            var rest = files[...]
            _ = try session.copy("COPY des_incoming FROM STDIN") {
                if rest.isEmpty { return nil }
                defer { rest = rest.dropFirst(PostgresCatalog.copyPieceCount) }
                return CopyText(rest.prefix(PostgresCatalog.copyPieceCount)).bytes
            }
            // Most catalogues that are filled are empty; the others pay for looking.
            let isPacked = """
                EXISTS (
                    SELECT FROM des_files AS f WHERE f.origin = ''
                        AND coalesce(f.source_id, f.source) = coalesce(i.source_id, i.source))
                """
            let hasFiles = try session.run("SELECT EXISTS (SELECT FROM des_files)::integer").integer(0, 0) == 1
            // Sorted: two imports of the same files would wait for each other in a circle.
            var count = try session.run(
                """
                INSERT INTO des_queue (source, source_id, size, created_at, meta)
                SELECT source, source_id, size, coalesce(created_at, now()), meta FROM des_incoming AS i
                \(hasFiles ? "WHERE NOT \(isPacked)" : "")
                ORDER BY coalesce(source_id, source) ON CONFLICT DO NOTHING
                """
            ).changedCount
            // Between the two looks of the statement, into the files and into the queue, a row may have gone from the one to
            // the other. The next statement sees it there.
            if try session.run("SELECT EXISTS (SELECT FROM des_files)::integer").integer(0, 0) == 1 {
                count -= try session.run(
                    """
                    DELETE FROM des_queue AS q USING des_incoming AS i
                    WHERE q.origin = '' AND coalesce(q.source_id, q.source) = coalesce(i.source_id, i.source)
                        AND q.\(QueueStep.mark.condition) AND q.xmin = pg_current_xact_id()::xid AND \(isPacked)
                    """
                ).changedCount
            }
            try note(progress, of: input, session)
            return count
        }
    }

    /// Rows of one piece of a COPY.
    private static let copyPieceCount = 1_000
}

/// Rows in COPY's text format.
struct CopyText {
    private(set) var bytes: [UInt8] = []

    init(_ files: some Sequence<NewFile>) {
        for file in files {
            append(file.source, UInt8(ascii: "\t"))
            append(file.sourceID, UInt8(ascii: "\t"))
            append(file.size.map { String($0) }, UInt8(ascii: "\t"))
            append(file.createdAt?.text, UInt8(ascii: "\t"))
            append(file.meta, UInt8(ascii: "\n"))
        }
    }

    private mutating func append(_ text: String?, _ end: UInt8) {
        defer { bytes.append(end) }
        guard let text else {
            bytes += [UInt8(ascii: "\\"), UInt8(ascii: "N")]
            return
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
            case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\r"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case UInt8(ascii: "\t"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            default: bytes.append(byte)
            }
        }
    }
}
