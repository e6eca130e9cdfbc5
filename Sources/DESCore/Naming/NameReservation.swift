/// Names that were reserved together, in the order in which they were made.
public struct NameReservation: Sendable, RandomAccessCollection {
    /// What they begin with.
    public let prefix: NamePrefix
    /// The day that all of them bear; `nil`: each that of its making.
    private let day: CalendarDay?
    private var runs: [NameSequence.Run] = []
    /// Where each run begins.
    private var starts: [Int] = []
    /// From 0 to here.
    public private(set) var endIndex = 0

    init(prefix: NamePrefix, day: CalendarDay? = nil) { (self.prefix, self.day) = (prefix, day) }

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
        let run = runs[low]
        return DESName(prefix: prefix, day: day ?? run.day, value: run[position - starts[low]])
    }

    /// Calls `body` with each name as text and its day: faster than one after the other.
    public func forEachText(_ body: (_ text: String, _ day: CalendarDay) throws -> Void) rethrows {
        var writer = NameWriter(prefix: prefix)
        for run in runs {
            let day = day ?? run.day
            for number in 0..<run.count { try body(writer.text(day, run[number]), day) }
        }
    }
}

extension NameSequence.Run {
    var day: CalendarDay { CalendarDay(ofName: moment) }
}
