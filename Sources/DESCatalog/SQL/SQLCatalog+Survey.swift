internal import DESCore

extension SQLCatalog {
    func survey(_ order: SurveyOrder) async throws -> PackSurvey {
        try await pool.run { [dialect] session in
            let bounds: [SQLValue] = [.integer(order.countMax), .integer(order.largeByteCountMin)]
            let window: [SQLValue] = [
                .integer(order.placeCountMax), .integer(order.after?.shard.number ?? -1),
                .text(order.after?.day.description ?? "0001-01-01"),
            ]
            let rows = try session.run(dialect.survey, dialect == .postgres ? bounds + window : window)
            let all = 0..<rows.count
            guard let time = all.first(where: { rows.text($0, 0) == "time" }), let now = rows.integer(time, 1),
                let today = CalendarDay(milliseconds: now)
            else { throw DatabaseError(.setup, "the database does not say what time it is") }
            var survey = PackSurvey(today: today)
            survey.time = now
            survey.nextExpiry = rows.integer(time, 3).map { .milliseconds(max(0, $0 - now)) }
            var places: [PackPlace] = []
            for row in all where row != time {
                guard let shard = rows.integer(row, 1).flatMap(ShardID.init) else { continue }
                guard let day = rows.text(row, 2).flatMap({ CalendarDay($0) }) else {
                    survey.abandonedShards.append(shard)
                    continue
                }
                let place = PackPlace(shard: shard, day: day)
                places.append(place)
                switch dialect {
                case .postgres: survey.waiting.append(waiting(place, rows, row, from: 3, now))
                case .sqlite:
                    let values = bounds + [.integer(shard.number), .text(day.description)]
                    let sums = try session.run(dialect.waiting(shard: "$3", day: "$4"), values)
                    if sums.integer(0, 0) ?? 0 > 0 { survey.waiting.append(waiting(place, sums, 0, from: 0, now)) }
                }
            }
            survey.waiting.sort { $0.place < $1.place }
            if places.count >= order.placeCountMax { survey.last = places.max() }
            return survey
        }
    }

    private func waiting(
        _ place: PackPlace, _ rows: any SQLRows, _ row: Int, from column: Int, _ now: Int
    ) -> PackSurvey.Waiting {
        // A name that is none of ours is as old as can be: it is packed at once.
        func time(_ name: String?) -> Int { (try? DESName(name ?? ""))?.milliseconds ?? 0 }
        func age(_ time: Int) -> Duration { .milliseconds(max(0, now - time)) }
        let (first, last) = (time(rows.text(row, column + 3)), time(rows.text(row, column + 4)))
        var waiting = PackSurvey.Waiting(
            place: place, count: rows.integer(row, column) ?? 0, byteCount: rows.integer(row, column + 1) ?? 0,
            largeCount: rows.integer(row, column + 2) ?? 0, oldestAge: age(first), newestAge: age(last))
        waiting.newestTime = last
        return waiting
    }
}
