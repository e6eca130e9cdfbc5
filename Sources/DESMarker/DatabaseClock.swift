internal import DESCore
internal import Synchronization

/// The clock of the database, as it runs on between two looks at it: names have its time, whatever this machine's clock says.
final class DatabaseClock: Sendable {
    /// Milliseconds that it is ahead of the steady clock; `Int.min` before the first look.
    private let offset = Atomic<Int>(Int.min)

    /// It was found to be `milliseconds` ahead of the steady clock.
    /// - Returns: how far it is ahead of this machine's wall clock.
    func set(aheadOfSteady milliseconds: Int) -> Int {
        offset.store(milliseconds, ordering: .relaxed)
        let clock = NameClock.system
        return milliseconds + clock.steady() - clock.wall()
    }

    /// For generators of names.
    var nameClock: NameClock {
        let system = NameClock.system
        return NameClock(
            wall: { [self] in
                let offset = offset.load(ordering: .relaxed)
                return offset == Int.min ? system.wall() : system.steady() + offset
            },
            steady: system.steady)
    }
}
