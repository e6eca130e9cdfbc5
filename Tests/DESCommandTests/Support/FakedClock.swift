import DESCore
import Glibc
import TestServers
import Testing

/// A wall clock that programs see instead of the system's, and that a test sets while they run.
///
/// libfaketime, preloaded, reads how far it is off before each look at the clock. What measures time that passes
/// (CLOCK_MONOTONIC) is left alone, as it is when a real clock is set.
struct FakedClock {
    private let file: String
    private let library: String

    /// A clock that is right in these tests is so many milliseconds before the system's, and none is behind that: libfaketime
    /// also shifts timers that measure time that passes (timerfd_settime). Of one that is due too early libdispatch makes
    /// another; with a clock that is behind, sleeps would never end.
    private static let lead = 7_200_000

    /// Milliseconds since 1970 by a clock that is right.
    static var now: Int {
        let time = Timestamp.now
        return time.seconds * 1_000 + time.nanoseconds / 1_000_000 + lead
    }

    /// A clock that is right so far, kept in the file at `path`.
    init(_ path: String) throws {
        file = path
        // The one that locks: `des` has several threads.
        library = try Toolbox.path(ofLibrary: "faketime/libfaketimeMT.so.1")
        try set(0)
    }

    /// Sets it so many milliseconds before the right time, or, negative, behind it: two hours at most.
    func set(_ milliseconds: Int) throws {
        precondition(milliseconds >= -FakedClock.lead)
        let (seconds, rest) = (milliseconds + FakedClock.lead).quotientAndRemainder(dividingBy: 1_000)
        // Under another name first: nobody reads half of it.
        try Files.write(file + ".new", "+\(seconds).\(String("\(rest + 1_000)".dropFirst()))\n")
        try #require(rename(file + ".new", file) == 0)
    }

    /// The same program with this clock.
    func applied(to command: Command) -> Command {
        var faked = command
        // libfaketime adds a variable where it is loaded first. Swift finds the arguments beside the variables that the kernel
        // has laid out, and only as long as none was added. So libfaketime is loaded into env, which becomes the program.
        faked.program = "/usr/bin/env"
        faked.arguments = [command.program] + command.arguments
        faked.environment["LD_PRELOAD"] = library
        faked.environment["FAKETIME_TIMESTAMP_FILE"] = file
        faked.environment["FAKETIME_NO_CACHE"] = "1"
        faked.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
        faked.environment["NO_FAKE_STAT"] = "1"
        return faked
    }

    /// Waits for a program with such a clock, and removes the shared memory that env made for it: another program with its
    /// process id would stop at that.
    static func wait(for running: RunningCommand) throws -> Command.Result {
        let result = try running.wait()
        for name in ["faketime_shm_\(running.pid)", "sem.faketime_sem_\(running.pid)"] { unlink("/dev/shm/\(name)") }
        return result
    }
}
