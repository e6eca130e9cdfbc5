internal import DESCore

// Rows that leave a claim without being packed are given to the database as one value, an array in JSON, however many they are.
extension Dialect {
    /// Takes rows out of the claim of container `$1`. `$2`: see ``UnpackedRow/json(_:)``.
    var setAside: String {
        """
        UPDATE des_queue \(byIDAlone) SET
            status = CASE WHEN given.fails = 1 THEN \(QueueStep.fail.literal) ELSE \(QueueStep.giveBack.literal) END,
            container_id = NULL, epoch = NULL, size = coalesce(given.size, des_queue.size),
            attempts = attempts + CASE WHEN given.reason IS NULL THEN 0 ELSE 1 END,
            last_error = coalesce(given.reason, last_error),
            next_attempt_at = CASE WHEN given.pause IS NULL THEN next_attempt_at ELSE \(now("+", "given.pause")) END
        FROM \(given("$2"))
        WHERE \(QueueStep.giveBack.condition) AND container_id = $1 AND des_queue.id = given.id
        """
    }

    /// Writes the dead letters of those rows that failed for good. `$1`: the same.
    var letters: String {
        """
        INSERT INTO des_dead_letters (origin, row_id, source, stage, reason, attempts)
        SELECT '', CAST(q.id AS text), q.source, 'pack', q.last_error, q.attempts
        FROM \(given("$1")) JOIN des_queue AS q ON q.id = given.id
        WHERE given.fails = 1 AND q.status = \(QueueStep.fail.literal)
        ON CONFLICT (origin, row_id) DO UPDATE SET reason = excluded.reason, attempts = excluded.attempts
        """
    }

    /// SQLite would rather go through all rows of the container, for each of those that are given.
    private var byIDAlone: String { self == .sqlite ? "NOT INDEXED" : "" }

    private func given(_ json: String) -> String {
        switch self {
        case .postgres:
            "jsonb_to_recordset(\(json)::jsonb) AS given(id bigint, size bigint, reason text, pause bigint, fails bigint)"
        case .sqlite:
            """
            (SELECT value ->> 'id' AS id, value ->> 'size' AS size, value ->> 'reason' AS reason, value ->> 'pause' AS pause,
                value ->> 'fails' AS fails FROM json_each(\(json))) AS given
            """
        }
    }
}

extension UnpackedRow {
    /// An array of objects: `id`, and what of `size`, `reason`, `pause` (milliseconds) and `fails` (1) applies.
    static func json(_ rows: [UnpackedRow]) -> String {
        JSON.array(
            rows.map { row in
                var members = [JSON.Member("id", .integer(row.rowID))]
                switch row.fate {
                case .waits(let size): if let size { members.append(JSON.Member("size", .integer(size))) }
                case .repeated(let reason, let pause):
                    members.append(JSON.Member("reason", .string(reason)))
                    members.append(JSON.Member("pause", .integer(pause.milliseconds)))
                case .failed(let reason):
                    members.append(JSON.Member("reason", .string(reason)))
                    members.append(JSON.Member("fails", .integer(1)))
                }
                return .object(members)
            }
        ).text
    }
}
