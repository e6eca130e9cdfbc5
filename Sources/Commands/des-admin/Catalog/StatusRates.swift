import DESCatalog

/// What happened between two looks, per second.
struct StatusRates {
    /// Rows that came into the queue.
    let new: Double
    /// Rows that were given names.
    let marked: Double
    /// Rows that became files.
    let packed: Double

    init(from a: CatalogStatus, to b: CatalogStatus, in time: Duration) {
        let seconds = max(0.001, time / .seconds(1))
        // A row that has gone on counts for the steps before as well.
        func rate(_ statuses: Set<String>) -> Double {
            func count(_ status: CatalogStatus) -> Int {
                status.counts.filter { statuses.contains($0.status) }.reduce(0) { $0 + $1.count }
            }
            // Rows that were dropped have not come back out.
            return max(0, Double(count(b) - count(a)) / seconds)
        }
        new = rate(["new", "marked", "claimed", "failed", "packed"])
        marked = rate(["marked", "claimed", "packed"])
        packed = rate(["packed"])
    }
}
