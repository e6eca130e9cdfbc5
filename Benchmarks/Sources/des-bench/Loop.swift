import DESCore
import Glibc
import TestServers

/// Loops over the library, each run in a process of its own.
enum Loop {
    static func run(_ name: String, _ arguments: [String]) async throws {
        switch name {
        case "usage":
            let usage = try Command(arguments).run()
            print(usage.seconds)
            print(usage.peakByteCount)
        case "open": try await open(arguments[0], entryCount: Int(arguments[1]) ?? 0)
        case "reads": try reads(arguments[0], entryCount: Int(arguments[1]) ?? 0)
        case "bare-reads": try await bareReads(arguments[0], entryCount: Int(arguments[1]) ?? 0)
        case "memory-reads": try memoryReads(arguments[0], entryCount: Int(arguments[1]) ?? 0)
        case "memory-empty": print(Machine.status("RssAnon"))
        case "names": try await NameLoops.times()
        case "names-rate": try await NameLoops.rate(Int(arguments[0]) ?? 1, arguments[1])
        case "write": try write(Int(arguments[0]) ?? 0)
        default: throw Command.Failure(line: "no loop named \(name)")
        }
    }

    /// Opens the container with the asynchronous reader and reads one name: seconds (median of 101), bytes.
    private static func open(_ path: String, entryCount: Int) async throws {
        var random = SeededGenerator(seed: 3)
        var times: [Double] = []
        var bytes = 0
        for _ in 0..<101 {
            let name = try EntryName(Dataset.name(Int.random(in: 0..<entryCount, using: &random)))
            let start = ContinuousClock.now
            let source = CountingByteSource(try FileByteSource(path: path))
            let reader = try await ContainerReader(source)
            guard let entry = try await reader.find(name) else { throw Command.Failure(line: name.string) }
            _ = try await reader.body(of: entry)
            times.append((ContinuousClock.now - start) / .seconds(1))
            bytes = max(bytes, source.counts.bytes)
        }
        print(Paired.median(times))
        print(bytes)
    }

    private static func names(_ entryCount: Int, _ count: Int) throws -> [EntryName] {
        var random = SeededGenerator(seed: 4)
        return try (0..<count).map { _ in try EntryName(Dataset.name(Int.random(in: 0..<entryCount, using: &random))) }
    }

    /// Checked reads by name through the library: reads per second.
    private static func reads(_ path: String, entryCount: Int) throws {
        let container = try MappedContainer(path: path)
        let names = try names(entryCount, 200_000)
        var sum = 0
        func pass() throws {
            for name in names {
                guard let count = try container.withBody(of: name, { $0.byteCount }) else {
                    throw Command.Failure(line: name.string)
                }
                sum += count
            }
        }
        try pass()
        let start = ContinuousClock.now
        for _ in 0..<5 { try pass() }
        print(Double(5 * names.count) / ((ContinuousClock.now - start) / .seconds(1)))
        precondition(sum == 6 * 1_024 * names.count)
    }

    /// The least a checked read by name can do with pread: the place is given, the bytes are read into a buffer that is
    /// used again, CRC32C of the body and SHA-256 of the name are computed. Reads per second.
    private static func bareReads(_ path: String, entryCount: Int) async throws {
        let reader = try await ContainerReader(try FileByteSource(path: path))
        let names = try names(entryCount, 200_000)
        let offsets = try await reader.find(names).map { $0?.location.body.lowerBound ?? 0 }
        let descriptor = Glibc.open(path, O_RDONLY)
        var buffer = [UInt8](repeating: 0, count: 1_024)
        var sum: UInt64 = 0
        func pass() {
            for (name, offset) in zip(names, offsets) {
                _ = pread(descriptor, &buffer, 1_024, offset)
                sum &+= UInt64(CRC32C.of(buffer.span.bytes)) &+ name.key.rawValue
            }
        }
        pass()
        let start = ContinuousClock.now
        for _ in 0..<5 { pass() }
        print(Double(5 * names.count) / ((ContinuousClock.now - start) / .seconds(1)))
        precondition(sum != 0)
    }

    /// Anonymous memory after 10,000 reads.
    private static func memoryReads(_ path: String, entryCount: Int) throws {
        let container = try MappedContainer(path: path)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<10_000 {
            let name = try EntryName(Dataset.name(Int.random(in: 0..<entryCount, using: &random)))
            guard try container.withBody(of: name, { _ in true }) == true else {
                throw Command.Failure(line: name.string)
            }
        }
        print(Machine.status("RssAnon"))
    }

    /// Writes tiny entries to a sink that keeps nothing: peak memory, bytes of the container, bytes of a v1 container.
    private static func write(_ count: Int) throws {
        final class Nowhere: ByteSink {
            var byteCount = 0
            func write(_ bytes: RawSpan) { byteCount += bytes.byteCount }
            func abandon() {}
            func commit(tail: [UInt8], byteCount: Int) {}
        }
        let sink = Nowhere()
        var writer = try ContainerWriter(to: sink)
        let body = Array("tiny".utf8)
        var plain = 16 + 72
        for entry in 0..<count {
            let digits = String(entry)
            let name = try EntryName("entry-" + String(repeating: "0", count: 10 - digits.count) + digits)
            try writer.append(name, body: body.span.bytes)
            plain += body.count + #"{"size":4}"#.utf8.count + 38 + 16
        }
        _ = try writer.seal()
        // VmHWM counts the program's own pages too; the difference to now is what the peak had on top.
        print(Machine.status("RssAnon") + Machine.status("VmHWM") - Machine.status("VmRSS"))
        print(sink.byteCount)
        print(plain)
    }
}
