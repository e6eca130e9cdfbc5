import DESCore
import Glibc
import TestServers
import Testing

@testable import DESStore

/// 100,000 requests, in a process of their own, so that nothing else is counted.
@Suite("Endurance")
struct S3EnduranceTests {
    @Test("100,000 requests, good, refused and cut off, leave no descriptor and no memory behind")
    func leaks() async throws {
        await #expect(processExitsWith: .success) {
            let endpoint = try CannedServer.start()
            var options = S3Store.Options()
            options.connectionCountMax = 8
            let store = try await S3Store.connect(
                bucket: "bucket",
                environment: Environment([
                    "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": endpoint,
                    "AWS_EC2_METADATA_DISABLED": "true",
                ]), options: options)
            try await CannedServer.ask(store, count: 10_000)
            let before = (CannedServer.descriptorCount(), try CannedServer.anonymousByteCount())
            try await CannedServer.ask(store, count: 100_000)
            let after = (CannedServer.descriptorCount(), try CannedServer.anonymousByteCount())
            // Connections that were cut off are made anew: a few more or less of them, and their threads here, are no leak.
            guard abs(after.0 - before.0) <= 32, after.1 - before.1 < 16 << 20 else {
                print("before: \(before), after: \(after) (descriptors, bytes)")
                exit(1)
            }
            exit(0)
        }
    }
}

/// A server that answers by the key: `good` has three bytes, `none` is not there, `cut` ends in the middle.
private enum CannedServer {
    private static let good =
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\nContent-Range: bytes 0-2/3\r\nETag: \"e\"\r\n\r\nabc"
    private static let none = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

    /// - Returns: its endpoint.
    static func start() throws -> String {
        let port = try Loopback.freePort()
        let listener = try Loopback.listen(on: port)
        try startThread {
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                try? startThread {
                    while let request = request(connection) {
                        let answer = request.contains("/none ") ? none : good
                        let isCut = request.contains("/cut ")
                        send(connection, answer, isCut ? answer.utf8.count - 2 : answer.utf8.count, Int32(MSG_NOSIGNAL))
                        if isCut { break }
                    }
                    close(connection)
                }
            }
        }
        return "http://127.0.0.1:\(port)"
    }

    private static func request(_ connection: Int32) -> String? {
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4_096))
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `count` requests on 32 tasks: of 20, one is cut off and three are refused.
    static func ask(_ store: S3Store, count: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<32 {
                group.addTask {
                    for number in stride(from: task, to: count, by: 32) {
                        let (key, expected): (String, DESError.Code?) =
                            switch number % 20 {
                            case 3: ("cut", .unavailable)
                            case 7, 8, 9: ("none", .notFound)
                            default: ("good", nil)
                            }
                        do {
                            let found = try await store.get(key, .bytes(0..<3), ifMatch: nil)
                            guard expected == nil, found.bytes == Array("abc".utf8) else {
                                throw DESError(.corrupt, key)
                            }
                        } catch let error as DESError where error.code == expected {}
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    static func descriptorCount() -> Int { (0..<4_096).count { fcntl($0, F_GETFD) >= 0 } }

    /// Memory that is no file's.
    static func anonymousByteCount() throws -> Int {
        let status = Program.contents(of: "/proc/self/status").split(separator: "\n")
        let line = status.first { $0.hasPrefix("RssAnon:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
}
