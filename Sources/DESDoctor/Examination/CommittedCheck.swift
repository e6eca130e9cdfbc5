import DESCatalog
import DESCore
import DESStore

/// Compares a committed container with its object and its files. Nothing is changed.
struct CommittedCheck: Sendable {
    typealias Finding = RepairPlan.Finding

    let deployment: Deployment
    /// Whether every body is read as well.
    let readsData: Bool

    /// - Parameters:
    ///   - listed: whether the listing had it.
    ///   - rowCount: files that say that they are in it; `nil` if the day was detached.
    func examine(_ record: ContainerRecord, listed: Bool, rowCount: Int?) async throws -> [Finding] {
        let findings = try await findings(record, listed: listed, rowCount: rowCount)
        // Whoever has taken it out meanwhile has also taken its files and its object.
        guard !findings.isEmpty, try await deployment.catalog.state(of: record.id) != .committed else {
            return findings
        }
        return []
    }

    private func findings(_ record: ContainerRecord, listed: Bool, rowCount: Int?) async throws -> [Finding] {
        if !listed {
            let head = try await deployment.look { try await deployment.store.head(record.key) }
            guard case .sound = head else { return [Finding(record, head)] }
        }
        let opened = try await deployment.look {
            let source = ObjectByteSource(deployment.store, key: record.key)
            let reader = try await ContainerReader(source)
            try reader.check(is: record.id)
            if readsData { try await Verifier.check(source) }
            return (byteCount: reader.layout.byteCount, index: try await reader.index())
        }
        guard let (byteCount, index) = opened.value else { return [Finding(record, opened)] }
        var findings: [Finding] = []
        if let rowCount {
            findings += try await rowFindings(record, index, rowCount)
        }
        if record.entryCount != index.count || record.byteCount != byteCount {
            var finding = Finding(
                .wrongCounts, record,
                "the catalog says \(text(record.entryCount)) entries and \(text(record.byteCount)) bytes, it has "
                    + "\(index.count) and \(byteCount)")
            finding.step = RepairPlan.Step(correct: record, entryCount: index.count, byteCount: byteCount)
            findings.append(finding)
        }
        return findings
    }

    private func rowFindings(
        _ record: ContainerRecord, _ index: ContainerIndex, _ rowCount: Int
    ) async throws -> [Finding] {
        var rows = RowComparison()
        for batch in Array(index.indices).inBatches(of: ContainerContent.batchCount) {
            let entries = batch.map { index[$0] }
            let files = try await deployment.catalog.files(named: entries.map(\.name.string), of: record.day)
            let fileOf = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            for entry in entries { rows.add(entry, fileOf[entry.name.string], in: record.id) }
        }
        var findings: [Finding] = []
        let example = rows.example.map { ": \($0)" } ?? ""
        if rows.missingCount > 0 {
            findings.append(
                Finding(.missingRows, record, "\(rows.missingCount) of \(index.count) entries have no row\(example)"))
        }
        if rows.differingCount > 0 {
            findings.append(
                Finding(.wrongRows, record, "\(rows.differingCount) rows are not as the index says\(example)"))
        }
        if rowCount > rows.hereCount {
            findings.append(
                Finding(
                    .rowsWithoutEntry, record,
                    "\(rowCount - rows.hereCount) rows say that they are in it, and it does not have them"))
        }
        return findings
    }

    private func text(_ count: Int?) -> String { count.map { "\($0)" } ?? "no" }
}

extension RepairPlan.Finding {
    /// What is wrong with a committed container that is not sound.
    fileprivate init<Value>(_ record: ContainerRecord, _ evidence: Evidence<Value>) {
        let kind: Kind =
            switch evidence {
            case .missing: .lostObject
            case .damaged: .corrupt
            case .unknown, .sound: .unknown
            }
        self.init(kind, record, evidence.reason ?? "")
    }
}
