/// Names that were reserved together, in the order in which they were made.
public struct NameReservation: Sendable, RandomAccessCollection {
    /// What they begin with.
    public let prefix: NamePrefix
    private var runs: [NameSequence.Run] = []
    /// Where each run begins.
    private var starts: [Int] = []
    /// From 0 to here.
    public private(set) var endIndex = 0

    init(prefix: NamePrefix) { self.prefix = prefix }

    mutating func append(_ run: NameSequence.Run) {
        runs.append(run)
        starts.append(endIndex)
        endIndex += run.count
    }

    /// Always 0.
    public var startIndex: Int { 0 }

    /// One of the names.
    public subscript(position: Int) -> DESName {
        // The last run that begins at or before it.
        var (low, high) = (0, runs.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= position { low = middle } else { high = middle - 1 }
        }
        return runs[low].name(position - starts[low], prefix)
    }

    /// Calls `body` with each name as text and its day: faster than one after the other.
    public func forEachText(_ body: (_ text: String, _ day: CalendarDay) throws -> Void) rethrows {
        var writer = NameWriter(prefix: prefix)
        for run in runs {
            let day = run.day
            for number in 0..<run.count { try body(writer.text(day, run[number]), day) }
        }
    }
}

extension NameSequence.Run {
    var day: CalendarDay { CalendarDay(ofName: moment) }

    func name(_ number: Int, _ prefix: NamePrefix) -> DESName {
        DESName(prefix: prefix, day: day, value: self[number])
    }
}

extension CalendarDay {
    /// The day of a name that is made in this millisecond. No clock is so wrong that its year has five digits.
    init(ofName moment: Int) { self = CalendarDay(milliseconds: moment) ?? .last }
}
