extension Dialect {
    /// Claims the rows of a shard and day that wait longest, as many as fit; the first one always does.
    ///
    /// Values: `$1` container, `$2` epoch, `$3` shard, `$4` day, `$5` rows at most, `$6` bytes at most.
    var claim: String {
        """
        WITH waiting AS MATERIALIZED (
            SELECT id, coalesce(size, 0) AS size FROM des_queue
            WHERE \(QueueStep.claim.condition) AND shard = $3 AND day = $4 AND next_attempt_at <= \(now)
            ORDER BY id LIMIT $5 \(waitingLock)
        ), sums AS MATERIALIZED (
            SELECT id, size, sum(size) OVER (ORDER BY id) AS total FROM waiting
        )
        UPDATE des_queue SET \(QueueStep.claim.assignment), container_id = $1, epoch = $2
        WHERE id IN (SELECT id FROM sums WHERE total <= $6 OR total = size)
        RETURNING id, name, source, size, meta
        """
    }
}
