import Glibc

/// The rows of docs/benchmarks.md.
struct Table {
    private var lines: [String] = []
    private var commands: [String] = []
    /// What is missed, and why.
    private var misses: [String] = []

    /// A rate against a peer's rate.
    mutating func ratio(
        _ what: String, ours: Double, peer: Double, unit: String, target: Target, command: String
    ) {
        add(
            what, "\(short(ours)) \(unit)", "\(short(peer)) \(unit)", short(ours / peer) + "x", target,
            reached: ours / peer, command)
    }

    /// The time of a process against a peer's; either how many times as long, or how many times faster.
    mutating func process(
        _ what: String, ours: Double, peer: Double, target: Target, command: String, isFactorOfPeer: Bool
    ) {
        let ratio = isFactorOfPeer ? ours / peer : peer / ours
        add(
            what, "\(short(ours * 1_000)) ms", "\(short(peer * 1_000)) ms",
            short(ratio) + (isFactorOfPeer ? "x its time" : "x faster"), target, reached: ratio, command)
    }

    /// A figure without a peer.
    mutating func value(_ what: String, _ value: Double, unit: String, target: Target) {
        add(what, "\(short(value)) \(unit)", "", "", target, reached: value, nil)
    }

    private mutating func add(
        _ what: String, _ ours: String, _ peer: String, _ ratio: String, _ target: Target, reached: Double,
        _ command: String?
    ) {
        let isMet = target.isMet(by: reached)
        let line = "| \(what) | \(ours) | \(peer) | \(ratio) | \(target.text) | \(isMet ? "met" : "**missed**") |"
        if !isMet { misses.append("* \(what): \(target.limit ?? "the reason is not known yet.")") }
        note(line)
        lines.append(line)
        if let command { commands.append("* \(what): `\(command)`") }
    }

    /// The whole page.
    func markdown(machine: String) -> Page {
        Page(
            text: """
                # Benchmarks

                Written by `make bench`; no figure of the table is typed by hand. Ours and the peer run in turn on the same data in
                the same run, with a warm page cache; the figures are medians (of 3 to 7 runs; of 201 for `cat`, of 300 for
                cold gets).

                Machine: \(machine)

                | what | ours | peer | ratio | target | result |
                |---|---|---|---|---|---|
                \(lines.joined(separator: "\n"))

                \(reasons)

                The peers' commands:

                \(commands.joined(separator: "\n"))

                """)
    }

    private var reasons: String {
        misses.isEmpty
            ? "Every target is met." : "Targets that are missed, and why:\n\n" + misses.joined(separator: "\n")
    }

    /// Three significant digits, thousands separated by commas.
    private func short(_ value: Double) -> String {
        guard value.isFinite, value > 0 else { return "\(value)" }
        if value >= 1_000 {
            var digits = String(Int(value.rounded()))
            var text = ""
            while digits.count > 3 {
                text = "," + digits.suffix(3) + text
                digits.removeLast(3)
            }
            return digits + text
        }
        let decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 4
        let scale = pow(10, Double(decimals))
        let scaled = Int((value * scale).rounded())
        if decimals == 0 { return String(scaled) }
        let fraction = String(scaled % Int(scale))
        return "\(scaled / Int(scale))." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}

/// Text that goes to a file.
struct Page {
    var text: String

    func write(to path: String) throws {
        guard let file = fopen(path, "w") else { throw Command.Failure(line: "open \(path)") }
        fputs(text, file)
        fclose(file)
    }
}
