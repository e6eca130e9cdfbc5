import DESStore
import Glibc
import TestServers

/// A wall clock that one process sees, and that is set while it runs. Time that passes is left alone.
struct WrongClock: Sendable {
    private let store: DirectoryStore
    private let directory: String

    private static let file = "clock"
    /// Names the file that says how far it is off.
    static let fileVariable = "FAKETIME_TIMESTAMP_FILE"

    /// - Parameter seconds: how far it is ahead; behind, if negative.
    init(seconds: Int) async throws {
        directory = try TemporaryRoot.shared.directory()
        store = DirectoryStore(path: directory)
        try await set(seconds)
    }

    /// In one step: nobody reads half of it.
    func set(_ seconds: Int) async throws {
        _ = try await store.put(WrongClock.file, Array("\(seconds < 0 ? "" : "+")\(seconds)\n".utf8), .overwrite)
    }

    /// libfaketime adds a variable where it is loaded first, which Swift does not expect: it is loaded into env, and that becomes
    /// the process.
    let program = ["/usr/bin/env"]

    func environment() throws -> [String: String] {
        [
            "LD_PRELOAD": try Toolbox.path(ofLibrary: "faketime/libfaketimeMT.so.1"),
            WrongClock.fileVariable: "\(directory)/\(WrongClock.file)", "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
        ]
    }

    /// Removes the shared memory that was made for a process: another one with its id would stop at that.
    static func clean(after pid: pid_t) {
        for name in ["faketime_shm_\(pid)", "sem.faketime_sem_\(pid)"] { unlink("/dev/shm/\(name)") }
    }
}
