import DESCore
import Glibc
import Synchronization

/// TCP on 127.0.0.1.
public enum Loopback {
    private static let used = Mutex<Set<UInt16>>([])

    /// A port that nothing listens on. It lies below those that the kernel gives to outgoing connections, so it stays free
    /// until the server that is started next takes it.
    public static func freePort() throws -> UInt16 {
        for _ in 0..<1_000 {
            let port = UInt16.random(in: 12_000..<32_000)
            guard used.withLock({ $0.insert(port).inserted }), let socket = try? listen(on: port, attempts: 1) else {
                continue
            }
            close(socket)
            return port
        }
        throw ServerError("no port between 12000 and 32000 is free")
    }

    /// A listening socket.
    public static func listen(on port: UInt16) throws -> Int32 { try listen(on: port, attempts: 1_000) }

    /// More than one attempt: a program that is just being started holds, until it is, a copy of a socket that was closed.
    private static func listen(on port: UInt16, attempts: Int) throws -> Int32 {
        let socket = try makeSocket()
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard withAddress(port, { bind(socket, $0, $1) }) == 0, Glibc.listen(socket, 1_024) == 0 else {
            let fault = errno
            close(socket)
            if fault == EADDRINUSE, attempts > 1 {
                usleep(1_000)
                return try listen(on: port, attempts: attempts - 1)
            }
            throw DESError.system(fault, "cannot listen", "127.0.0.1:\(port)")
        }
        return socket
    }

    /// A connected socket.
    /// - Parameter window: bytes that the system takes for it before they are read; the sender's buffer stays small as well.
    static func connect(to port: UInt16, window: Int32? = nil) throws -> Int32 {
        let socket = try makeSocket()
        if var window {
            var segment: Int32 = 536
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &window, socklen_t(MemoryLayout<Int32>.size))
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_MAXSEG, &segment, socklen_t(MemoryLayout<Int32>.size))
        }
        guard withAddress(port, { Glibc.connect(socket, $0, $1) }) == 0 else {
            close(socket)
            throw DESError.system(errno, "cannot connect", "127.0.0.1:\(port)")
        }
        disableDelay(socket)
        return socket
    }

    /// Small writes go out at once.
    static func disableDelay(_ socket: Int32) {
        var yes: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func makeSocket() throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw DESError.system(errno, "cannot make", "a socket") }
        return socket
    }

    private static func withAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
