import TestServers

/// A packer or a marker among those that are tortured.
struct TortureProcess: Sendable {
    let name: String
    let process: ServiceProcess
    /// Its time is that of libfaketime.
    var isFaked = false

    var daemon: Daemon { process.daemon }

    /// Four packers and two markers.
    static func start(_ deployment: Deployment, _ clock: WrongClock, _ disk: SmallDisk) async throws -> [TortureProcess]
    {
        let faked = try clock.environment()
        return [
            try await packer("packer", deployment),
            try await packer("packer, large bodies outside", deployment, "packer.large-outside=true"),
            TortureProcess(
                name: "packer, small disk",
                process: try await deployment.packer(
                    settings + ["packer.spool-directory=\(disk.directory)"], startedBy: disk.program)),
            TortureProcess(
                name: "packer, wrong clock",
                process: try await deployment.packer(settings, environment: faked, startedBy: clock.program),
                isFaked: true),
            try await marker("marker", deployment, [:], []),
            // An hour ahead, always: it talks to nobody but the catalog.
            try await marker(
                "marker, wrong clock", deployment,
                faked.filter { $0.key != WrongClock.fileVariable }.merging(["FAKETIME": "+1h"]) { $1 }, clock.program),
        ]
    }

    /// So that many containers are made.
    private static let settings = [
        "packer.container-count=40", "packer.age=1s", "packer.idle=300ms", "packer.retries-max=5",
        "packer.large-size=\(TortureFile.largeByteCountMin)", "packer.manifest-interval=1s",
    ]

    private static func packer(
        _ name: String, _ deployment: Deployment, _ more: String...
    ) async throws -> TortureProcess {
        TortureProcess(name: name, process: try await deployment.packer(settings + more))
    }

    private static func marker(
        _ name: String, _ deployment: Deployment, _ environment: [String: String], _ program: [String]
    ) async throws -> TortureProcess {
        let settings = ["marker.minimum-age=0s", "marker.interval=100ms", "service.drain-delay=0s"]
        let process = try await ServiceProcess(
            "des-marker", ["--database", deployment.url], settings: settings, environment: environment,
            startedBy: program)
        return TortureProcess(name: name, process: process, isFaked: !environment.isEmpty)
    }
}
