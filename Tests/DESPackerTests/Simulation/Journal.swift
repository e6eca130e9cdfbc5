/// What has happened, for people. It is kept only when a history is repeated.
final class Journal {
    private(set) var lines: [String] = []

    func note(_ text: String, at time: Int) {
        let milliseconds = String(time - Simulation.start)
        lines.append(String(repeating: " ", count: max(0, 7 - milliseconds.count)) + milliseconds + "  " + text)
    }
}
