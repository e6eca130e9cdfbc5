import DESCore

@testable import DESCatalog

/// What the queue, the containers and the leases should be: plain dictionaries, against which both databases are held.
struct QueueModel {
    struct Row: Equatable {
        var status: QueueStatus
        var name: String?
        var shard: Int?
        var container: String?
    }

    struct Container: Equatable {
        var state: ContainerState
        var epoch: Int
        var shard: Int
    }

    struct Lease {
        var epoch: Int
        /// Nobody else gets it.
        var isHeld: Bool
    }

    /// By source; those that are packed are `files`.
    var rows: [String: Row] = [:]
    var files: [String: String] = [:]
    var containers: [String: Container] = [:]
    var leases: [Int: Lease] = [:]

    func isCurrent(_ lease: ShardLease) -> Bool { leases[lease.shard.number]?.epoch == lease.epoch }

    /// How many of these would be new.
    mutating func enqueue(_ sources: [String]) -> Int {
        var count = 0
        for source in sources where rows[source] == nil && files[source] == nil {
            rows[source] = Row(status: .new)
            count += 1
        }
        return count
    }

    /// The open containers of a shard that were begun before `epoch` are given up.
    mutating func giveBack(shard: Int, before epoch: Int) {
        for (id, container) in containers
        where container.shard == shard && container.epoch < epoch && [.writing, .uploaded].contains(container.state) {
            giveUp(id)
        }
    }

    mutating func giveUp(_ id: String) {
        containers[id]?.state = .abandoned
        for (source, row) in rows where row.container == id {
            rows[source]?.status = .marked
            rows[source]?.container = nil
        }
    }

    /// Rows leave their claim: those that failed for good, and those that wait again.
    mutating func setAside(_ names: [String?], failed: Bool) {
        for (source, row) in rows where names.contains(row.name) {
            rows[source]?.status = failed ? .failed : .marked
            rows[source]?.container = nil
        }
    }

    mutating func commit(_ id: String) {
        containers[id]?.state = .committed
        for (source, row) in rows where row.container == id {
            files[source] = row.name
            rows[source] = nil
        }
    }
}

extension TestCatalog {
    /// What is there, as a model.
    func model() async throws -> QueueModel {
        var model = QueueModel()
        for row in try await run("SELECT source, status, name, shard, container_id FROM des_queue") {
            model.rows[row[0] ?? ""] = QueueModel.Row(
                status: row[1].flatMap(QueueStatus.init) ?? .failed, name: row[2], shard: row[3].flatMap { Int($0) },
                container: row[4])
        }
        for row in try await run("SELECT source, name FROM des_files") { model.files[row[0] ?? ""] = row[1] }
        for row in try await run("SELECT id, state, epoch, shard FROM des_containers") {
            model.containers[row[0] ?? ""] = QueueModel.Container(
                state: row[1].flatMap(ContainerState.init) ?? .writing, epoch: Int(row[2] ?? "") ?? 0,
                shard: Int(row[3] ?? "") ?? 0)
        }
        return model
    }
}
