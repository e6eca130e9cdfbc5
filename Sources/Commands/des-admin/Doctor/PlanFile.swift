import ArgumentParser
import DESCore

/// A plan on the command line.
struct PlanOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Do what this plan says, and nothing else.", valueName: "plan"), completion: .file())
    var apply: String?
    @Option(
        help: ArgumentHelp("Refuse a plan that is older.", valueName: "time"), transform: Period.parse)
    var maxAge = Duration.seconds(86_400)

    private static let byteCountMax = 1 << 30

    /// The bytes of the file.
    static func bytes(of path: String) async throws -> [UInt8] {
        let (bytes, byteCount) = try await FileByteSource(path: path).readTail(byteCountMax)
        guard bytes.count == byteCount else {
            throw DESError(.invalidArgument, "expected at most \(byteCountMax) bytes", place: path)
        }
        return bytes
    }
}
