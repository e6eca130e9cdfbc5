internal import DESCore

extension Dialect {
    /// What a row is in the memory of who claims it.
    private var rowByteCount: String {
        switch self {
        case .postgres: "octet_length(source) + coalesce(octet_length(meta::text), 0)"
        case .sqlite: "length(CAST(source AS BLOB)) + coalesce(length(CAST(meta AS BLOB)), 0)"
        }
    }

    /// Claims the rows of a shard and day that wait longest, as many as fit; the first one always does. Nobody else claims them
    /// meanwhile: whoever wants to waits for the row of the lease.
    ///
    /// Values: `$1` container, `$2` epoch, `$3` shard, `$4` day, `$5` rows at most, `$6` bytes at most, `$7` the smallest size
    /// and `$8` the first that is too large.
    var claim: String {
        """
        WITH waiting AS MATERIALIZED (
            SELECT id, coalesce(size, 0) AS size, \(rowByteCount) AS weight FROM des_queue
            WHERE \(QueueStep.claim.condition) AND shard = $3 AND day = $4 AND next_attempt_at <= \(now)
                AND coalesce(size, 0) >= $7 AND coalesce(size, 0) < $8
            ORDER BY shard, day, id LIMIT $5
        ), sums AS MATERIALIZED (
            SELECT id, size, weight, sum(size) OVER (ORDER BY id) AS total, sum(weight) OVER (ORDER BY id) AS weights FROM waiting
        )
        UPDATE des_queue SET \(QueueStep.claim.assignment), container_id = $1, epoch = $2
        WHERE \(QueueStep.claim.condition) AND id IN (
            SELECT id FROM sums
            WHERE (total <= $6 OR total = size) AND (weights <= \(Limits.claimedRowByteCountMax) OR weights = weight))
        RETURNING id, name, source, source_id, size, \(milliseconds("created_at")), meta, attempts
        """
    }
}
