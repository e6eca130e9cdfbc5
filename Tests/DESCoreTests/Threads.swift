@testable import DESCore

/// A door that jobs wait at until a test opens it: for saying "while this one is still at work" without any sleep.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrivalCount = 0
    }

    private let state = Monitor(State())

    /// Blocks the calling thread until ``open()``.
    func pass() {
        state.update { $0.arrivalCount += 1 }
        state.wait { $0.isOpen ? () : nil }
    }

    func open() {
        state.update { $0.isOpen = true }
    }

    /// Blocks until `count` threads have come to ``pass()``.
    /// - Returns: `false` if they did not within five minutes, so that a test fails and does not hang.
    func waitForArrivals(_ count: Int) -> Bool {
        state.wait(seconds: 300) { $0.arrivalCount >= count ? () : nil } != nil
    }
}
