import DESCore
import Glibc
import Synchronization
import TestServers

/// A server that lies: each connection is handled by `serve`, on a thread of its own, and closed when that returns.
final class FakeServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let accepted = Count()

    var url: String { "redis://127.0.0.1:\(port)" }
    /// Connections so far.
    var connectionCount: Int { accepted.value.load(ordering: .sequentiallyConsistent) }

    init(_ serve: @escaping @Sendable (FakeConnection) -> Void) throws {
        let port = try Loopback.freePort()
        let listener = try Loopback.listen(on: port)
        (self.listener, self.port) = (listener, port)
        let threads = BlockingPool(threadCount: 8)
        Task.immediate { [accepted] in
            try await BlockingPool(threadCount: 1).run {
                while true {
                    let descriptor = accept(listener, nil, nil)
                    guard descriptor >= 0 else { break }
                    accepted.value.add(1, ordering: .sequentiallyConsistent)
                    Task.immediate {
                        try await threads.run {
                            serve(FakeConnection(descriptor: descriptor))
                            close(descriptor)
                        }
                    }
                }
                close(listener)
            }
        }
    }

    /// Takes no more connections. To be called once.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// A server that answers every command with these bytes.
    convenience init(answering answer: String) throws {
        try self.init { connection in
            while connection.command() != nil { connection.send(answer) }
        }
    }
}

private final class Count: Sendable {
    let value = Atomic(0)
}

/// One connection of a ``FakeServer``.
struct FakeConnection {
    let descriptor: Int32

    /// The next command, `nil` when the client has closed.
    func command() -> [String]? {
        guard let count = number(after: "*") else { return nil }
        var words: [String] = []
        for _ in 0..<count {
            guard let length = number(after: "$"), let word = bytes(length + 2) else { return nil }
            words.append(String(decoding: word.dropLast(2), as: UTF8.self))
        }
        return words
    }

    /// - Returns: whether the client took it.
    @discardableResult
    func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Reads and forgets until the client closes.
    func drain() { while bytes(1) != nil {} }

    func bytes(_ count: Int) -> [UInt8]? {
        var all = [UInt8](repeating: 0, count: count)
        return recv(descriptor, &all, count, Int32(MSG_WAITALL)) == count ? all : nil
    }

    private func number(after mark: String) -> Int? {
        var line: [UInt8] = []
        while line.suffix(2) != [13, 10] {
            guard let next = bytes(1) else { return nil }
            line += next
        }
        return Int(String(decoding: line.dropFirst(mark.utf8.count).dropLast(2), as: UTF8.self))
    }
}
