import DESCatalog
import DESCore
import DESStore
import Synchronization

/// Adds files all the time: their objects to the sources, and then their rows to the queue, until both were acknowledged.
final class TortureProducer: Sendable {
    private let deployment: Deployment
    private let seed: UInt64
    private let acknowledged = Mutex<[TortureFile]>([])

    private static let batchCount = 40
    private static let pause = Duration.milliseconds(500)
    /// No server is away for so long.
    private static let patience = Duration.seconds(60)

    init(_ deployment: Deployment, seed: UInt64) { (self.deployment, self.seed) = (deployment, seed) }

    /// The files whose rows are in the catalog for good.
    var files: [TortureFile] { acknowledged.withLock { $0 } }
    var count: Int { acknowledged.withLock { $0.count } }

    /// Adds files for so long.
    func run(for duration: Duration) async throws {
        let end = ContinuousClock.now + duration
        var next = 0
        while ContinuousClock.now < end {
            let files = (next..<next + TortureProducer.batchCount).map { TortureFile($0, seed: seed) }
            try await put(files)
            try await enqueue(files)
            acknowledged.withLock { $0 += files }
            next += files.count
            try await Task.sleep(for: TortureProducer.pause)
        }
    }

    private func put(_ files: [TortureFile]) async throws {
        var rest = files.filter { $0.kind != .missing }[...]
        try await inOrder(width: 8) {
            rest.popFirst()
        } produce: { [deployment] file in
            try await deployment.sources.put(file.key, file.body, .overwrite)
        } consume: { _ in
        }
    }

    /// What is queued or packed already is not queued again, so it is asked until there is an answer.
    private func enqueue(_ files: [TortureFile]) async throws {
        let rows = files.map { $0.row(deployment.sourcePrefix) }
        let end = ContinuousClock.now + TortureProducer.patience
        while true {
            do {
                _ = try await deployment.catalog.enqueue(
                    rows, from: "producer", ImportProgress(position: "\(files[0].number)", rowCount: rows.count))
                return
            } catch let error as DatabaseError where error.kind != .setup && error.kind != .row {
                guard ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
