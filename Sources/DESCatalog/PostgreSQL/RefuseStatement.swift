/// The statement that counts an attempt that failed at rows which cannot be marked: they rest, or are given up.
///
/// Values: `$1` ids and `$2` reasons, as arrays of text. One row comes back: rows that are tried again, and rows given up.
struct RefuseStatement: Sendable {
    /// The statement.
    let sql: String

    /// Of a host's table, or of the queue.
    init(_ order: MarkOrder, _ host: HostTable?) {
        sql = host.map { RefuseStatement.ofHost(order, $0) } ?? RefuseStatement.ofQueue(order)
    }

    private static func ofQueue(_ order: MarkOrder) -> String {
        """
        WITH refused AS (
            UPDATE des_queue AS q
            SET attempts = q.attempts + 1, last_error = given.problem,
                status = CASE WHEN q.attempts >= \(order.retriesMax) THEN \(QueueStep.refuse.literal)
                    ELSE \(QueueStep.postpone.literal) END,
                next_attempt_at = now() + \(backoff("q.attempts", order))
            FROM unnest($1::text[], $2::text[]) AS given(id, problem)
            WHERE q.id = given.id::bigint AND q.\(QueueStep.refuse.condition)
            RETURNING q.origin, q.id::text AS row_id, q.source, q.attempts, given.problem,
                \(QueueStep.retry.condition) AS is_final
        ), \(letters(order))
        \(answer)
        """
    }

    private static func ofHost(_ order: MarkOrder, _ host: HostTable) -> String {
        let source = host.source
        let status = source.column(.status) ?? ""
        // Without a column that counts attempts the first one is the last.
        let attempts = source.column(.attempts).map { "coalesce(h.\($0), 0)" }
        let isFinal = attempts.map { "\($0) >= \(order.retriesMax)" } ?? "true"
        let hostLetters =
            host.letterTable.map { table in
                """
                , host_letters AS (
                    INSERT INTO \(table) (catalog_entry_id, created_at, error_message, retry_count)
                    SELECT id, now(), left(problem, \(min(500, host.letterReasonMax))), attempts FROM refused
                    WHERE is_final AND \(order.keepsDeadLetters))
                """
            } ?? ""
        return """
            WITH refused AS (
                UPDATE \(source.table) AS h
                SET \(status) = CASE WHEN \(isFinal) THEN \(host.literal(.failed)) ELSE \(host.literal(.retry)) END\
            \(host.set(.attempts, "\(attempts ?? "0") + 1"))\(host.set(.error, "given.problem"))\
            \(host.set(.nextAttemptAt, "now() + \(backoff(attempts ?? "0", order))"))
                FROM unnest($1::text[], $2::text[]) AS given(id, problem)
                WHERE h.\(host.id) = given.id::\(host.idType) AND \(host.isUnmarked)
                RETURNING \(SourceTable.literal(host.origin)) AS origin, h.\(host.id) AS id, h.\(host.id)::text AS row_id,
                    \(host.uri) AS source, \(source.column(.attempts).map { "h.\($0)" } ?? "1") AS attempts,
                    given.problem, h.\(status) = \(host.literal(.failed)) AS is_final
            ), \(letters(order))\(hostLetters)
            \(answer)
            """
    }

    private static func letters(_ order: MarkOrder) -> String {
        """
        letters AS (
            INSERT INTO des_dead_letters (origin, row_id, source, stage, reason, attempts)
            SELECT origin, row_id, source, 'mark', problem, attempts FROM refused
            WHERE is_final AND \(order.keepsDeadLetters)
            ON CONFLICT (origin, row_id) DO NOTHING)
        """
    }

    private static let answer = """
        SELECT count(*) FILTER (WHERE NOT is_final), count(*) FILTER (WHERE is_final) FROM refused
        """

    /// How long a row rests after this many attempts before.
    private static func backoff(_ attempts: String, _ order: MarkOrder) -> String {
        "least(power(\(order.backoffBase)::float8, least(\(attempts), 64)), \(Backoff.secondsMax)) * interval '1 second'"
    }
}
