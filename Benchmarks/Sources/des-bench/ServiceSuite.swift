import DESCore
import Glibc
import TestServers

/// Measurements of the generator of names, and of des-assign against a bare server on the same library.
struct ServiceSuite {
    let assign: String
    let directory: String
    private let itself = Machine.pathOfThisProgram

    /// Runs all parts; the table is written after each. `des-assign` is beside `des`.
    static func run(des: String, writingTo path: String) async throws {
        let disk = try WorkDirectory(parent: Machine.environment("TMPDIR") ?? "/tmp")
        defer { disk.remove() }
        let assign = (des.split(separator: "/").dropLast() + ["des-assign"]).reduce("") { $0 + "/" + $1 }
        try await ServiceSuite(assign: assign, directory: disk.path).run(writingTo: path)
    }

    private init(assign: String, directory: String) { (self.assign, self.directory) = (assign, directory) }

    private func run(writingTo path: String) async throws {
        var table = Table()
        let machine = try Machine.description(of: directory)
        try generator(&table)
        try table.markdown(machine: machine).write(to: path)
        try await service(&table)
        try table.markdown(machine: machine).write(to: path)
    }

    // MARK: The generator

    private func generator(_ table: inout Table) throws {
        let times = try (0..<5).map { _ in try loop("names") }
        table.value(
            "a value of the generator, one thread, clock of the test", Paired.median(times.map { $0[0] }), unit: "ns",
            target: .under(50, " ns"))
        table.value(
            "a finished name, one by one", Paired.median(times.map { $0[1] }), unit: "ns", target: .under(150, " ns"))
        table.value(
            "a finished name, reserved by the thousand", Paired.median(times.map { $0[2] }), unit: "ns",
            target: .under(150, " ns"))
        for count in [1, 4] {
            let limit = Double(count * 256_000)
            let runs = try (0..<3).map { _ in try loop("names-rate", "\(count)", "\(directory)/nodes-\(count)") }
            table.value(
                "values in a second with \(count) node id\(count == 1 ? "" : "s") of files, of the layout's \(Int(limit))",
                100 * Paired.median(runs.map { $0[0] }) / limit, unit: "%", target: .atLeast(95, " %"))
            if count == 1 {
                table.value(
                    "processor time of that, of one core", 100 * Paired.median(runs.map { $0[1] }), unit: "%",
                    target: .under(5, " %"))
            }
        }
    }

    private func loop(_ arguments: String...) throws -> [Double] {
        note("loop " + arguments.joined(separator: " "))
        let output = try Command([itself, "loop"] + arguments).run(capturing: true).output
        return output.split(separator: "\n").compactMap { Double($0) }
    }

    // MARK: The service

    private func service(_ table: inout Table) async throws {
        let (port, barePort) = (try Loopback.freePort(), try Loopback.freePort())
        let server = try await Daemon(
            assign,
            [
                "--listen", "127.0.0.1:\(port)", "--node-id", "0-3", "--set",
                "names.state-directory=\(directory)/service",
            ], port: port)
        let bare = try await Daemon(
            (itself.split(separator: "/").dropLast() + ["bare-server"]).reduce("") { $0 + "/" + $1 }, ["\(barePort)"],
            port: barePort)
        let script = "\(directory)/assign.lua"
        try Page(text: ServiceSuite.script(#"{"prefix":"DES"}"#)).write(to: script)
        let ask = { (port: UInt16) in try Load.run(script, "http://127.0.0.1:\(port)/assign") }
        // Both warm.
        _ = try (ask(port), ask(barePort))
        var (ours, peer): ([Load], [Load]) = ([], [])
        for _ in 0..<7 {
            ours.append(try ask(port))
            peer.append(try ask(barePort))
        }
        note("ours \(ours.map(\.rate)) peer \(peer.map(\.rate))")
        let command = "wrk -t 1 -c 16 -d 3s --latency -s post.lua, against a bare route that answers a constant"
        table.ratio(
            "POST /assign, 16 connections", ours: Paired.median(ours.map(\.rate)),
            peer: Paired.median(peer.map(\.rate)), unit: "requests/s", target: .atLeast(0.8, "x"), command: command)
        table.process(
            "the slowest 1 % of its answers", ours: Paired.median(ours.map(\.late)),
            peer: Paired.median(peer.map(\.late)), target: .atMost(2, "x"), command: command, isFactorOfPeer: true)
        bare.kill()

        let batch = "\(directory)/batch.lua"
        try Page(text: ServiceSuite.script(#"{"prefix":"DES","count":1000}"#)).write(to: batch)
        _ = try Load.run(batch, "http://127.0.0.1:\(port)/assign/batch")
        var (rates, memory): ([Double], [Double]) = ([], [try resident(server)])
        for _ in 0..<7 {
            rates.append(try Load.run(batch, "http://127.0.0.1:\(port)/assign/batch").rate * 1_000)
            memory.append(try resident(server))
        }
        note("batch \(rates), memory \(memory)")
        table.value(
            "POST /assign/batch of 1,000 with 4 node ids, names in a second, of the layout's 1024000",
            100 * Paired.median(rates) / 1_024_000, unit: "%", target: .atLeast(95, " %"))
        let peak = try resident(server, "VmHWM")
        table.value("peak memory of the service under all that", peak / 1e6, unit: "MB", target: .under(64, " MB"))
        table.value(
            "its memory after the last of 7 loads with batches, of that after the first",
            memory[7] / memory[1], unit: "x", target: .under(1.2, "x"))
        server.kill()
    }

    private func resident(_ server: Daemon, _ field: String = "VmRSS") throws -> Double {
        let line = Program.contents(of: "/proc/\(try server.pid)/status").split(separator: "\n")
            .first { $0.hasPrefix(field + ":") }
        return (line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Double($0) } ?? 0)
            * 1_024
    }

    private static func script(_ body: String) -> String {
        """
        wrk.method = "POST"
        wrk.body = '\(body)'
        wrk.headers["Content-Type"] = "application/json"

        """
    }
}

/// What wrk says of a server.
struct Load {
    /// Requests in a second.
    var rate: Double
    /// Seconds that 99 % of the answers are within.
    var late: Double

    static func run(_ script: String, _ url: String) throws -> Load {
        let output = try Command("wrk -t 1 -c 16 -d 3s --latency -s \(script) \(url)").run(capturing: true).output
        guard !output.contains("Non-2xx"), !output.contains("Socket errors"),
            let rate = word(output, "Requests/sec:").flatMap({ Double($0) }),
            let late = word(output, "99%").flatMap(seconds)
        else { throw Command.Failure(line: "wrk: \(output)") }
        return Load(rate: rate, late: late)
    }

    private static func word(_ output: String, _ label: String) -> Substring? {
        output.split(separator: "\n").map { $0.split(separator: " ") }.first { $0.first == label[...] }?.last
    }

    /// `470.00us`, `3.83ms`, `1.02s`
    private static func seconds(_ text: Substring) -> Double? {
        for (unit, scale) in [("us", 1e-6), ("ms", 1e-3), ("s", 1)] where text.hasSuffix(unit) {
            return Double(text.dropLast(unit.count)).map { $0 * scale }
        }
        return nil
    }
}
