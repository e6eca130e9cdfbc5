import DESCore
import Glibc
import TestServers

/// Processes and servers, and what is done to them.
actor TortureFleet {
    private let postgres: PostgresServer
    private let ceph: CephServer
    private let database: PostgresProxy
    private let storage: FaultProxy
    private let requests: RequestWatch
    private let clock: WrongClock
    private let members: [TortureProcess]
    /// Those that are meant to run, stopped or not.
    private var started: Set<Int>
    /// How often each kind of thing was done.
    private(set) var counts: [String: Int] = [:]
    /// What has ended although nobody ended it.
    private(set) var violations: [String] = []

    static let processCount = 6

    /// Starts the processes.
    init(
        _ deployment: Deployment, _ postgres: PostgresServer, _ ceph: CephServer, _ database: PostgresProxy,
        _ storage: FaultProxy, _ requests: RequestWatch
    ) async throws {
        (self.postgres, self.ceph, self.database, self.storage) = (postgres, ceph, database, storage)
        self.requests = requests
        requests.watch(storage, trouble: nil)
        clock = try await WrongClock(seconds: 840)
        let disk = try await SmallDisk()
        members = try await TortureProcess.start(deployment, clock, disk)
        counts["small disk: \(disk.kind)"] = 1
        started = Set(members.indices)
    }

    // MARK: The plan

    /// Does what was planned, at its time.
    func run(_ plan: TorturePlan) async throws {
        let start = ContinuousClock.now
        for event in plan.events {
            try await Task.sleep(until: start + event.at)
            try await revive()
            counts["\(event.act)".prefix { $0 != "(" }.description, default: 0] += 1
            try await perform(event.act)
        }
    }

    private func perform(_ act: TorturePlan.Act) async throws {
        switch act {
        case .kill(let number): kill(number)
        case .start(let number): await start(number)
        case .stop(let number): try? members[number].daemon.send(SIGSTOP)
        case .resume(let number): try? members[number].daemon.send(SIGCONT)
        case .setClock(let seconds): try await clock.set(seconds)
        case .killGateway: ceph.gateway.kill()
        case .startGateway: try await ceph.gateway.restart()
        case .crashDatabase: try await postgres.restartImmediately()
        case .cutDatabase(let count): database.cut(after: count)
        case .refuseDatabase:
            database.refuse(true)
            database.cutAll()
        case .acceptDatabase: database.refuse(false)
        case .troubleStore(let trouble): requests.watch(storage, trouble: trouble)
        case .healStore: requests.watch(storage, trouble: nil)
        }
    }

    private func kill(_ number: Int) {
        let pid = try? members[number].daemon.pid
        members[number].daemon.kill()
        started.remove(number)
        if members[number].isFaked, let pid { WrongClock.clean(after: pid) }
    }

    /// What ends at its start, as the world is now, is noticed and started again later.
    private func start(_ number: Int) async {
        started.insert(number)
        try? await members[number].daemon.restart()
    }

    /// Starts again what has ended by itself, as any supervisor would. One reason there is for that: the store refuses who is an
    /// hour late, and somebody has to set the clock.
    private func revive() async throws {
        for number in started.sorted() where !members[number].daemon.isRunning {
            let member = members[number]
            guard let pid = try? member.daemon.pid, let status = try? await member.daemon.ending() else { continue }
            if member.isFaked { WrongClock.clean(after: pid) }
            if member.isFaked, status == ExitStatus.configuration.rawValue {
                counts["refused for its clock", default: 0] += 1
            } else {
                let lastWords = member.daemon.output.split(separator: "\n").last ?? ""
                violations.append("\(member.name) ended by itself: status \(status): \(lastWords)")
            }
            await start(number)
        }
    }

    // MARK: The end

    /// Nothing is done to anybody any more, and all run.
    func calm() async throws {
        database.refuse(false)
        requests.watch(storage, trouble: nil)
        try await clock.set(840)
        if !ceph.gateway.isRunning { try await ceph.gateway.restart() }
        for (number, member) in members.enumerated() {
            if started.contains(number) { try? member.daemon.send(SIGCONT) } else { await start(number) }
        }
        try await revive()
    }

    /// Tells all processes to end.
    /// - Returns: those that did not end well.
    func end() async throws -> [String] {
        var complaints: [String] = []
        for member in members {
            let pid = try member.daemon.pid
            try member.daemon.send(SIGTERM)
            let status = try await member.daemon.ending()
            if member.isFaked { WrongClock.clean(after: pid) }
            if status != 0 { complaints.append("\(member.name): status \(status)") }
        }
        return complaints
    }

    /// Whatever the state: nothing is left running.
    func kill() { for number in members.indices { kill(number) } }

    /// What all processes have logged, each below its name.
    var logs: [(name: String, text: String)] { members.map { ($0.name, $0.daemon.output) } }
}
