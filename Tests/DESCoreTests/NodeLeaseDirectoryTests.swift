import Glibc
import Testing

@testable import DESCore

@Suite("Node ids leased through files")
struct NodeLeaseDirectoryTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func leases(_ nodes: ClosedRange<UInt8> = 0...255) -> NodeLeaseDirectory {
        NodeLeaseDirectory(path: directory.path, nodes: nodes)
    }

    /// Node 0, which nobody holds for long: a program that another test is just starting has a copy of each lock until it is
    /// started.
    private func acquireFirst() async throws -> any NodeLease {
        while true {
            do {
                return try #require(try await leases(0...0).acquire())
            } catch let error as DESError where error.code == .conflict {
                await Task.yield()
            }
        }
    }

    private func file(_ node: Int) -> String { directory / "node-00\(node)" }

    @Test("each id is given to one at a time, and given again when it was given back")
    func exclusive() async throws {
        let all = leases(0...2)
        var held: [any NodeLease] = []
        for node in 0..<3 as Range<UInt8> {
            let lease = try #require(try await all.acquire())
            #expect(lease.node == node && lease.floor == 0)
            held.append(lease)
        }
        #expect(try await leases(0...2).acquire() == nil)
        try await held[1].raise(to: 5_000)
        try await held[1].release(at: 1_234)
        let again = try #require(try await leases().acquire())
        #expect(again.node == 1 && again.floor == 1_234)
        await #expect(throws: DESError.self) { try await held[1].raise(to: 9_000) }
    }

    @Test(
        "an id, or a range of them, is written in decimal digits",
        arguments: [
            ("7", 7...7), ("0-15", 0...15), ("255", 255...255), ("0-255", 0...255), ("003-004", 3...4), ("9-9", 9...9),
        ] as [(String, ClosedRange<UInt8>)])
    func ranges(text: String, nodes: ClosedRange<UInt8>) { #expect(NodeRange.parse(text) == nodes) }

    @Test(
        "anything else is no range of ids",
        arguments: ["", "-", "256", "0-256", "5-3", "-5", "5-", "1-2-3", "+7", "7 ", "0x7", "1,2", "0\u{2013}15"])
    func noRanges(text: String) { #expect(NodeRange.parse(text) == nil) }

    @Test("a fixed id that somebody has is a conflict")
    func fixed() async throws {
        let lease = try await leases(7...7).acquire()
        let error = await #expect(throws: DESError.self) { try await leases(7...7).acquire() }
        #expect(error?.code == .conflict && error?.message.contains("7") == true)
        _ = lease
    }

    @Test("after a crash the floor is the last ceiling that was stored, whichever line a crash tore")
    func crash() async throws {
        do {
            let lease = try #require(try await leases().acquire())
            for ceiling in [100, 200, 300] { try await lease.raise(to: ceiling) }
        }  // closed without being released, as when the process dies
        let bytes = try Self.read(file(0))
        #expect(bytes.count == 128)
        let lines = [Array(bytes[..<64]), Array(bytes[64...])]
        #expect(lines.map { String(decoding: $0, as: UTF8.self) }.contains { $0.hasPrefix("ceiling 300, checksum ") })
        for place in 0..<128 {
            var torn = bytes
            torn[place] ^= 0x10
            try Self.write(file(0), torn)
            let isNewer = lines[place / 64].starts(with: "ceiling 300".utf8)
            let floor = try await acquireFirst().floor
            #expect(floor == (isNewer ? 200 : 300), "byte \(place)")
        }
        // What was being appended when the first ceiling was stored.
        for count in 1..<64 {
            try Self.write(file(0), Array(bytes[..<count]))
            let error = await #expect(throws: DESError.self) { try await acquireFirst() }
            #expect(error?.code == .corrupt && error?.place == file(0))
        }
    }

    @Test("of a range an id whose file is damaged is left out, and said when no other is left")
    func damagedOne() async throws {
        do {
            let lease = try #require(try await leases(0...1).acquire())
            try await lease.raise(to: 100)
        }
        try Self.write(file(0), Array("damaged".utf8))
        let lease = try #require(try await leases(0...1).acquire())
        #expect(lease.node == 1)
        let error = await #expect(throws: DESError.self) { try await leases(0...1).acquire() }
        #expect(error?.code == .corrupt && error?.place == file(0))
    }

    @Test("a file that cannot be used, or is none, does not stop the other ids of a range")
    func unusable() async throws {
        mkdir(file(0), 0o700)
        let lease = try #require(try await leases(0...1).acquire())
        #expect(lease.node == 1)
        let error = await #expect(throws: DESError.self) { try await leases(0...0).acquire() }
        #expect(error?.place == file(0))
    }

    @Test("whoever removes or replaces the file of an id ends its lease: no ceiling is stored where nobody finds it")
    func removed() async throws {
        for replace in [false, true] {
            let lease = try await acquireFirst()
            try await lease.raise(to: 100)
            let bytes = try Self.read(file(0))
            unlink(file(0))
            if replace { try FileDescriptor(opening: file(0), O_WRONLY | O_CREAT).write(bytes.span.bytes) }
            let error = await #expect(throws: DESError.self) { try await lease.raise(to: 200) }
            #expect(error?.code == .conflict && error?.place == file(0))
        }
    }

    @Test("an id whose names would begin far in the future is taken only when there is no other")
    func farFloor() async throws {
        let clock = NameClock(wall: { 1_000_000 }, steady: { 0 })
        for (node, floor) in [(0, 9_000_000), (1, 5_000_000), (2, 1_000_000)] {
            let one = NodeLeaseDirectory(path: directory.path, nodes: UInt8(node)...UInt8(node), clock: clock)
            try await one.acquire()?.release(at: floor)
        }
        let all = NodeLeaseDirectory(path: directory.path, nodes: 0...2, clock: clock)
        var held: [any NodeLease] = []
        for _ in 0..<3 { held.append(try #require(try await all.acquire())) }
        #expect(held.map(\.node) == [2, 1, 0])
    }

    @Test("the directory is made with all above it, and a file appears whole")
    func made() async throws {
        let path = directory.path + "/a/b//c/"
        let lease = try #require(try await NodeLeaseDirectory(path: path, nodes: 4...4).acquire())
        #expect(lease.floor == 0)
        #expect(try Self.read(path + "node-004").count == 128)
        var entries: [String] = []
        let opened = try #require(opendir(path))
        while let entry = readdir(opened) {
            entries.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        closedir(opened)
        #expect(entries.filter { !$0.hasPrefix(".") } == ["node-004"])
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = try FileDescriptor(opening: path, O_RDONLY)
        return try file.read(0..<Int(try file.status().st_size))
    }

    private static func write(_ path: String, _ bytes: [UInt8]) throws {
        let file = try FileDescriptor(opening: path, O_WRONLY | O_TRUNC)
        try file.write(bytes.span.bytes)
    }
}
