import DESCatalog
import DESCore

@testable import DESPacker

/// Where bodies come from: some are not there, some are not what their rows say, and now and then nothing can be read.
struct SimulatedSources: Sendable {
    enum Fault: Sendable {
        case missing
        case changed
        /// The body is fine, but the catalog takes no file of this row.
        case refused
    }

    struct Body: Sendable {
        let byteCount: Int
        var fault: Fault?
    }

    var bodies: [Int: Body] = [:]
    /// Rows of which nothing can be read before these times.
    private(set) var outages: [Int: Int] = [:]
    private var hadOutage: Set<Int> = []
    /// Nothing at all can be read before this time.
    var outageEnd = 0

    mutating func fail(_ row: Int, until time: Int) {
        outages[row] = time
        hadOutage.insert(row)
    }

    mutating func mend() { (outageEnd, outages) = (0, [:]) }

    /// Whether a row may have failed through its own fault.
    func isToBlame(_ row: Int) -> Bool { hadOutage.contains(row) || bodies[row]?.fault != nil }

    /// What ``ContainerBuilder`` makes of claimed rows.
    /// - Parameter stopCount: as many rows are begun before the process is told to end.
    /// - Throws: if nothing of a source could be read.
    func build(
        _ rows: [ClaimedRow], isLarge: Bool, stopCount: Int?, policy: SealPolicy, now: Int
    ) throws(SourceOutage) -> BuiltContainer {
        var result = BuildResult(policy: RowPolicy())
        var offset = 0
        for (index, row) in rows.enumerated() {
            if !isLarge,
                let reason = index >= stopCount ?? .max
                    ? SealReason.shutdown : offset >= policy.byteCountMax ? .bytes : nil
            {
                result.stopped(reason, rows[index...].map { UnpackedRow(rowID: $0.id, .waits(size: $0.size)) })
                break
            }
            let body = bodies[row.id] ?? Body(byteCount: 0, fault: .missing)
            if now < outageEnd || now < outages[row.id] ?? 0 {
                result.fault(row, DESError(.unavailable, "does not answer"))
            } else if body.fault == .missing {
                result.fault(row, DESError(.notFound, "is not there"))
            } else if body.fault == .changed {
                result.fault(row, DESError(.changed, "is another"))
            } else if !isLarge, body.byteCount >= policy.largeByteCountMin {
                result.stopped(nil, [UnpackedRow(rowID: row.id, .waits(size: body.byteCount))])
            } else {
                let place = BodyPlace(offset: offset, byteCount: body.byteCount, crc: UInt32(row.id))
                result.add(row, place, meta: [])
                offset += body.byteCount
            }
        }
        try result.checkSource()
        return result.container(nil)
    }
}
