internal import DESCore

/// The statement that marks a batch: one round trip and one transaction. Rows that cannot be marked are left as they are; it
/// says which, and why.
///
/// Values: `$1` milliseconds of age, `$2` rows at most, `$3` names, `$4` shards, `$5` days; for a host's table `$6` hashes; then
/// the cursor, if there is one. One row comes back: rows taken, rows marked, the cursor (time, id), and of the rows that cannot
/// be marked their ids and what is wrong with them, as an array of pairs in JSON.
struct MarkStatement: Sendable {
    /// The statement.
    let sql: String

    /// Which rows may be taken.
    enum Place {
        /// Those behind a row.
        case after(MarkCursor)
        /// One row.
        case only(id: String)
    }

    /// Of a host's table, whose rows are queued as they are marked, or of the queue.
    init(_ host: HostTable?, _ place: Place?) {
        sql = host.map { MarkStatement.ofHost($0, place) } ?? MarkStatement.ofQueue(place)
    }

    /// A statement that locks the first row that may be taken, and gives its cursor. Values: `$1` as above, then the cursor.
    static func first(_ host: HostTable?, hasCursor: Bool) -> String {
        guard let host else {
            let cursor = hasCursor ? "AND (created_at, id) > ($2::timestamptz, $3::bigint)" : ""
            return """
                SELECT created_at, id FROM des_queue WHERE \(isWaiting) \(cursor)
                ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
                """
        }
        let cursor = hasCursor ? "AND h.\(host.id) > $2::\(host.idType)" : ""
        return """
            SELECT '', h.\(host.id) FROM \(host.source.table) AS h WHERE \(host.isWaiting) \(cursor)
            ORDER BY h.\(host.id) LIMIT 1 FOR UPDATE OF h SKIP LOCKED
            """
    }

    /// A row of the queue that waits.
    static let isWaiting = """
        \(QueueStep.mark.condition) AND created_at <= now() - $1::bigint * interval '1 millisecond' AND next_attempt_at <= now()
        """

    /// The cursor is the time of the row, and its id. The rows are locked, so each is still where it was found: its place
    /// says which it is, without a look into an index. (One that was changed between the beginning of the statement and its
    /// lock is not seen there, and left to the next pass.)
    private static func ofQueue(_ place: Place?) -> String {
        let isThere =
            switch place {
            case .after: "AND (created_at, id) > ($6::timestamptz, $7::bigint)"
            case .only: "AND id = $6::bigint"
            case nil: ""
            }
        return """
            WITH taken AS MATERIALIZED (
                SELECT *, row_number() OVER () AS number FROM (
                    SELECT ctid AS place, id, created_at, \(problem(source: "source", size: "size", meta: "meta")) AS problem
                    FROM des_queue WHERE \(isWaiting) \(isThere)
                    ORDER BY created_at, id LIMIT $2 FOR UPDATE SKIP LOCKED) AS locked
            ), marked AS (
                UPDATE des_queue AS q
                SET \(QueueStep.mark.assignment), name = given.name, shard = given.shard, day = given.day, last_error = NULL,
                    attempts = 0
                FROM taken JOIN \(given("name, shard, day", "unnest($3::text[]), unnest($4::integer[]), unnest($5::date[])"))
                    USING (number)
                WHERE q.ctid = taken.place AND taken.problem IS NULL
                RETURNING 1
            )
            \(answer(time: "created_at"))
            """
    }

