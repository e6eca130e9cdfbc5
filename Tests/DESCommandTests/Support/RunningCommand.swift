import Glibc
import Synchronization
import Testing

/// A program that runs. It must be waited for.
struct RunningCommand {
    let pid: pid_t
    fileprivate let stdout: Int32
    fileprivate let stderr: Int32
    fileprivate let secondsMax: Int
    fileprivate let deadline: ContinuousClock.Instant
    fileprivate let commandLine: String

    init(pid: pid_t, stdout: Int32, stderr: Int32, secondsMax: Int, commandLine: String) {
        (self.pid, self.stdout, self.stderr) = (pid, stdout, stderr)
        (self.secondsMax, self.commandLine) = (secondsMax, commandLine)
        deadline = .now + .seconds(secondsMax)
    }

    /// Sends a signal; it has not been waited for, so the process id is still its own.
    func send(_ signal: Int32) { kill(pid, signal) }

    /// Whether it has ended; it stays to be waited for.
    var hasEnded: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_signo == SIGCHLD
    }

    /// Reads exactly `count` bytes of standard output; the program goes on as far as the pipe has room.
    func read(_ count: Int) throws -> [UInt8] { try read(count, from: stdout) }

    /// The same of standard error.
    func readErrors(_ count: Int) throws -> [UInt8] { try read(count, from: stderr) }

    private func read(_ count: Int, from stream: Int32) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var buffer = [UInt8](repeating: 0, count: count - bytes.count)
            var polled = [pollfd(fd: stream, events: Int16(POLLIN), revents: 0)]
            let ready = poll(&polled, 1, Int32(secondsMax) * 1_000)
            let got = ready > 0 ? Glibc.read(stream, &buffer, buffer.count) : 0
            try #require(got > 0, "\(commandLine) wrote \(bytes.count) bytes, \(count) were expected")
            bytes += buffer[..<got]
        }
        return bytes
    }

    /// Reads both streams as they come, so that neither can fill up, until it ends.
    func wait() throws -> Command.Result {
        var result = Command.Result(commandLine: commandLine)
        var errors: [UInt8] = []
        var polled = [stdout, stderr].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var isKilled = false
        while polled.contains(where: { $0.fd >= 0 }) || !hasEnded {
            if ContinuousClock.now > deadline, !isKilled {
                Issue.record("\(commandLine) does not end within \(secondsMax) seconds")
                kill(pid, SIGKILL)
                isKilled = true
            }
            // Without open streams this is the pause between two looks at whether it has ended.
            guard poll(&polled, nfds_t(polled.count), polled.contains { $0.fd >= 0 } ? 200 : 1) > 0 else { continue }
            for position in polled.indices where polled[position].fd >= 0 && polled[position].revents != 0 {
                let count = Glibc.read(polled[position].fd, &buffer, buffer.count)
                if count > 0 {
                    if position == 0 { result.output += buffer[..<count] } else { errors += buffer[..<count] }
                } else if count == 0 || errno != EINTR {
                    close(polled[position].fd)
                    polled[position].fd = -1
                }
            }
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        result.status = status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
        result.errors = String(decoding: errors, as: UTF8.self)
        return result
    }
}

/// Descriptors that no other child of this process may inherit: one that held them would keep a stream open.
///
/// They are made close-on-exec in a second step, so all of this and every start of a program happen under ``lock``.
enum Pipes {
    static let lock = Mutex(())

    static func make() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        let status = pipe(&ends)
        try #require(status == 0, "cannot make a pipe")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// A file without a name that holds `content`, to be read from its start.
    static func file(_ content: [UInt8]) throws -> Int32 {
        var template = Array("/tmp/des-tests-input-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        try #require(file >= 0, "cannot make a file for standard input")
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        unlink(template)
        let count = write(file, content, content.count)
        try #require(count == content.count, "cannot write a file for standard input")
        lseek(file, 0, SEEK_SET)
        return file
    }
}
