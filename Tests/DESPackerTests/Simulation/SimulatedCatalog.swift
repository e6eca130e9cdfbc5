import DESCatalog
import DESCore

@testable import DESPacker

/// What the SQL of the catalog means, as a value: rows, containers, leases. Each method is one transaction, done or not done as
/// a whole. ``SimulatedCatalogTests`` holds it against a database.
struct SimulatedCatalog: Sendable {
    struct Row: Sendable {
        let id: Int
        var size: Int?
        var status = QueueStatus.new
        var name = ""
        var place: PackPlace?
        /// When the name was made, as it says itself.
        var nameTime = 0
        var container: Int?
        var epoch: Int?
        var attempts = 0
        var nextAttempt = 0
    }

    struct Container: Sendable {
        let key: String
        let place: PackPlace
        let epoch: Int
        var state = ContainerState.writing
    }

    struct Lease: Sendable {
        var epoch: Int
        /// `nil`: nobody has it.
        var expiry: Int?
    }

    struct File: Sendable {
        let row: Row
        let container: Int
        let entry: PackedEntry
    }

    /// A container for which rows are wanted.
    struct Order: Sendable {
        let container: Int
        let key: String
        let day: CalendarDay
        let countMax: Int
        let byteCountMax: Int
        let byteCounts: Range<Int>
    }

    let breakage: Breakage
    /// By id, ascending.
    private(set) var queue: [Row] = []
    private(set) var files: [File] = []
    /// By number, as made by the packers.
    private(set) var containers: [Int: Container] = [:]
    private(set) var leases: [ShardID: Lease] = [:]
    /// Rows that were given up.
    private(set) var letters: Set<Int> = []
    private var lastEpoch = 0
    /// Goes up with each change of what is above.
    private(set) var version = 0

    init(breakage: Breakage = []) { self.breakage = breakage }

    // MARK: Rows come, and get names

    mutating func enqueue(_ id: Int, size: Int?) {
        queue.append(Row(id: id, size: size))
        version += 1
    }

    mutating func mark(_ id: Int, _ name: DESName, bits: ShardBits) {
        guard let index = queue.firstIndex(where: { $0.id == id && $0.status == .new }) else { return }
        queue[index].status = .marked
        queue[index].name = name.description
        queue[index].place = PackPlace(shard: name.shard(bits: bits), day: name.day)
        queue[index].nameTime = name.milliseconds
        version += 1
    }

    // MARK: Leases

    mutating func nextEpoch() -> Int {
        lastEpoch += breakage.contains(.epochRepeats) && lastEpoch % 2 == 1 ? 0 : 1
        return lastEpoch
    }

    mutating func acquire(_ shard: ShardID, epoch: Int, timeToLive: Int, now: Int) -> ShardLease? {
        if let lease = leases[shard] {
            let isFree = lease.expiry.map { $0 < now || breakage.contains(.leasesNeverLast) } ?? true
            guard isFree, lease.epoch < epoch || breakage.contains(.epochRepeats) else { return nil }
        }
        leases[shard] = Lease(epoch: epoch, expiry: now + timeToLive)
        if !breakage.contains(.takeoverKeepsClaims) { giveBack(shard, before: epoch) }
        version += 1
        return ShardLease(shard: shard, epoch: epoch)
    }

    mutating func renew(_ lease: ShardLease, timeToLive: Int, now: Int) -> Bool {
        guard let held = leases[lease.shard], held.epoch == lease.epoch, held.expiry != nil else { return false }
        leases[lease.shard]?.expiry = now + timeToLive
        return true
    }

    mutating func release(_ lease: ShardLease) throws(CatalogError) {
        try lock(lease)
        if !breakage.contains(.takeoverKeepsClaims) { giveBack(lease.shard, before: lease.epoch + 1) }
        leases[lease.shard]?.expiry = nil
        version += 1
    }

    /// The epoch decides whose the shard is, not the time.
    private func lock(_ lease: ShardLease) throws(CatalogError) {
        guard !breakage.contains(.anyEpochWillDo) else { return }
        guard let held = leases[lease.shard], held.expiry != nil, held.epoch == lease.epoch else {
            throw .leaseLost
        }
    }

    private mutating func giveBack(_ shard: ShardID, before epoch: Int) {
        for (number, container) in containers
        where container.place.shard == shard && container.epoch < epoch && container.isOpen { giveUp(number) }
    }

    private mutating func giveUp(_ number: Int) {
        containers[number]?.state = .abandoned
        guard !breakage.contains(.abandonKeepsRows) else { return }
        for index in queue.indices where queue[index].status == .claimed && queue[index].container == number {
            queue[index].leaveClaim()
        }
    }

    // MARK: Containers

    mutating func claim(_ lease: ShardLease, _ order: Order, now: Int) throws(CatalogError) -> [ClaimedRow] {
        try lock(lease)
        let place = PackPlace(shard: lease.shard, day: order.day)
        var (byteCount, claimed) = (0, [ClaimedRow]())
        for index in queue.indices where claimed.count < order.countMax {
            let row = queue[index]
            let isWaiting = row.status == .marked || breakage.contains(.claimTakesClaimed) && row.status == .claimed
            guard isWaiting, row.place == place, row.nextAttempt <= now, order.byteCounts.contains(row.size ?? 0) else {
                continue
            }
            byteCount += row.size ?? 0
            guard byteCount <= order.byteCountMax || byteCount == row.size ?? 0 else { break }
            queue[index].status = .claimed
            (queue[index].container, queue[index].epoch) = (order.container, lease.epoch)
            claimed.append(ClaimedRow(id: row.id, name: row.name, source: "", size: row.size, attempts: row.attempts))
        }
        guard !claimed.isEmpty else { return [] }
        containers[order.container] = Container(key: order.key, place: place, epoch: lease.epoch)
        version += 1
        return claimed
    }

