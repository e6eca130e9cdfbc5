internal import DESCore

extension SQLCatalog {
    func expired(after age: Duration) async throws -> [ExpiredDay] {
        let now = try await identity().now
        let limit = now - age.milliseconds
        var expired: [ExpiredDay] = []
        // A day is as old as its last name.
        for day in try await days() where day.milliseconds.upperBound <= limit {
            let record = try await pool.run { session in
                ExpiredDay(
                    day: day, fileCount: try count("des_files WHERE day = $1", day, session),
                    containers: try containers("day = $1", [.text(day.description)], session),
                    queuedCount: try count("des_queue WHERE day = $1", day, session))
            }
            expired.append(record)
        }
        return expired
    }

    private func count(_ what: String, _ day: CalendarDay, _ session: any SQLSession) throws -> Int {
        try session.run("SELECT count(*) FROM \(what)", [.text(day.description)]).first ?? 0
    }

    func retire(_ day: CalendarDay, _ containers: [ContainerID]) async throws {
        try await pool.transaction { [dialect] session in
            // Whoever commits to this day has rows of it in the queue until then, and afterwards a container that is not among
            // these: one of the two is seen here.
            guard try count("des_queue WHERE day = $1", day, session) == 0 else {
                throw RepairRefused("rows of that day are in the queue")
            }
            let known = Set(containers)
            for record in try self.containers("day = $1", [.text(day.description)], session) {
                switch record.state {
                case .abandoned: continue
                case .committed where known.contains(record.id): continue
                case .committed: throw RepairRefused("the container \(record.id) was committed since")
                case .writing, .uploaded: throw RepairRefused("the container \(record.id) is being written")
                }
            }
            try session.run("DELETE FROM des_files WHERE day = $1", [.text(day.description)])
            try session.run(
                """
                UPDATE des_containers SET state = 'abandoned', changed_at = \(dialect.now)
                WHERE day = $1 AND state = 'committed'
                """, [.text(day.description)])
        }
    }

    func forget(_ container: ContainerID) async throws {
        try await pool.run { session in
            _ = try session.run(
                "DELETE FROM des_containers WHERE id = $1 AND state = 'abandoned'", [.text(container.description)])
        }
    }
}
