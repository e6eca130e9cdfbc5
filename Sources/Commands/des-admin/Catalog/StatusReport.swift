import DESCatalog
import DESConsole
import DESCore

/// The state of a catalog, for people and for programs.
struct StatusReport {
    private let status: CatalogStatus
    private let rates: StatusRates?

    init(_ status: CatalogStatus, rates: StatusRates?) { (self.status, self.rates) = (status, rates) }

    func print(_ console: Console) throws {
        if console.isJSON {
            for count in status.counts { try console.print("count", StatusReport.members(count)) }
            try console.print("summary", summary)
        } else {
            for line in lines { try console.print(line) }
        }
    }

    // MARK: For people

    private var lines: [String] {
        var lines: [String] = []
        if status.counts.isEmpty {
            lines.append("no files")
        } else {
            var table = TextTable([("STATUS", .left), ("DAY", .left), ("ROWS", .right), ("BYTES", .right)])
            for count in status.counts {
                table.add([
                    count.status, count.day ?? "-", Amounts.count(count.count), Amounts.bytes(count.byteCount),
                ])
            }
            lines += table.lines
        }
        lines.append("")
        let ages = queueStatuses.compactMap { name in
            status.oldestAges[name].map { "\(name) \(Amounts.duration($0))" }
        }
        if !ages.isEmpty { lines.append("oldest        " + ages.joined(separator: ", ")) }
        let states = containerStates.compactMap { state in
            status.containers[state].map { "\(Amounts.count($0)) \(state)" }
        }
        lines.append("containers    " + (states.isEmpty ? "none" : states.joined(separator: ", ")))
        lines.append("dead letters  \(Amounts.count(status.deadLetterCount))")
        if let rates {
            let words = [("new", rates.new), ("marked", rates.marked), ("packed", rates.packed)].map {
                "\(Amounts.count(Int($1.rounded()))) \($0)"
            }
            lines.append("per second    " + words.joined(separator: ", "))
        }
        return lines
    }

    // MARK: For programs

    private static func members(_ count: CatalogStatus.Count) -> [JSON.Member] {
        [
            JSON.Member("status", .string(count.status)),
            JSON.Member("day", count.day.map { .string($0) } ?? .null),
            JSON.Member("rows", .integer(count.count)), JSON.Member("bytes", .integer(count.byteCount)),
        ]
    }

    private var summary: [JSON.Member] {
        func object(_ names: [String], _ value: (String) -> JSON?) -> JSON {
            .object(names.compactMap { name in value(name).map { JSON.Member(name, $0) } })
        }
        var members = [
            JSON.Member(
                "oldest_seconds",
                object(queueStatuses) { name in
                    status.oldestAges[name].map { .number(StatusReport.decimal($0 / .seconds(1))) }
                }),
            JSON.Member("containers", object(containerStates) { status.containers[$0].map { .integer($0) } }),
            JSON.Member("dead_letters", .integer(status.deadLetterCount)),
        ]
        if let rates {
            members += [
                JSON.Member("new_per_second", .number(StatusReport.decimal(rates.new))),
                JSON.Member("marked_per_second", .number(StatusReport.decimal(rates.marked))),
                JSON.Member("packed_per_second", .number(StatusReport.decimal(rates.packed))),
            ]
        }
        return members
    }

    /// With three digits behind the point.
    private static func decimal(_ value: Double) -> String {
        let thousandths = Int((value * 1_000).rounded())
        let digits = "\(thousandths % 1_000)"
        return "\(thousandths / 1_000)." + String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }

    /// In the order of a row's life.
    private var queueStatuses: [String] { QueueStatus.allCases.map(\.rawValue) }
    private var containerStates: [String] { ContainerState.allCases.map(\.rawValue) }
}
