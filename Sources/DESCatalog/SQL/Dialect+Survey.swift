extension Dialect {
    /// What waits in shards that nobody holds, and what was left behind: one statement, as it is asked again and again.
    ///
    /// Values: `$1` rows of a day and shard that are counted, `$2` the size of a large row, `$3` days and shards at most, and
    /// `$4`, `$5` the shard and day after which they begin. The first column says what a row is: `place` (shard, day, rows,
    /// bytes of those that are not large, large rows, the first and the last name), `left` (shard), `time` (now, and until when the first lease is held, in
    /// milliseconds). Days and shards are found by going from one to the next along the index.
    ///
    /// In SQLite the last three are `$1` to `$3`, and a place is shard and day alone: there a statement more for each costs no
    /// round trip.
    var survey: String {
        let places =
            switch self {
            case .postgres:
                """
                WITH RECURSIVE places AS (
                    (\(nextPlace(after: "$4, $5::date")))
                    UNION ALL
                    SELECT following.shard, following.day
                    FROM places, LATERAL (\(nextPlace(after: "places.shard, places.day"))) AS following
                )
                (SELECT 'place' AS kind, shard::bigint AS a, day::text, count AS b, bytes AS c, large AS d, first, last
                FROM places, LATERAL (\(waiting(shard: "places.shard", day: "places.day"))) AS sums
                WHERE \(isFree("places.shard")) AND sums.count > 0 LIMIT $3)
                """
            case .sqlite:
                """
                WITH RECURSIVE places(shard, day) AS (
                    SELECT * FROM (\(nextPlace(after: "$2, $3")))
                    UNION ALL
                    SELECT (\(nextPlace("shard", after: "places.shard, places.day"))),
                        (\(nextPlace("day", after: "places.shard, places.day")))
                    FROM places WHERE places.shard IS NOT NULL
                )
                SELECT * FROM (
                    SELECT 'place' AS kind, shard AS a, day, 0 AS b, 0 AS c, 0 AS d, '' AS first, '' AS last
                    FROM places WHERE shard IS NOT NULL AND \(isFree("places.shard")) LIMIT $1)
                """
            }
        return """
            \(places)
            UNION ALL
            SELECT DISTINCT 'left', shard, NULL, 0, 0, 0, NULL, NULL FROM des_containers
            WHERE state IN ('writing', 'uploaded') AND \(isFree("des_containers.shard"))
            UNION ALL
            SELECT 'time', \(milliseconds(now)), NULL, (
                SELECT \(milliseconds("min(expires_at)")) FROM des_shard_leases WHERE expires_at >= \(now)
            ), 0, 0, NULL, NULL
            """
    }

    /// The rows of one place, at most `$1`. Names of a day begin with the time at which they were made.
    func waiting(shard: String, day: String) -> String {
        let (type, order) = self == .postgres ? ("bigint", "COLLATE \"C\"") : ("INTEGER", "")
        return """
            SELECT count(*) AS count, CAST(coalesce(sum(CASE WHEN size >= $2 THEN 0 ELSE size END), 0) AS \(type)) AS bytes,
                coalesce(sum(CASE WHEN size >= $2 THEN 1 ELSE 0 END), 0) AS large,
                min(name \(order)) AS first, max(name \(order)) AS last
            FROM (
                SELECT size, name FROM des_queue
                WHERE \(QueueStep.claim.condition) AND shard = \(shard) AND day = \(day) AND next_attempt_at <= \(now)
                ORDER BY shard, day, id LIMIT $1) AS waiting
            """
    }

    private func nextPlace(_ columns: String = "shard, day", after place: String) -> String {
        """
        SELECT \(columns) FROM des_queue WHERE \(QueueStep.claim.condition) AND (shard, day) > (\(place))
        ORDER BY shard, day LIMIT 1
        """
    }

    private func isFree(_ shard: String) -> String {
        "NOT EXISTS (SELECT 1 FROM des_shard_leases AS l WHERE l.shard = \(shard) AND l.expires_at >= \(now))"
    }
}
