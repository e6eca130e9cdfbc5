/// Runs two things in turn and keeps the medians, so that both see the same machine.
enum Paired {
    static func run(
        count: Int, prepare: () throws -> Void, ours: () throws -> Double, peer: () throws -> Double
    ) throws -> (ours: Double, peer: Double) {
        var (first, second): ([Double], [Double]) = ([], [])
        for _ in 0..<count {
            try prepare()
            first.append(try ours())
            try prepare()
            second.append(try peer())
        }
        if count < 20 { note("ours \(first) peer \(second)") }
        return (median(first), median(second))
    }

    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
