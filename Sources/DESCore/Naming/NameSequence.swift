/// Decides which values come next: never one twice, in ascending time. A value type that asks nobody but the clock it is
/// given.
///
/// Values are taken from the millisecond ``moment``, of each node 256, node by node. Who wants more than it has left is
/// given values of later milliseconds, and has to wait for those: so the rate is that of the layout, whatever comes.
struct NameSequence {
    /// Values that lie side by side in one millisecond.
    struct Run {
        let moment: Int
        /// Place in the millisecond: the first node has 0 to 255, the second 256 to 511, ...
        let first: Int
        let count: Int
        fileprivate let nodes: [UInt8]

        subscript(number: Int) -> NameValue {
            let place = first + number
            return NameValue(
                milliseconds: moment, node: nodes[place / NameValue.countPerMillisecond],
                sequence: UInt8(truncatingIfNeeded: place))
        }
    }

    /// The millisecond that values are taken from. It only grows, and may lie ahead of ``time(_:)``.
    private(set) var moment = Int.min
    /// No value of this millisecond or a later one may be taken. `Int.min`: none at all.
    private(set) var ceiling = Int.min
    private var isEnded = false
    /// How often the wall clock was set back.
    private(set) var stepCount = 0

    private var taken = 0
    private var nodes: [UInt8] = []
    /// From when on each of the nodes may be used.
    private var floors: [Int] = []
    private var usableCount = 0
    private var lastWall = Int.min
    /// The latest ``time(_:)``.
    private var lastTime = Int.min
    /// While the wall clock is behind that: the steady clock and the time when it was found to be.
    private var behind: (steady: Int, time: Int)?

    var nodeCount: Int { nodes.count }

    /// Values before `ceiling` may be taken from now on, unless this has ended.
    mutating func allow(before ceiling: Int) { if !isEnded { self.ceiling = ceiling } }

    /// No value is taken any more, whatever is allowed later.
    mutating func end() { (isEnded, ceiling) = (true, Int.min) }

    /// One more node: its values before `floor` belong to who had it before.
    mutating func add(node: UInt8, floor: Int) {
        if nodes.isEmpty {
            (lastTime, moment) = (max(lastTime, floor), max(moment, floor))
            behind = nil
        }
        // Those that are in use keep their places; of the others the one that can be used first comes first.
        let place = (usableCount..<nodes.count).first { floors[$0] > floor } ?? nodes.count
        nodes.insert(node, at: place)
        floors.insert(floor, at: place)
        admitNodes()
    }

    /// Nodes take part from their floor on, and keep their places from then on.
    private mutating func admitNodes() {
        while usableCount < nodes.count, floors[usableCount] <= moment { usableCount += 1 }
    }

    /// Milliseconds since 1970, as names have them: the wall clock, and while that is behind what was the time already,
    /// three quarters of what has passed since then, so that the clock catches up.
    mutating func time(_ clock: NameClock) -> Int {
        let wall = clock.wall()
        if wall < lastWall { stepCount += 1 }
        lastWall = wall
        if wall >= lastTime {
            behind = nil
            lastTime = wall
        } else {
            let steady = clock.steady()
            let start = behind ?? (steady, lastTime)
            behind = start
            lastTime = max(lastTime, start.time + (steady - start.steady) * 3 / 4)
        }
        return lastTime
    }

    /// How many milliseconds the next value is ahead of the wall clock, as it was last seen.
    var lead: Int { max(0, max(moment, lastTime) - lastWall) }

    /// The millisecond of the last of the next `count` values.
    func moment(after count: Int, now: Int) -> Int {
        let countPerMoment = usableCount * NameValue.countPerMillisecond
        let start = max(moment, now)
        let left = start == moment ? countPerMoment - taken : countPerMoment
        return count <= left || countPerMoment == 0
            ? start : start + (count - left + countPerMoment - 1) / countPerMoment
    }

    /// Takes up to `count` values; `nil` if the ceiling is in the way. `now` is ``time(_:)``.
    mutating func take(_ count: Int, now: Int) -> Run? {
        if moment < now { advance(to: now) }
        if taken == usableCount * NameValue.countPerMillisecond { advance(to: moment + 1) }
        guard moment < ceiling, usableCount > 0 else { return nil }
        let run = Run(
            moment: moment, first: taken, count: min(count, usableCount * NameValue.countPerMillisecond - taken),
            nodes: nodes)
        taken += run.count
        return run
    }

    /// Takes one value if it needs no wait; `nil` if it does, or if the ceiling is in the way.
    mutating func takeOne(now: Int) -> (moment: Int, value: NameValue)? {
        if moment < now { advance(to: now) }
        guard moment == now, moment < ceiling, taken < usableCount * NameValue.countPerMillisecond else { return nil }
        let node = nodes[taken / NameValue.countPerMillisecond]
        let value = NameValue(milliseconds: moment, node: node, sequence: UInt8(truncatingIfNeeded: taken))
        taken += 1
        return (moment, value)
    }

    private mutating func advance(to moment: Int) {
        (self.moment, taken) = (moment, 0)
        admitNodes()
    }
}
