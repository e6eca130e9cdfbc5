import DESCore
import Glibc

/// Ceph's S3 gateway over one monitor and one OSD in memory: real signatures, real conditional requests. Up in a second
/// or two.
public final class CephServer: S3Server {
    /// `http://127.0.0.1:PORT`.
    public let endpoint: String
    /// Where objects are; stopped by SIGSTOP, requests hang.
    public let osd: Daemon
    /// radosgw, which answers requests. It can be killed and restarted; what it stored stays.
    public let gateway: Daemon
    private let monitor: Daemon
    private let directory: String

    private static let starting = Task { try await CephServer() }
    /// The server that all tests of this process share, each with a bucket of its own. Faults would hit all of them: a
    /// test that stops or kills daemons starts its own.
    public static var shared: CephServer { get async throws { try await starting.value } }

    /// Starts a server of its own, which ends with the last reference.
    public init() async throws {
        let directory = try TemporaryRoot.shared.directory()
        for name in ["mon", "osd", "rgw"] { mkdir("\(directory)/\(name)", 0o700) }
        let (fsid, osdID) = (try CephServer.uuid(), try CephServer.uuid())
        let (port, monitorPort, oldMonitorPort) = (
            try Loopback.freePort(), try Loopback.freePort(), try Loopback.freePort()
        )
        let monitors = "[v2:127.0.0.1:\(monitorPort),v1:127.0.0.1:\(oldMonitorPort)]"
        let file = "\(directory)/ceph.conf"
        try CephServer.write(
            CephServer.configuration(directory: directory, fsid: fsid, monitors: monitors, port: port), to: file)
        try CephServer.write("", to: "\(directory)/keyring")
        func run(_ program: String, _ arguments: String...) async throws {
            try await Program.check(program, ["-c", file] + arguments)
        }
        func start(_ program: String, _ arguments: String..., port: UInt16? = nil) async throws -> Daemon {
            let log = "\(directory)/\(program).log"
            return try await Daemon(program, ["-c", file, "-f"] + arguments, log: log, port: port)
        }

        let map = "\(directory)/monmap"
        try await Program.check("monmaptool", ["--create", "--addv", "a", monitors, "--fsid", fsid, map])
        try await run("ceph-mon", "--mkfs", "-i", "a", "--monmap", map)
        monitor = try await start("ceph-mon", "-i", "a", port: monitorPort)
        try await run("ceph", "--connect-timeout", "30", "osd", "new", osdID)
        try await run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osdID)
        osd = try await start("ceph-osd", "-i", "0")
        self.directory = directory
        endpoint = "http://127.0.0.1:\(port)"
        try await run(
            "radosgw-admin", "user", "create", "--uid=test", "--display-name=test", "--access-key=testaccesskey",
            "--secret=testsecretkey0123456789")
        gateway = try await start("radosgw", "-n", "client.rgw", port: port)
    }

    deinit { stop() }

    /// Ends it and removes what it stored.
    public func stop() {
        for daemon in [gateway, osd, monitor] { daemon.kill() }
        TemporaryRoot.remove(directory)
    }

    private static func uuid() throws -> String {
        String(Program.contents(of: "/proc/sys/kernel/random/uuid").prefix(36))
    }

    private static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        guard Glibc.write(file, text, text.utf8.count) == text.utf8.count else {
            throw DESError.system(errno, "cannot write", path)
        }
    }

    private static func configuration(directory: String, fsid: String, monitors: String, port: UInt16) -> String {
        """
        [global]
        fsid = \(fsid)
        mon host = \(monitors)
        mon initial members = a
        public addr = 127.0.0.1
        cluster addr = 127.0.0.1
        ms bind ipv6 = false
        auth cluster required = none
        auth service required = none
        auth client required = none
        auth allow insecure global id reclaim = false
        # Without keys there is nothing to encrypt with: radosgw would wait for the monitor for ever.
        ms mon client mode = crc
        ms mon cluster mode = crc
        ms mon service mode = crc
        keyring = \(directory)/keyring

        mon data = \(directory)/mon
        osd data = \(directory)/osd
        rgw data = \(directory)/rgw
        run dir = \(directory)
        crash dir = \(directory)
        log file = \(directory)/$name.log
        # Its path could be longer than a socket's may be.
        admin socket =
        debug default = 0

        # One of each, at once.
        paxos propose interval = 0.02
        paxos min wait = 0.01
        mon election timeout = 1
        mon allow pool size one = true
        mon max pg per osd = 1000
        mon osd initial require min compat client = luminous
        # A full disk of the machine is not the monitor's business.
        mon data avail warn = 2
        mon data avail crit = 1
        osd pool default size = 1
        osd pool default min size = 1
        osd pool default pg num = 1
        osd pool default pgp num = 1
        osd pool default pg autoscale mode = off
        osd crush chooseleaf type = 0
        osd crush initial weight = 1
        osd objectstore = memstore
        memstore device bytes = 6442450944

        # A bucket may stand before this name as well as in the path.
        rgw dns name = localhost
        rgw frontends = beast endpoint=127.0.0.1:\(port) tcp_nodelay=1
        rgw thread pool size = 64
        rgw enable ops log = false
        rgw user max buckets = 100000

        """
    }
}
