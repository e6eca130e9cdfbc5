import DESCore
public import Glibc
import Synchronization

/// PostgreSQL, which takes TCP connections with the password only. Commits survive its crash, not that of the machine.
public final class PostgresServer: Sendable {
    /// The port it listens on.
    public let port: UInt16
    /// The directory of the socket it listens on as well: whoever may enter it needs no password there.
    public let socketDirectory: String
    /// The postmaster: stopped by SIGSTOP, it serves the sessions there are and answers no new one. Kill and start it by
    /// ``restartImmediately()``: a restart of the daemon alone waits neither for the sessions' end nor for the recovery.
    public let daemon: Daemon
    /// What vouches for it, if it takes TLS: the path of its certificate.
    public let certificate: String
    private let directory: String
    private let databaseCount = Atomic(0)

    private static let starting = Task { try await PostgresServer() }
    /// The server that all tests of this process share, each with a database of its own. A test that stops or restarts it
    /// starts its own.
    public static var shared: PostgresServer { get async throws { try await starting.value } }

    /// Starts a server of its own, which ends with the last reference.
    /// - Parameters:
    ///   - fsync: whether commits are to survive a crash of the machine as well, at the cost that has in earnest.
    ///   - isEncrypted: whether it takes TLS, with a ``certificate`` of its own for `localhost`.
    ///   - settings: as in postgresql.conf; they go before those that every server of tests has.
    public init(
        fsync: Bool = false, isEncrypted: Bool = false, settings: [String: String] = [:]
    ) async throws {
        let user = try ServerUser.forServer()
        let template = try await PostgresServer.template.value
        let (directory, port) = (try TemporaryRoot.shared.directory(for: user), try Loopback.freePort())
        try await Program.check("cp", ["-a", template, "\(directory)/data"])
        (self.directory, self.port, socketDirectory) = (directory, port, directory)
        var values = [
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": directory,
            "fsync": fsync ? "on" : "off",
            "full_page_writes": fsync ? "on" : "off",
            // Also without fsync: it costs nothing then, and a crash of the server would lose what it had acknowledged.
            "synchronous_commit": "on",
            "shared_buffers": "128MB",
            "max_connections": "400",
            // In its directory, not in /dev/shm, where a killed server would leave it.
            "dynamic_shared_memory_type": "mmap",
            "timezone": "UTC",
        ]
        certificate = "\(directory)/server.crt"
        if isEncrypted {
            let key = "\(directory)/server.key"
            let result = try await Program.run(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
                    certificate,
                ], as: user)
            guard result.status == 0 else { throw ServerError("openssl: \(result)") }
            values.merge(["ssl": "on", "ssl_cert_file": certificate, "ssl_key_file": key]) { $1 }
        }
        values.merge(settings) { $1 }
        daemon = try await Daemon(
            "postgres",
            ["-D", "\(directory)/data", "-p", "\(port)"]
                + values.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] },
            as: user, log: "\(directory)/log", port: port)
        try await waitUntilReady()
    }

    deinit { stop() }

    /// The process id of the postmaster.
    /// - Throws: if it was stopped.
    public var pid: pid_t { get throws { try daemon.pid } }

    /// The password of the user postgres.
    public var password: String { PostgresServer.password }

    /// `postgresql://USER:PASSWORD@127.0.0.1:PORT/DATABASE`.
    /// - Parameters:
    ///   - password: `nil`: the right one.
    ///   - port: of a proxy; `nil`: the server's.
    public func url(
        database: String, user: String = "postgres", password: String? = nil, port: UInt16? = nil
    ) -> String {
        let words = [user, password ?? self.password, database].map(PostgresServer.encoded)
        return "postgresql://\(words[0]):\(words[1])@127.0.0.1:\(port ?? self.port)/\(words[2])"
    }

    /// Makes an empty database of one test.
    /// - Returns: its name.
    public func createDatabase() async throws -> String {
        let name = "test_\(databaseCount.add(1, ordering: .relaxed).newValue)"
        // Nobody is ever connected to template0, which would be in the way.
        _ = try await query("CREATE DATABASE \(name) TEMPLATE template0", in: "postgres")
        return name
    }

    /// Runs SQL as the user postgres; several statements are one transaction.
    /// - Returns: the rows, a line each, with `|` between columns. No line ends the last.
    /// - Throws: what psql said, if a statement failed.
    public func query(_ sql: String, in database: String) async throws -> String {
        let connection = ["-h", socketDirectory, "-p", "\(port)", "-U", "postgres", "-d", database]
        let psql = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"] + connection + ["-c", sql]
        // Notices would stand among the rows.
        let result = try await Program.run("env", ["PGOPTIONS=-c client_min_messages=error"] + psql)
        guard result.status == 0 else { throw ServerError("\(sql.prefix(1_000)): \(result)") }
        return result.output.last == "\n" ? String(result.output.dropLast()) : result.output
    }

    /// Ends it and all sessions at once, as a crash does, and starts it again on the same port: it recovers, and takes
    /// queries when this returns.
    public func restartImmediately() async throws {
        try daemon.send(SIGQUIT)
        try daemon.send(SIGCONT)
        _ = try await daemon.ending()
        try await daemon.restart()
        try await waitUntilReady()
    }

    /// Ends it and removes what it stored.
    public func stop() {
        // It takes its sessions with it. They would survive it by a moment, if it were killed, and write on.
        daemon.end(with: SIGQUIT)
        TemporaryRoot.remove(directory)
    }
}

extension PostgresServer {
    private static let password = "test-password-0123456789"

    /// The directory of a cluster that was never started: to make one takes seconds, to copy it does not.
    private static let template = Task {
        let user = try ServerUser.forServer()
        let directory = try TemporaryRoot.shared.directory(for: user)
        let file = try FileDescriptor(opening: "\(directory)/password", O_WRONLY | O_CREAT, mode: 0o644)
        try file.write(Array(password.utf8).span.bytes)
        let access = [
            "-U", "postgres", "--pwfile", "\(directory)/password", "--auth-local=trust", "--auth-host=scram-sha-256",
        ]
        let options = ["-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        let result = try await Program.run("initdb", ["-D", "\(directory)/data"] + access + options, as: user)
        guard result.status == 0 else { throw ServerError("initdb: \(result)") }
        return "\(directory)/data"
    }

    /// It listens before it is ready. When it is, it says so in a file, as `pg_ctl` expects.
    private func waitUntilReady() async throws {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            let text = Program.contents(of: "\(directory)/data/postmaster.pid")
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            // Written line by line: the pid first, the state last. A file with another pid is from before a crash.
            if lines.count > 8, lines[0] == "\(try daemon.pid)", lines[7].hasPrefix("ready") {
                try releaseSharedMemory(named: lines[6])
                return
            }
            guard daemon.isRunning, ContinuousClock.now < end else {
                throw ServerError("PostgreSQL does not start: \(daemon.output.suffix(2_000))")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Has the kernel free a segment with the last process that uses it: a server that is killed could not.
    /// - Parameter line: its key and its id.
    private func releaseSharedMemory(named line: Substring) throws {
        guard let id = line.split(separator: " ").last.flatMap({ Int32($0) }), shmctl(id, IPC_RMID, nil) == 0 else {
            throw ServerError("PostgreSQL's shared memory cannot be released: \(line)")
        }
    }

    /// With percent signs for all that means something in a URL.
    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            if character.isASCII, character.isLetter || character.isNumber || "-._~".contains(character) {
                return String(character)
            }
            return (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
