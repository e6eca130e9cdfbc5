import Glibc

/// A command line, run to its end.
struct Command {
    struct Failure: Error { var line: String }

    /// What it took.
    struct Usage {
        var seconds: Double
        /// Largest resident set, in bytes.
        var peakByteCount: Int
        /// Standard output, if it was wanted.
        var output: String
    }

    private let words: [String]

    /// The same, run by a small process: the kernel counts the memory of whoever starts a program as that program's.
    func measured() throws -> Usage {
        let output = try Command([Machine.pathOfThisProgram, "loop", "usage"] + words).run(capturing: true).output
        let numbers = output.split(separator: "\n").compactMap { Double($0) }
        guard numbers.count == 2 else { throw Failure(line: words.joined(separator: " ") + ": no figures") }
        return Usage(seconds: numbers[0], peakByteCount: Int(numbers[1]), output: "")
    }

    /// A program and its arguments.
    init(_ words: [String]) { self.words = words }

    /// A line for the shell.
    init(_ line: String) { words = ["/bin/sh", "-c", line] }

    /// Runs it and waits for it. Its output is dropped, or captured.
    /// - Throws: ``Failure`` unless it ends with status 0.
    @discardableResult
    func run(capturing: Bool = false) throws -> Usage {
        var pipes: [Int32] = [-1, -1]
        if capturing, pipe(&pipes) != 0 { throw Failure(line: "pipe") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if capturing {
            posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO)
            posix_spawn_file_actions_addclose(&actions, pipes[0])
        } else {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        }
        // Threads of Swift's pool block signals; a shell that inherits that never hears of its children's end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        let start = ContinuousClock.now
        guard posix_spawnp(&process, words[0], &actions, &attributes, &arguments, environ) == 0 else {
            throw Failure(line: words.joined(separator: " "))
        }
        var output = [UInt8]()
        if capturing {
            close(pipes[1])
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while case let count = read(pipes[0], &buffer, buffer.count), count > 0 { output += buffer[..<count] }
            close(pipes[0])
        }
        var status: Int32 = 0
        var usage = rusage()
        wait4(process, &status, 0, &usage)
        let elapsed = ContinuousClock.now - start
        guard status == 0 else { throw Failure(line: words.joined(separator: " ") + ": status \(status)") }
        return Usage(
            seconds: elapsed / .seconds(1), peakByteCount: usage.ru_maxrss * 1_024,
            output: String(decoding: output, as: UTF8.self))
    }
}
