import TestServers

/// What happens to a deployment, and when: a value that follows from a seed, so that a run can be looked at again.
///
/// Each thing that faults befall has a sequence of its own, in which it is well and unwell in turn; so any of them may be unwell
/// at the same time. At the end all are well.
struct TorturePlan: Sendable {
    /// One step, on a process by its number, on a server, or on a proxy.
    enum Act: Sendable, Hashable {
        case kill(Int)
        case start(Int)
        case stop(Int)
        case resume(Int)
        /// Of the process whose clock is set while it runs: how far it is ahead.
        case setClock(seconds: Int)
        case killGateway
        case startGateway
        /// The server ends as in a crash, and is started again.
        case crashDatabase
        /// Some connection ends when so many more messages have passed.
        case cutDatabase(afterMessages: Int)
        /// All connections end, and none can be made.
        case refuseDatabase
        case acceptDatabase
        case troubleStore(StoreTrouble)
        case healStore
    }

    struct Event: Sendable {
        /// After the beginning.
        var at: Duration
        var act: Act
    }

    /// In their order.
    let events: [Event]

    /// A plan for processes numbered from 0.
    init(seed: UInt64, seconds: Double, processCount: Int) {
        var lanes = (0..<processCount).map { number in
            Lane(seed: seed, number: number) { generator in
                Bool.random(using: &generator)
                    ? Spell(1.5...6, .kill(number), 0.2...2, .start(number))
                    // Longer than the lease lasts; and shorter, which must not matter either.
                    : Spell(1.5...6, .stop(number), 0.2...6, .resume(number))
            }
        }
        lanes += [
            Lane(seed: seed, number: 100) { _ in Spell(7...14, .killGateway, 0.2...3, .startGateway) },
            Lane(seed: seed, number: 101) { _ in Spell(7...14, .crashDatabase) },
            Lane(seed: seed, number: 102) {
                Spell(0.5...2, .cutDatabase(afterMessages: .random(in: 1...80, using: &$0)))
            },
            Lane(seed: seed, number: 103) { _ in Spell(12...24, .refuseDatabase, 0.2...4, .acceptDatabase) },
            Lane(seed: seed, number: 104) {
                Spell(0.5...3, .troubleStore(StoreTrouble(using: &$0)), 0.5...4, .healStore)
            },
            // An hour: the store refuses who is so late. Fourteen minutes: it does not.
            Lane(seed: seed, number: 105) { _ in
                Spell(1...4, .setClock(seconds: 3_600), 1...4, .setClock(seconds: 840))
            },
        ]
        events = lanes.flatMap { $0.events(until: seconds) }.sorted { $0.at < $1.at }
    }
}

/// Something that is well for a while, then not, and well again.
private struct Spell {
    var wellSeconds: ClosedRange<Double>
    var fault: TorturePlan.Act
    var illSeconds: ClosedRange<Double> = 0...0
    /// Mends it; `nil` for what is over at once.
    var mend: TorturePlan.Act?

    init(_ wellSeconds: ClosedRange<Double>, _ fault: TorturePlan.Act) {
        (self.wellSeconds, self.fault) = (wellSeconds, fault)
    }

    init(
        _ wellSeconds: ClosedRange<Double>, _ fault: TorturePlan.Act, _ illSeconds: ClosedRange<Double>,
        _ mend: TorturePlan.Act
    ) {
        (self.wellSeconds, self.fault, self.illSeconds, self.mend) = (wellSeconds, fault, illSeconds, mend)
    }
}

/// The spells of one thing.
private struct Lane {
    private var generator: SeededGenerator
    private let next: (inout SeededGenerator) -> Spell

    init(seed: UInt64, number: Int, next: @escaping (inout SeededGenerator) -> Spell) {
        // Far apart, so that no sequence is a piece of another.
        generator = SeededGenerator(seed: seed &+ UInt64(number) << 40)
        self.next = next
    }

    func events(until end: Double) -> [TorturePlan.Event] {
        var (generator, time, events) = (generator, 0.0, [TorturePlan.Event]())
        while true {
            let spell = next(&generator)
            time += .random(in: spell.wellSeconds, using: &generator)
            guard time < end else { return events }
            events.append(TorturePlan.Event(at: .seconds(time), act: spell.fault))
            guard let mend = spell.mend else { continue }
            time = min(time + .random(in: spell.illSeconds, using: &generator), end)
            events.append(TorturePlan.Event(at: .seconds(time), act: mend))
        }
    }
}

/// What happens to some requests to the store. Nothing that is a lie: answers are late, cut off, lost or refused.
struct StoreTrouble: Sendable, Hashable {
    enum Kind: Sendable, Hashable, CaseIterable {
        case reset, close, loseAnswer, cutBody, slowDown, internalError, late, veryLate
    }

    let kind: Kind
    /// One request of so many.
    let period: Int

    init(using generator: inout some RandomNumberGenerator) {
        kind = Kind.allCases.randomElement(using: &generator) ?? .reset
        period = .random(in: 2...12, using: &generator)
    }

    func fault(_ request: FaultProxy.Request) -> Fault? {
        guard request.ordinal % period == 0 else { return nil }
        switch kind {
        case .reset: return .cut(.reset)
        case .close: return .cut(.close)
        case .loseAnswer: return .loseAnswer
        case .cutBody: return .cutBody(after: 10)
        case .slowDown: return .slowDown()
        case .internalError: return .answer(status: 500, code: "InternalError")
        case .late: return .delay(.milliseconds(200))
        // Later than a lease that nobody renews.
        case .veryLate: return .delay(.seconds(3))
        }
    }
}
