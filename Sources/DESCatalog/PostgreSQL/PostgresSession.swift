internal import CPostgreSQL
internal import DESCore
internal import Glibc

/// A connection to PostgreSQL, by libpq.
///
/// Every wait for the server has a deadline: one that says nothing is as good as gone. (libpq's own blocking calls have none;
/// looking up its name has that of the resolver.)
final class PostgresSession: SQLSession {
    let dialect = Dialect.postgres
    private let connection: OpaquePointer
    private let options: PostgresOptions
    /// Of prepared statements, by their text.
    private var names: [String: String] = [:]

    var isReusable: Bool {
        PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE
    }

    /// Connects.
    /// - Throws: ``DatabaseError``: ``DatabaseError/Kind/setup`` if the server refuses who we are.
    init(_ options: PostgresOptions) throws {
        self.options = options
        try PostgresSession.checkAddress(options.address)
        // Of a word that comes twice the later counts; the address is expanded in its place.
        let words = [
            ("fallback_application_name", options.applicationName), ("dbname", options.address),
            ("client_encoding", "UTF8"),
        ]
        let made = PostgresSession.withStrings(words.map(\.0)) { keys in
            PostgresSession.withStrings(words.map(\.1)) { values in PQconnectStartParams(keys, values, 1) }
        }
        guard let made else { throw DatabaseError(.disconnected, "out of memory") }
        connection = made
        // Notices are for people at a terminal.
        PQsetNoticeProcessor(made, { _, _ in }, nil)
        // The code of an error before the connection stands comes in its text, and only then.
        PQsetErrorVerbosity(made, PQERRORS_VERBOSE)
        try finishConnecting()
        let milliseconds = Int(options.statementTimeout / .milliseconds(1))
        let idleMilliseconds = options.plansAlongIndexes ? PostgresSession.idleMillisecondsMax : milliseconds
        try script(
            """
            SET statement_timeout = \(milliseconds); SET idle_in_transaction_session_timeout = \(idleMilliseconds);
            SET timezone = 'UTC'; SET datestyle = 'ISO'; SET synchronous_commit = on; SET standard_conforming_strings = on;
            \(options.plansAlongIndexes ? PostgresSession.alongIndexes : "")
            """)
    }

    deinit { PQfinish(connection) }

    /// A service that stops in the middle of a transaction (its host froze, or is gone) holds locks that others wait for, such
    /// as that of a shard's lease: the server ends it then.
    private static let idleMillisecondsMax = 2_000

    private static let alongIndexes = """
        SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan; SET jit = off;
        SET des.adopts = on
        """

    // MARK: Statements

    func run(_ sql: String, _ values: [SQLValue]) throws -> any SQLRows {
        let name: String
        if let known = names[sql] {
            name = known
        } else {
            name = "des\(names.count)"
            guard PQsendPrepare(connection, name, sql, 0, nil) == 1 else { throw lost() }
            _ = try results()
            names[sql] = name
        }
        let isSent = BoundValues(values).withPointers { pointers, count in
            PQsendQueryPrepared(connection, name, count, pointers, nil, nil, 0) == 1
        }
        guard isSent else { throw lost() }
        return try results()
    }

    func script(_ sql: String) throws {
        guard PQsendQuery(connection, sql) == 1 else { throw lost() }
        _ = try results()
    }

    /// Loads rows in COPY's text format.
    /// - Parameter next: the next piece, any bytes; `nil` at the end.
    /// - Returns: how many rows there were.
    func copy(_ sql: String, _ next: () throws -> [UInt8]?) throws -> Int {
        guard PQsendQuery(connection, sql) == 1 else { throw lost() }
        try flush()
        guard let first = try result() else { throw lost() }
        guard first.status == PGRES_COPY_IN else {
            _ = try? results()
            throw first.error
        }
        do {
            while let piece = try next() {
                try put {
                    piece.withUnsafeBytes { bytes in
                        PQputCopyData(connection, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
                    }
                }
            }
        } catch {
            _ = PQputCopyEnd(connection, "the rows could not be read")
            _ = try? results()
            throw error
        }
        try put { PQputCopyEnd(connection, nil) }
        return try results().changedCount
    }

    /// Repeats `send` until the socket took it.
    private func put(_ send: () -> Int32) throws {
        while case let status = send(), status != 1 {
            guard status == 0 else { throw lost() }
            try wait(for: POLLOUT)
        }
    }

    // MARK: Notifications

    /// Waits until a notification comes, `wake` can be read, or the time is over. The connection has listened.
    func waitForNotification(wake: Int32, until deadline: ContinuousClock.Instant) throws -> Bool {
        while true {
            guard PQconsumeInput(connection) == 1 else { throw lost() }
            var isNotified = false
            while let notification = PQnotifies(connection) {
                PQfreemem(notification)
                isNotified = true
            }
            if isNotified { return true }
            var polled = [
                pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&polled, 2, PostgresSession.milliseconds(until: deadline))
            if count == 0 || polled[1].revents != 0 { return false }
            guard count > 0 || errno == EINTR else { throw lost() }
        }
    }

    // MARK: The wire

    private func finishConnecting() throws {
        let deadline = ContinuousClock.now + options.connectTimeout
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED, PQstatus(connection) != CONNECTION_BAD else {
                throw PostgresSession.connectionError(PQerrorMessage(connection).map { String(cString: $0) } ?? "")
            }
            try wait(for: state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline, "connecting")
            state = PQconnectPoll(connection)
        }
        PQsetnonblocking(connection, 1)
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
    }