    /// The cursor is the id.
    private static func ofHost(_ host: HostTable, _ place: Place?) -> String {
        let source = host.source
        let isThere =
            switch place {
            case .after: "AND h.\(host.id) > $7::\(host.idType)"
            case .only: "AND h.\(host.id) = $7::\(host.idType)"
            case nil: ""
            }
        // Values are looked at only in the rows of the batch: those of others may not be what they should be.
        let read = [.id, .createdAt, .key, .bucket, .size, .meta].compactMap { source.column($0) }
            .map { "h.\($0)" }.joined(separator: ", ")
        let size = source.column(.size).map { "h.\($0)::bigint" }
        let meta = source.column(.meta).map { "h.\($0)::jsonb" }
        let origin = SourceTable.literal(host.origin)
        let isQueued = """
            WHEN NOT isfinite(h.\(source.column(.createdAt) ?? "")::timestamptz) THEN 'the time is infinite'
            WHEN EXISTS (
                SELECT FROM des_queue WHERE origin = \(origin) AND coalesce(source_id, source) = h.\(host.id)::text)
            THEN 'the row is in the queue already, under another name'
            """
        let names = given(
            "name, shard, day, hash",
            "unnest($3::text[]), unnest($4::integer[]), unnest($5::date[]), unnest($6::text[])")
        return """
            WITH locked AS MATERIALIZED (
                SELECT \(read) FROM \(source.table) AS h WHERE \(host.isWaiting) \(isThere)
                ORDER BY h.\(host.id) LIMIT $2 FOR UPDATE OF h SKIP LOCKED
            ), taken AS MATERIALIZED (
                SELECT h.\(host.id) AS id, h.\(source.column(.createdAt) ?? "") AS created_at, \(host.uri) AS source,
                    \(size ?? "NULL::bigint") AS size, \(meta ?? "NULL::jsonb") AS meta,
                    \(problem(source: "(\(host.uri))", size: size, meta: meta, more: isQueued)) AS problem,
                    row_number() OVER () AS number
                FROM locked AS h
            ), marked AS (
                UPDATE \(source.table) AS h
                SET \(source.column(.name) ?? "") = given.name,
                    \(source.column(.status) ?? "") = \(host.literal(.marked))\(host.set(.hash, "given.hash"))\
            \(host.set(.shard, "given.shard"))\(host.set(.attempts, "0"))\(host.set(.error, "NULL"))
                FROM taken JOIN \(names) USING (number)
                WHERE h.\(host.id) = taken.id AND taken.problem IS NULL
                RETURNING taken.id, taken.source, taken.size, taken.meta, taken.created_at,
                    given.name, given.shard, given.day
            ), queued AS (
                INSERT INTO des_queue (origin, source, source_id, size, created_at, meta, status, name, shard, day)
                SELECT \(origin), source, id::text, size, created_at, meta, \(QueueStep.adopt.literal), name, shard, day
                FROM marked
            )
            \(answer(time: "''"))
            """
    }

    /// What the database keeps in so few bytes cannot be too long as text: no more than 255 to one can be squeezed out of it.
    private static let metaByteCountUnsuspicious = Limits.queuedMetaByteCountMax / 256

    /// Why a row cannot be marked; NULL if it can.
    private static func problem(source: String, size: String?, meta: String?, more: String = "") -> String {
        let ofSize = size.map { "WHEN \($0) < 0 THEN 'the size is negative'" } ?? ""
        let ofMeta =
            meta.map { meta in
                """
                WHEN jsonb_typeof(\(meta)) <> 'object' THEN 'the metadata is no object of JSON: ' || jsonb_typeof(\(meta))
                WHEN pg_column_size(\(meta)) > \(metaByteCountUnsuspicious)
                    AND octet_length(\(meta)::text) > \(Limits.queuedMetaByteCountMax)
                THEN 'the metadata has ' || octet_length(\(meta)::text) || ' bytes, more than \(Limits.queuedMetaByteCountMax)'
                """
            } ?? ""
        return """
            CASE WHEN \(source) IS NULL THEN 'the key is null'
            WHEN \(source) = '' THEN 'the key is empty'
            WHEN octet_length(\(source)) > \(Limits.sourceByteCountMax)
            THEN 'the source has ' || octet_length(\(source)) || ' bytes, more than \(Limits.sourceByteCountMax)'
            \(ofSize) \(ofMeta) \(more) END
            """
    }

    /// Names by the number of their row.
    private static func given(_ columns: String, _ arrays: String) -> String {
        "ROWS FROM (\(arrays)) WITH ORDINALITY AS given(\(columns), number)"
    }

    private static func answer(time: String) -> String {
        """
        SELECT count(*), (SELECT count(*) FROM marked),
            (SELECT \(time) FROM taken ORDER BY number DESC LIMIT 1), (SELECT id FROM taken ORDER BY number DESC LIMIT 1),
            (jsonb_agg(jsonb_build_array(id::text, problem)) FILTER (WHERE problem IS NOT NULL))::text
        FROM taken
        """
    }
}
