import DESCore
import Glibc
import Synchronization
import Testing

/// A real Redis server on 127.0.0.1, ended by its process id.
final class LocalRedis {
    let port: Int
    private(set) var pid: pid_t
    private let password: String?
    private let directory: String

    private init(port: Int, password: String?) throws {
        var template = Array("/tmp/des-redis-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil, "cannot create a directory in /tmp: errno \(errno)")
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        (self.port, self.password, pid) = (port, password, 0)
    }

    deinit {
        stop()
        for name in ["redis.sock", "dump.rdb"] { unlink("\(directory)/\(name)") }
        rmdir(directory)
    }

    /// A server that takes commands. Another port is tried if somebody was faster.
    static func start(password: String? = nil) async throws -> LocalRedis {
        for _ in 0..<5 {
            let server = try LocalRedis(port: try Loopback.freePort(), password: password)
            if try await server.launch() { return server }
        }
        throw DESError(.unavailable, "redis-server does not start")
    }

    var url: String { "redis://\(password.map { ":\($0)@" } ?? "")127.0.0.1:\(port)" }
    var socketPath: String { "\(directory)/redis.sock" }

    func stop() {
        guard pid > 0 else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        pid = 0
    }

    /// An empty server on the same port.
    func restart() async throws {
        stop()
        try #require(try await launch(), "redis-server does not start again")
    }

    func send(_ signal: Int32) { kill(pid, signal) }

    private func launch() async throws -> Bool {
        let log = try Self.lock.withLock { _ in try spawn() }
        defer { close(log) }
        // The log ends if the server does.
        let isReady = try await BlockingPool.shared.run {
            var text: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while !String(decoding: text, as: UTF8.self).contains("Ready to accept connections") {
                let count = read(log, &buffer, buffer.count)
                guard count > 0 else { return false }
                text += buffer[..<count]
            }
            return true
        }
        if !isReady { stop() }
        return isReady
    }

    /// Between making a pipe and closing it for children, no other child may be made: its copy would keep a log open.
    private static let lock = Mutex(())

    /// - Returns: what the server writes to its log.
    private func spawn() throws -> Int32 {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0, "cannot make a pipe: errno \(errno)")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var arguments = ["redis-server", "--bind", "127.0.0.1", "--port", "\(port)", "--save", "", "--dir", directory]
        arguments += ["--unixsocket", socketPath] + (password.map { ["--requirepass", $0] } ?? [])
        let pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let status = posix_spawnp(&pid, "redis-server", &actions, nil, pointers, [nil])
        try #require(status == 0, "cannot start redis-server (package redis-server): errno \(status)")
        return ends[0]
    }
}

/// Sockets on 127.0.0.1.
enum Loopback {
    static func freePort() throws -> Int {
        let (descriptor, port) = try listen(backlog: 1)
        close(descriptor)
        return port
    }

    /// A listening socket on a port that was free.
    static func listen(backlog: Int32) throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) | Glibc.listen(descriptor, backlog) | getsockname(descriptor, $0, &size)
            }
        }
        try #require(descriptor >= 0 && status == 0, "cannot listen on 127.0.0.1: errno \(errno)")
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}