    /// Finds out whether libpq can read an address. What it says about it may hold parts of a password, so that is not passed
    /// on; nor would be a host that is one.
    private static func checkAddress(_ address: String) throws {
        let authority = address.firstRange(of: "://").map { address[$0.upperBound...].prefix { !"/?#".contains($0) } }
        var fault: UnsafeMutablePointer<CChar>?
        let parsed = address.isEmpty ? nil : PQconninfoParse(address, &fault)
        defer {
            PQconninfoFree(parsed)
            PQfreemem(fault)
        }
        // A slash in a password begins a path, and what stands before it is a host and a port.
        var isPortNumber = true
        var option = parsed
        while let found = option?.pointee, let keyword = found.keyword {
            if String(cString: keyword) == "port", let port = found.val {
                isPortNumber = String(cString: port).utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2C }
            }
            option = option?.successor()
        }
        let hasOneUser = (authority ?? "").count(where: { $0 == "@" }) < 2
        guard address.isEmpty || parsed != nil, hasOneUser, isPortNumber else {
            throw DatabaseError(
                .setup,
                "the address is not written as libpq reads it; in user and password of a URL @ : / ? # % "
                    + "are written %40 %3A %2F %3F %23 %25")
        }
    }

    /// What libpq says when there is no connection: its own words, and those of the server with their code.
    static func connectionError(_ text: String) -> DatabaseError {
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "no connection"
        guard let mark = line.firstRange(of: "FATAL:  ") else {
            // Words of libpq alone: about the network, or about what it was told.
            let isAboutAddress = ["invalid ", "missing ", "password", "could not parse", "extra key"].contains {
                line.hasPrefix($0) || line.contains(": \($0)") || line.contains("no password supplied")
            }
            return DatabaseError(isAboutAddress || line.contains("certificate") ? .setup : .disconnected, line)
        }
        let rest = line[mark.upperBound...]
        let code = rest.prefix(5)
        guard code.utf8.count == 5, code.utf8.allSatisfy({ $0.isLetterOrDigit }), rest.dropFirst(5).hasPrefix(": ")
        else { return DatabaseError(.disconnected, line) }
        return DatabaseError(sqlState: String(code), message: String(rest.dropFirst(7)))
    }

    /// The last result of what was sent.
    /// - Throws: the first error there was.
    @discardableResult
    private func results() throws -> PostgresRows {
        try flush()
        var last: PostgresRows?
        var failure: DatabaseError?
        while let next = try result() {
            switch next.status {
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR: failure = failure ?? next.error
            // Nobody is there to go on with it.
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: throw cut("a COPY was not ended")
            default: last = next
            }
        }
        // A connection that is gone says so, whatever the last words were.
        if PQstatus(connection) != CONNECTION_OK, failure?.kind != .setup {
            throw failure.map { DatabaseError(.disconnected, $0.description) } ?? lost()
        }
        if let failure { throw failure }
        guard let last else { throw lost() }
        return last
    }

    private func result() throws -> PostgresRows? {
        while PQisBusy(connection) == 1 {
            try wait(for: POLLIN)
            // At the end of the stream there may still be a last word: it is among the results.
            if PQconsumeInput(connection) != 1, PQisBusy(connection) == 1 { throw lost() }
        }
        return PQgetResult(connection).map { PostgresRows(taking: $0) }
    }

    private func flush() throws {
        while case let status = PQflush(connection), status != 0 {
            guard status == 1 else { throw lost() }
            // A server that sends while we do must be listened to, or both wait.
            try wait(for: POLLOUT | POLLIN)
            _ = PQconsumeInput(connection)
        }
    }

    /// The server ends a statement after its time-out; a server that does not even do that is gone.
    private func wait(for events: Int32) throws {
        try wait(for: events, until: .now + options.statementTimeout + .seconds(5), "the server")
    }

    private func wait(for events: Int32, until deadline: ContinuousClock.Instant, _ what: String) throws {
        var polled = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
        while true {
            let count = poll(&polled, 1, PostgresSession.milliseconds(until: deadline))
            if count > 0 { return }
            guard count < 0, errno == EINTR else {
                throw cut("\(what): no answer in time")
            }
        }
    }

    /// Ends the connection: whatever comes later would be taken for the answer to something else.
    private func cut(_ reason: String) -> DatabaseError {
        shutdown(PQsocket(connection), Int32(SHUT_RDWR))
        _ = PQconsumeInput(connection)
        return DatabaseError(.disconnected, reason)
    }

    private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        Int32(clamping: max(0, Int64(((deadline - .now) / .milliseconds(1)).rounded(.up))))
    }

    private func lost() -> DatabaseError {
        DatabaseError(.disconnected, PostgresRows.firstLine(PQerrorMessage(connection)) ?? "the connection is lost")
    }

    private static func withStrings<R>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
    ) -> R {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        let pointers = copies.map { UnsafePointer($0) } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
