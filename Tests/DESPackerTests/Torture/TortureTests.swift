import DESCore
import DESStore
import Glibc
import TestServers
import Testing

/// All that may happen to packers and markers, at random, while files come all the time: afterwards each file is packed, once.
///
/// `DES_TORTURE_SECONDS` says for how long, `DES_TORTURE_SEED` which of all runs it is, `DES_TORTURE_LOGS` names a directory for
/// the logs of the processes. The same seed gives the same faults and files, but not the same run: the machine has its say.
@Suite(.serialized) struct TortureTests {
    private static let seconds = number("DES_TORTURE_SECONDS") ?? 45
    private static let seed = number("DES_TORTURE_SEED").map { UInt64($0) } ?? .random(in: 0..<1 << 32)

    private static func number(_ variable: String) -> Int? {
        getenv(variable).flatMap { Int(String(cString: $0)) }
    }

    @Test("processes, servers and connections fail at random", .timeLimit(.minutes(max(5, seconds / 60 + 2))))
    func torture() async throws {
        let seed = TortureTests.seed
        print("torture: \(TortureTests.seconds) seconds, DES_TORTURE_SEED=\(seed)")
        let (postgres, ceph) = (try await PostgresServer(), try await CephServer())
        defer {
            postgres.stop()
            ceph.stop()
        }
        let (database, storage) = (try PostgresProxy(for: postgres.port), try FaultProxy(for: ceph.endpoint))
        let deployment = try await Deployment(
            .cluster,
            Deployment.Servers(
                postgres: postgres, ceph: ceph, databasePort: database.port, endpoint: storage.endpoint))
        let requests = RequestWatch()
        let fleet = try await TortureFleet(deployment, postgres, ceph, database, storage, requests)
        let producer = TortureProducer(deployment, seed: seed)
        let watch = ContainerWatch(deployment, producer)
        do {
            try await run(fleet, producer, watch, deployment)
            try await check(deployment, producer.files, watch)
        } catch {
            Issue.record(error, "DES_TORTURE_SEED=\(seed)")
        }
        let violations = await watch.violations + requests.violations + fleet.violations
        #expect(violations.isEmpty, "\(violations.count); DES_TORTURE_SEED=\(seed)")
        await fleet.kill()
        try await report(deployment, fleet, producer, watch, requests)
    }

    private func run(
        _ fleet: TortureFleet, _ producer: TortureProducer, _ watch: ContainerWatch, _ deployment: Deployment
    ) async throws {
        let plan = TorturePlan(
            seed: TortureTests.seed, seconds: Double(TortureTests.seconds), processCount: TortureFleet.processCount)
        async let watched: Void = watch.run()
        async let produced: Void = producer.run(for: .seconds(TortureTests.seconds))
        try await fleet.run(plan)
        try await produced
        try await fleet.calm()
        try await deployment.waitUntilPacked()
        try await deployment.wait(
            for: "SELECT count(*) FROM des_containers WHERE state IN ('writing', 'uploaded') OR manifest_at IS NULL "
                + "AND state = 'committed'", "0")
        await watch.stop()
        try await watched
        #expect(try await fleet.end() == [])
    }

    private func check(_ deployment: Deployment, _ files: [TortureFile], _ watch: ContainerWatch) async throws {
        let checks = FinalChecks(deployment: deployment, files: files)
        let packed = try await checks.packed()
        try await checks.expectAllReadable(packed)
        try await checks.expectDeadLetters()
        try await checks.expectNothingStrange()
        try await checks.expectRebuilt(packed)
        try await checks.expectFoundByName(packed)
        try await watch.look()
        #expect(await watch.lookCount > 10)
    }

    /// What there was, for people.
    private func report(
        _ deployment: Deployment, _ fleet: TortureFleet, _ producer: TortureProducer, _ watch: ContainerWatch,
        _ requests: RequestWatch
    ) async throws {
        let states = try await deployment.query(
            "SELECT state, count(*) FROM des_containers GROUP BY state ORDER BY state")
        let letters = try await deployment.value("SELECT count(*) FROM des_dead_letters") ?? ""
        let acts = await fleet.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        print("torture: \(acts.joined(separator: ", "))")
        print(
            "torture: \(producer.count) files, \(letters) dead letters; containers:",
            states.map { $0.map { $0 ?? "" }.joined(separator: " ") }.joined(separator: ", "))
        print(
            "torture: \(await watch.lookCount) looks, \(await watch.objects.count) objects of committed containers,",
            "\(requests.count) requests, \(requests.faultCount) of them in trouble")
        guard let directory = getenv("DES_TORTURE_LOGS").map({ String(cString: $0) }) else { return }
        let store = DirectoryStore(path: directory)
        for (name, text) in await fleet.logs { _ = try await store.put("\(name).log", Array(text.utf8), .overwrite) }
    }
}
