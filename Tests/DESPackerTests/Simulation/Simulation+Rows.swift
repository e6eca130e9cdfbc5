import DESCatalog
import DESCore

/// Rows come, and are given names.
extension Simulation {
    mutating func produce(_ row: Int) {
        let isLarge = chance(15, of: 100)
        let byteCount = Int.random(in: isLarge ? 60...150 : 0...45, using: &generator)
        let fault: SimulatedSources.Fault? =
            chance(faults.missing, of: 100)
            ? .missing
            : chance(faults.changed, of: 100) ? .changed : chance(faults.rowRefused, of: 100) ? .refused : nil
        sources.bodies[row] = SimulatedSources.Body(byteCount: byteCount, fault: fault)
        if chance(faults.outage, of: 100) {
            sources.fail(row, until: now + Int.random(in: 0...30_000, using: &generator))
        }
        if chance(faults.outage, of: 300) { sources.outageEnd = now + Int.random(in: 0...20_000, using: &generator) }
        catalog.enqueue(row, size: chance(20, of: 100) ? nil : byteCount)
        checker.produced(row)
        agenda.add(.mark(row), at: now + Int.random(in: 1...4_000, using: &generator))
        journal?.note("row \(row) of \(byteCount) bytes\(fault.map { ", \($0)" } ?? "")", at: now)
    }

    mutating func mark(_ row: Int) {
        guard let day = CalendarDay(milliseconds: now) else { return }
        let value = NameValue(milliseconds: now, node: 0, sequence: UInt8(truncatingIfNeeded: names.count))
        var name = DESName(prefix: .standard, day: day, value: value)
        if breakage.contains(.nameRepeats), names.count == 2 { name = names[1] }
        names.append(name)
        catalog.mark(row, name, bits: bits)
        journal?.note("row \(row) is \(name), shard \(name.shard(bits: bits).number)", at: now)
    }
}
