import ArgumentParser
import DESConsole
import DESCore

/// The container a verb reads.
struct ArchiveArgument: ParsableArguments {
    @Argument(
        help: "The container: a path, file:///path or s3://bucket/key.", completion: .file(extensions: ["des"]))
    var archive: String
    @Flag(help: "Say on standard error how many reads, round trips and bytes it took.")
    var stats = false

    /// Opens it, and says afterwards what that and `use` cost, if that is wanted.
    func withReader<R>(_ console: Console, _ use: (ContainerReader) async throws -> R) async throws -> R {
        let start = ContinuousClock.now
        let source = CountingByteSource(try await Place(archive).source())
        defer { if stats { report(source.counts, ContinuousClock.now - start, console) } }
        var options = ContainerReader.Options()
        options.cache = MemoryIndexCache.shared
        return try await use(try await ContainerReader(source, options: options))
    }

    private func report(_ counts: CountingByteSource.Counts, _ elapsed: Duration, _ console: Console) {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        console.message(
            console.isJSON
                ? JSON.object([
                    JSON.Member("type", .string("stats")), JSON.Member("reads", .integer(counts.reads)),
                    JSON.Member("round_trips", .integer(counts.roundTrips)),
                    JSON.Member("bytes", .integer(counts.bytes)), JSON.Member("seconds", .number("\(seconds)")),
                ]).text
                : "\(counts.reads) reads in \(counts.roundTrips) round trips, \(counts.bytes) bytes, "
                    + Amounts.duration(elapsed))
    }
}