    mutating func uploaded(_ number: Int, _ lease: ShardLease) throws(CatalogError) {
        try lock(lease)
        try change(number, from: [.writing], to: .uploaded, lease)
    }

    mutating func commit(
        _ number: Int, _ entries: [PackedEntry], others: [UnpackedRow], _ lease: ShardLease, now: Int
    ) throws(CatalogError) {
        var next = self
        if !breakage.contains(.commitIgnoresEpoch) { try next.lock(lease) }
        let states: [ContainerState] =
            breakage.contains(.commitIgnoresState) ? [.writing, .uploaded, .abandoned] : [.uploaded]
        try next.change(number, from: states, to: .committed, lease)
        next.setAside(others, of: number, now: now)
        let isClaimed = { (row: Row) in
            row.status == .claimed && row.container == number && row.epoch == lease.epoch
        }
        let claimed = next.queue.filter(isClaimed)
        let packed = entries.compactMap { entry in
            claimed.first { $0.id == entry.rowID && $0.name == entry.name }
                .map { File(row: $0, container: number, entry: entry) }
        }
        guard claimed.count == entries.count && packed.count == entries.count || breakage.contains(.commitIgnoresRows)
        else { throw .rowsDiffer(claimed: claimed.count, entries: entries.count) }
        next.queue.removeAll(where: isClaimed)
        next.files += packed
        self = next
    }

    mutating func abandon(
        _ number: Int, others: [UnpackedRow], _ lease: ShardLease, now: Int
    ) throws(CatalogError) {
        try lock(lease)
        switch containers[number]?.state {
        case nil, .abandoned: return
        case .committed: guard breakage.contains(.abandonsCommitted) else { throw .leaseLost }
        case .writing, .uploaded: break
        }
        try change(number, from: ContainerState.allCases, to: .abandoned, lease)
        setAside(others, of: number, now: now)
        giveUp(number)
    }

    /// What a doctor does to a container that nobody goes on with, whoever has the shard.
    /// - Returns: whether there was anything to be done.
    mutating func abandonStale(_ number: Int) -> Bool {
        guard containers[number]?.isOpen == true else { return false }
        giveUp(number)
        version += 1
        return true
    }

    private mutating func change(
        _ number: Int, from states: [ContainerState], to state: ContainerState, _ lease: ShardLease
    ) throws(CatalogError) {
        let anyEpoch = state == .committed && breakage.contains(.commitIgnoresEpoch)
        guard let container = containers[number], container.epoch == lease.epoch || anyEpoch,
            states.contains(container.state)
        else { throw .leaseLost }
        containers[number]?.state = state
        version += 1
    }

    /// Rows that are not in the claim any more are left alone.
    private mutating func setAside(_ others: [UnpackedRow], of number: Int, now: Int) {
        for other in others {
            guard let index = queue.firstIndex(where: { $0.id == other.rowID }), queue[index].status == .claimed,
                queue[index].container == number
            else { continue }
            queue[index].leaveClaim()
            switch other.fate {
            case .waits(let size): queue[index].size = size ?? queue[index].size
            case .repeated(_, let pause):
                queue[index].attempts += 1
                queue[index].nextAttempt = now + Int(pause / .milliseconds(1))
            case .failed:
                queue[index].attempts += 1
                queue[index].status = .failed
                letters.insert(other.rowID)
            }
        }
    }

    // MARK: Survey

    func survey(_ order: SurveyOrder, now: Int) -> PackSurvey {
        var survey = PackSurvey(today: CalendarDay(milliseconds: now) ?? CalendarDay.epoch)
        survey.time = now
        func isFree(_ shard: ShardID) -> Bool { leases[shard]?.expiry.map { $0 < now } ?? true }
        let places = Set(queue.lazy.filter { $0.status == .marked }.compactMap(\.place)).sorted()
        for place in places where survey.waiting.count < order.placeCountMax {
            if let after = order.after, place <= after { continue }
            guard isFree(place.shard) else { continue }
            let rows = queue.lazy.filter { $0.status == .marked && $0.place == place && $0.nextAttempt <= now }
                .prefix(order.countMax)
            guard let first = rows.map(\.nameTime).min(), let last = rows.map(\.nameTime).max() else { continue }
            survey.waiting.append(
                PackSurvey.Waiting(
                    place: place, count: rows.count,
                    byteCount: rows.reduce(0) { $0 + (($1.size ?? 0) < order.largeByteCountMin ? $1.size ?? 0 : 0) },
                    largeCount: rows.count { ($0.size ?? 0) >= order.largeByteCountMin },
                    oldestAge: .milliseconds(max(0, now - first)), newestAge: .milliseconds(max(0, now - last))))
        }
        if survey.waiting.count >= order.placeCountMax { survey.last = survey.waiting.last?.place }
        let open = containers.values.lazy.filter(\.isOpen).map(\.place.shard)
        survey.abandonedShards = Set(open).filter(isFree).sorted()
        survey.nextExpiry = leases.values.compactMap(\.expiry).filter { $0 >= now }.min().map {
            .milliseconds($0 - now)
        }
        return survey
    }
}

extension SimulatedCatalog.Container {
    var isOpen: Bool { state == .writing || state == .uploaded }
}

extension SimulatedCatalog.Row {
    fileprivate mutating func leaveClaim() {
        status = .marked
        (container, epoch) = (nil, nil)
    }
}

extension CalendarDay {
    /// 1970-01-01
    static var epoch: CalendarDay {
        guard let day = CalendarDay(number: 0) else { preconditionFailure("the first day is a day") }
        return day
    }
}
