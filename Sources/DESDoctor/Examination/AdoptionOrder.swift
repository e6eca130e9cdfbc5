import DESCatalog
import DESCore

/// Several attempts may have the same rows, which only one of them can take: the one whose epoch is the highest, as readers
/// without a catalog prefer it.
enum AdoptionOrder {
    static func findings(_ seen: [Uncommitted]) -> [RepairPlan.Finding] {
        let ordered = seen.sorted { a, b in
            a.record.epoch != b.record.epoch
                ? a.record.epoch > b.record.epoch : a.record.id.description < b.record.id.description
        }
        var taken: Set<Int> = []
        return ordered.map { one in
            var finding = RepairPlan.Finding(.uncommitted, one.record, "")
            let count = one.record.entryCount ?? 0
            switch one.decision {
            case .adopt where one.entries.contains(where: { taken.contains($0.rowID) }):
                finding.detail = "another attempt with the same rows is adopted: look again after that"
            case .adopt:
                taken.formUnion(one.entries.map(\.rowID))
                finding.detail = "all \(count) rows wait: it can be committed"
                finding.step = RepairPlan.Step(.adopt, one)
            case .delete:
                finding.detail = "all \(count) entries can be read in other containers: it can be deleted"
                finding.step = RepairPlan.Step(.delete, one)
            case .keep(let reason): finding.detail = "it stays: \(reason)"
            case .unknown(let reason): (finding.kind, finding.detail) = (.unknown, reason)
            }
            return finding
        }
    }
}
