import Glibc
import Synchronization

/// A progress line with rate and ETA, on a terminal only: it counts, and a task of its own prints ten times a second.
package final class Progress: Sendable {
    private struct State {
        var files = 0
        var bytes = 0
        var filesTotal: Int?
    }

    private let state = Mutex(State())
    private let console: Console
    private let verb: String
    private let unit: String
    private let start = ContinuousClock.now

    /// - Parameter unit: what is counted, as a plural.
    package init(_ verb: String, unit: String = "files", _ console: Console) {
        (self.verb, self.unit, self.console) = (verb, unit, console)
    }

    /// Whether anybody would see it.
    package static func isShown(_ console: Console) -> Bool {
        isatty(STDERR_FILENO) == 1 && !console.isQuiet && !console.isJSON
    }

    /// Counts finished files.
    package func add(files: Int, bytes: Int) {
        state.withLock { state in
            state.files += files
            state.bytes += bytes
        }
    }

    /// So many are finished.
    package func show(_ files: Int) { state.withLock { $0.files = files } }

    /// The number of files there will be, once it is known.
    package func expect(files: Int) { state.withLock { $0.filesTotal = files } }

    /// Runs `work` and shows the line meanwhile. `prepare` runs beside it, for totals that take time to find out.
    package func whileShown<R>(
        prepare: @escaping @Sendable () async -> Void = {}, _ work: () async throws -> R
    ) async rethrows -> R {
        guard Progress.isShown(console) else { return try await work() }
        let ticker = Task {
            while !Task.isCancelled {
                console.progress(line())
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
        let preparation = Task { await prepare() }
        defer {
            preparation.cancel()
            ticker.cancel()
            console.progress(nil)
        }
        return try await work()
    }

    private func line() -> String {
        let state = state.withLock { $0 }
        let elapsed = ContinuousClock.now - start
        let seconds = Swift.max(
            0.001, Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
        let rate = Double(state.files) / seconds
        var line = "\(verb) \(Amounts.count(state.files))"
        if let total = state.filesTotal { line += " of \(Amounts.count(total))" }
        line +=
            " \(unit), \(Amounts.bytes(state.bytes)), \(Amounts.count(Int(rate))) \(unit)/s, "
            + "\(Amounts.bytes(Int(Double(state.bytes) / seconds)))/s"
        if let total = state.filesTotal, total > state.files, rate > 0 {
            line += ", \(Amounts.duration(.seconds(Double(total - state.files) / rate))) left"
        }
        return line
    }
}
