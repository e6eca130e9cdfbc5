import ArgumentParser
import DESConsole
import DESCore
import DESStore
import Glibc

struct CopyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "cp",
        abstract: "Copy a container between files and object storage, verified.",
        discussion: """
            Every byte is checked against the checksums of the container: before it is sent to object storage, or before the
            local copy gets its name. A copy of what is damaged is not made. A plain v1 container has no checksums; its
            structure is checked. The copy appears under its name when it is whole, never before. An upload that is
            interrupted leaves its parts in the bucket, until its rule for incomplete uploads removes them.

            EXAMPLES
              des cp photos.des s3://bucket/photos.des
              des cp s3://bucket/photos.des photos.des
            """)

    @Argument(help: "The container: a path or s3://bucket/key.", completion: .file(extensions: ["des"]))
    var from: String
    @Argument(help: "The copy: a path or s3://bucket/key.", completion: .file(extensions: ["des"]))
    var to: String
    @Flag(help: "Replace what is there.")
    var force = false
    @Flag(help: S3Location.withoutCreateOnlyHelp)
    var withoutCreateOnly = false
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if from == "-" || to == "-" {
            throw ValidationError("cp copies between files and objects, not - (standard output)")
        }
    }

    func run(_ console: Console) async throws -> ExitStatus {
        let start = ContinuousClock.now
        let version = try CopyCommand.version(of: Place(from))
        let source = try await Place(from).source()
        let byteCount: Int
        switch try Place(to) {
        case .file(let path): byteCount = try await copy(source, toFile: path)
        case .object(let location):
            // What is far is checked here, before it is sent anywhere.
            try await verify(source)
            let sink = try await location.sink(replacing: force, trustingOthers: withoutCreateOnly)
            do {
                byteCount = try await copy(source, to: sink) {
                    guard try CopyCommand.version(of: Place(from)) == version else {
                        throw DESError(.changed, "was changed while it was copied", place: from)
                    }
                }
            } catch {
                await sink.waitUntilOver()
                throw error
            }
        }
        if console.isJSON {
            try console.print(
                "summary",
                [
                    JSON.Member("from", .string(from)), JSON.Member("to", .string(to)),
                    JSON.Member("bytes", .integer(byteCount)),
                ])
        } else {
            console.note("copied \(Amounts.bytes(byteCount)) in \(Amounts.duration(ContinuousClock.now - start))")
        }
        return .done
    }

    /// Copies to a spool file, and checks that before it gets its name.
    private func copy(_ source: any ByteSource, toFile path: String) async throws -> Int {
        let spool = try SpoolFile(path: path, replacing: force, removedWhenInterrupted: true)
        return try await copy(source, to: spool) { try await verify(try FileByteSource(path: path + ".partial")) }
    }

    private func verify(_ source: any ByteSource) async throws {
        var first: Finding?
        let summary = try await Verifier.verify(source, checkingOutside: false) { first = first ?? $0 }
        guard summary.externalCount == 0 else {
            throw DESError(
                .unsupported,
                "\(summary.externalCount) bodies lie outside of the container, in _bigFiles; only containers with all of "
                    + "their bodies are copied", place: from)
        }
        if let first {
            throw DESError(
                .corrupt, "\(summary.findingCount) findings, the first: \(first)", place: from)
        }
    }

    private func copy(
        _ source: any ByteSource, to sink: any ByteSink, beforeCommit check: () async throws -> Void = {}
    ) async throws -> Int {
        let target = Target(sink: sink)
        do {
            let (tail, byteCount) = try await source.readTail(CopyCommand.tailByteCount)
            var start = 0
            try await inOrder(
                width: source.isRemote ? 4 : 2,
                next: {
                    guard start < byteCount else { return nil as Range<Int>? }
                    defer { start += BodyPieces.pieceByteCount }
                    return start..<min(start + BodyPieces.pieceByteCount, byteCount)
                },
                produce: { try await source.read($0) },
                consume: { piece in try await CopyCommand.thread.run { try target.sink.write(piece.span.bytes) } })
            try await check()
            try await CopyCommand.thread.run { try target.sink.commit(tail: tail, byteCount: byteCount) }
            return byteCount
        } catch {
            sink.abandon()
            throw error
        }
    }

    /// The version of a file: after the copy another one, if somebody has written to it. Of an object one version is read,
    /// or none.
    private static func version(of place: Place) throws(DESError) -> FileVersion? {
        guard case .file(let path) = place else { return nil }
        return FileVersion(try FileDescriptor(opening: path, O_RDONLY | O_NONBLOCK).status())
    }

    private struct Target: @unchecked Sendable {  // goes from job to job, one at a time
        let sink: any ByteSink
    }

    /// For the calls of a sink, see ``ObjectSink``.
    private static let thread = BlockingPool(threadCount: 1)
    /// Read back at the end, and compared.
    private static let tailByteCount = 4_096
}
