internal import DESCore
internal import Glibc

/// A command for `/bin/sh` whose standard output is wanted. It reads nothing and its messages go to our standard error.
struct ShellCommand: Sendable {
    let text: String
    let environment: Environment
    /// What messages call it: never the text, which may have a password in it.
    let place: String
    /// From its start to its end.
    let timeout: Duration
    static let outputByteCountMax = 1 << 16

    /// Runs it to its end. Blocks.
    func output() throws(DESError) -> [UInt8] {
        let deadline = ContinuousClock.now + timeout
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .system(errno, "cannot make a pipe", place) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = FileDescriptor(taking: ends[0], path: place)
        let pid = try start(output: FileDescriptor(taking: ends[1], path: place))
        let (bytes, status): ([UInt8], Int32)
        do throws(DESError) {
            bytes = try self.bytes(from: reading, until: deadline)
            status = try self.status(of: pid, until: deadline)
        } catch {
            kill(-pid, SIGKILL)  // and what it has started
            _ = retryingInterrupts { waitpid(pid, nil, 0) }
            throw error
        }
        guard status == 0 else { throw DESError(.denied, "failed: \(ShellCommand.reason(status))", place: place) }
        return bytes
    }

    /// Starts it in a process group of its own, so that all of it can be ended, and closes our end of `output`.
    private func start(output: consuming FileDescriptor) throws(DESError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.rawValue, 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var pid = pid_t()
        let lines = environment.variables.map { $0.key + "=" + $0.value }
        let status = withCStrings(["sh", "-c", text]) { arguments in
            withCStrings(lines) { posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, $0) }
        }
        guard status == 0 else { throw .system(status, "cannot start /bin/sh", place) }
        return pid
    }

    private func bytes(from pipe: borrowing FileDescriptor, until deadline: ContinuousClock.Instant)
        throws(DESError) -> [UInt8]
    {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while true {
            let remaining = ContinuousClock.now.duration(to: deadline).milliseconds
            guard remaining > 0 else { throw isLate }
            var waiting = pollfd(fd: pipe.rawValue, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Int32(clamping: remaining))
            guard ready > 0 else { continue }  // late, or a signal came in
            let count = retryingInterrupts { read(pipe.rawValue, &piece, piece.count) }
            guard count >= 0 else { throw .system(errno, "cannot read the output", place) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= ShellCommand.outputByteCountMax else {
                throw DESError(
                    .invalidArgument, "printed more than \(ShellCommand.outputByteCountMax) bytes", place: place)
            }
        }
    }

    /// Its output is closed, so it is about to end; there is no waitpid with a time-out.
    private func status(of pid: pid_t, until deadline: ContinuousClock.Instant) throws(DESError) -> Int32 {
        var status: Int32 = 0
        while true {
            let ended = retryingInterrupts { waitpid(pid, &status, WNOHANG) }
            if ended == pid { return status }
            guard ended == 0 else { throw .system(errno, "cannot wait for the program", place) }
            guard ContinuousClock.now < deadline else { throw isLate }
            poll(nil, 0, 1)
        }
    }

    private var isLate: DESError { DESError(.unavailable, "not done after \(timeout)", place: place) }

    /// A wait status in words.
    private static func reason(_ status: Int32) -> String {
        let signal = status & 0x7F
        return signal == 0 ? "exit status \(status >> 8 & 0xFF)" : "ended by signal \(signal)"
    }
}

/// A `NULL`-terminated array of C strings for as long as `body` runs.
private func withCStrings<T>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> T
) -> T {
    let array = UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
    array.initialize(repeating: nil)
    for (index, string) in strings.enumerated() { array[index] = strdup(string) }
    defer {
        for string in array { free(string) }
        array.deallocate()
    }
    guard let start = array.baseAddress else { preconditionFailure("an array of at least one has a start") }
    return body(start)
}
