import DESCatalog
import DESCore
import TestServers

@testable import DESPacker

/// A world of packers, catalog, store, clocks and faults. One seed makes one history, and the same one each time.
struct Simulation {
    /// What a rule was broken by.
    struct Violation: Error {
        let text: String
    }

    struct Host {
        var packer: SimulatedPacker?
        var life: Life
        /// Nothing reaches it before: it is suspended, or its machine is.
        var frozenUntil = 0
        var clockOffset = 0
    }

    /// 2026-01-31, a minute before its end.
    static let start = 1_769_903_940_000

    let breakage: Breakage
    let journal: Journal?
    var generator: SeededGenerator
    var now = Simulation.start
    var agenda = Agenda()
    var faults: Faults
    var catalog: SimulatedCatalog
    var store: SimulatedStore
    var sources = SimulatedSources()
    var hosts: [Host] = []
    var settings = SimulatedPacker.Settings()
    var checker: Checker
    var coverage = Coverage()
    /// Which call holds the lease of a shard, and which wait for it.
    var locks: [ShardID: Int] = [:]
    var lockQueue: [ShardID: [Call]] = [:]
    var callCount = 0
    private(set) var stepCount = 0
    private var isCalm = false
    private let rowCount: Int
    private var quietStepCount = 0
    let bits: ShardBits
    var names: [DESName] = []
    /// Containers that the doctor wanted to be given up.
    var givenUpByDoctor: Set<Int> = []

    /// Faults end after so many steps.
    private let stormStepCount: Int
    /// By then everything has to be packed.
    private static let calmStepCountMax = 4_000
    /// For what is still on its way when all is packed: it must change nothing.
    private static let quietStepCountMax = 40

    init(seed: UInt64, breakage: Breakage = [], journal: Journal? = nil) throws {
        (self.breakage, self.journal) = (breakage, journal)
        generator = SeededGenerator(seed: seed)
        faults = Faults(using: &generator)
        catalog = SimulatedCatalog(breakage: breakage)
        store = SimulatedStore(breakage: breakage)
        bits = try ShardBits(Int.random(in: 1...2, using: &generator))
        checker = Checker(bits: bits)
        stormStepCount = Int.random(in: 60...250, using: &generator)
        settings.breakage = breakage
        settings.shardsMax = Int.random(in: 1...3, using: &generator)
        settings.isOnce = Int.random(in: 0..<4, using: &generator) == 0
        settings.policy.isFlushing = settings.isOnce
        settings.policy.countMax = Int.random(in: 2...5, using: &generator)
        settings.policy.byteCountMax = 100
        settings.policy.largeByteCountMin = 60
        settings.policy.idleMax = .seconds(3)
        settings.policy.ageMax = .seconds(Int.random(in: 4...20, using: &generator))
        for host in 0..<Int.random(in: 1...3, using: &generator) {
            hosts.append(Host(life: Life(host: host, number: 0)))
            agenda.add(.start(host: host), at: now + Int.random(in: 0...3_000, using: &generator))
        }
        rowCount = Int.random(in: 4...14, using: &generator)
        for row in 1...rowCount {
            agenda.add(.produce(row), at: now + Int.random(in: 0...70_000, using: &generator) / (row < 5 ? 20 : 1))
        }
        agenda.add(.doctor, at: now + Int.random(in: 0...20_000, using: &generator))
    }

    /// Runs the history to its end.
    mutating func run() throws {
        while let (time, item) = agenda.next() {
            stepCount += 1
            if !isCalm, stepCount > stormStepCount { calm() }
            now = max(now, time)
            happen(item)
            try checker.check(self)
            quietStepCount = isCalm && isQuiet ? quietStepCount + 1 : 0
            if quietStepCount > Simulation.quietStepCountMax { break }
            if stepCount > stormStepCount + Simulation.calmStepCountMax {
                throw Violation(text: "not all is packed \(Simulation.calmStepCountMax) steps after the last fault")
            }
        }
        try checker.checkEnd(self)
    }

    /// No more faults: what is down comes back, and what was cut off is done or undone soon.
    private mutating func calm() {
        isCalm = true
        faults = Faults()
        sources.mend()
        journal?.note("no more faults", at: now)
        for host in hosts.indices {
            hosts[host].frozenUntil = min(hosts[host].frozenUntil, now + 2 * settings.timeToLive)
        }
    }

    /// All rows have come, and are where they stay.
    private var isQuiet: Bool {
        rowCount == checker.producedCount && catalog.queue.allSatisfy { $0.status == .failed }
            && catalog.containers.values.allSatisfy { !$0.isOpen }
    }

    mutating func chance(_ count: Int, of all: Int) -> Bool {
        count > 0 && Int.random(in: 0..<all, using: &generator) < count
    }

    private mutating func happen(_ item: Agenda.Item) {
        switch item {
        case .arrival(let call): arrive(call)
        case .effect(let call): take(call)
        case .delivery(let life, let waiting, let reply): deliver(life, waiting, reply)
        case .start(let host): start(host)
        case .produce(let row): produce(row)
        case .mark(let row): mark(row)
        case .doctor: doctor()
        }
    }
}
