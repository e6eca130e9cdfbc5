import TestServers

/// What goes wrong in a history, and how often: each history has a mixture of its own, as faults that are rare together are
/// met only where the others are rare.
struct Faults: Sendable {
    /// Of a hundred calls.
    var refused = 0
    var lost = 0
    var undone = 0
    var late = 0
    var unanswered = 0
    /// A put goes twice, and one of them arrives late.
    var twice = 0
    /// Of a thousand answers and times that a process is given.
    var crash = 0
    var freeze = 0
    var stop = 0
    /// Of a hundred rows.
    var missing = 0
    var changed = 0
    var outage = 0
    var rowRefused = 0
    /// Of a hundred calls, so many begin a time in which most fail: what two faults do together is seen there.
    var burst = 0
    private var isBurst = false

    init(using generator: inout SeededGenerator) {
        func some(_ most: Int) -> Int {
            Bool.random(using: &generator) ? 0 : Int.random(in: 1...most, using: &generator)
        }
        (refused, lost, undone) = (some(8), some(8), some(10))
        (late, unanswered, twice) = (some(20), some(15), some(30))
        (crash, freeze, stop) = (some(40), some(40), some(15))
        (missing, changed, outage) = (some(30), some(20), some(30))
        (burst, rowRefused) = (some(6), some(20))
    }

    /// None.
    init() {}

    mutating func course(using generator: inout SeededGenerator) -> CallCourse {
        if isBurst { isBurst = Int.random(in: 0..<6, using: &generator) > 0 }
        if Int.random(in: 0..<100, using: &generator) < burst { isBurst = true }
        if isBurst { return CallCourse.allCases.randomElement(using: &generator) ?? .lost }
        var number = Int.random(in: 0..<100, using: &generator)
        for (share, course) in [
            (refused, CallCourse.refused), (lost, .lost), (undone, .undone), (late, .late), (unanswered, .unanswered),
        ] {
            if number < share { return course }
            number -= share
        }
        return .well
    }
}
