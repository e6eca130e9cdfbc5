import ArgumentParser
import DESConsole
import DESCore
import DESStore
import Glibc

struct PackCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Pack files into a container.",
        discussion: """
            Names in the container are relative to each DIR. Mode, time and a media type guessed from the extension are
            kept; empty directories and symbolic links too, the modes of other directories not. No link below a DIR is
            followed, not even one that takes the place of a directory meanwhile. What cannot be packed (a file that
            vanishes or changes size meanwhile, a device, a name that is not UTF-8) is reported and left out, and the exit
            status is 3. The container appears under its name when it is whole and on disk, never before; until then it is
            OUT.partial. A whole container that has that name is never touched (exit status 13). In a bucket there is
            nothing until then but the parts of the upload, and for a moment an object .des-probe-… that finds out whether
            the store replaces objects: an interrupted pack leaves them. A rule of the bucket for incomplete uploads
            removes the parts.

            With --sharded OUT is a store for any number of packs: each file gets a name that no other file has, and goes
            into a container OUT/YYYY-MM-DD/shard_NNNNN/ID.des of its day and shard, clustered. Once a container is there,
            and only then, one line of JSON on standard output says of each file in it under which name it lies where:
            {"type":"entry","source":"DIR/a.jpg","name":"…","key":"…","offset":16,"length":812}. META keeps the source too.
            Empty directories have no name. An interrupted pack leaves what these lines say; a second one makes new names.

            EXAMPLES
              des pack photos -o photos.des
              des pack logs --exclude '*.tmp' --order key -o logs.des
              find . -name '*.json' -print0 | des pack --files-from - -0 -o json.des
              des pack photos -o - | ssh host 'cat > photos.des'
              des pack photos --order key -o s3://bucket/photos.des
              des pack --sharded photos --node-id 0-15 -o s3://bucket/archive > names.jsonl
              des pack --sharded photos --node-id 7 --day 2026-01-31 -o store > names.jsonl
            """)

    enum Order: String, ExpressibleByArgument, CaseIterable {
        case input, key
    }

    @Argument(
        help: ArgumentHelp("Directories, whose content is packed, or single files.", valueName: "dir"),
        completion: .directory)
    var inputs: [String] = []
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "The container to write: a path or s3://bucket/key; - is standard output. With --sharded the store.",
            valueName: "out.des"),
        completion: .file(extensions: ["des"]))
    var target: String
    @Option(
        help: ArgumentHelp(
            "Pack the paths listed in this file, one a line; - is standard input. They are relative to DIR, or to the "
                + "current directory; no link above them is followed. A directory gives all that is below it, once, "
                + "whatever else is listed.", valueName: "file"), completion: .file())
    var filesFrom: String?
    @Flag(name: [.customShort("0"), .customLong("null")], help: "The listed paths are ended by NUL.")
    var nulSeparated = false
    @Option(help: ArgumentHelp("Leave out what this matches, as in 'des ls'. May be repeated.", valueName: "glob"))
    var exclude: [String] = []
    @Option(
        help: """
            Keep the order of the input, or cluster by key: fewer requests when read from object storage (default: input; \
            key with --sharded).
            """)
    var order: Order?
    @Option(
        help: ArgumentHelp(
            #"Metadata by name: lines of {"name":"…","meta":{…}}."#, valueName: "file.jsonl"), completion: .file())
    var meta: String?
    @Flag(help: "Replace the container if it is there.")
    var force = false
    @Flag(help: S3Location.withoutCreateOnlyHelp)
    var withoutCreateOnly = false
    @OptionGroup(title: "Many containers") var sharding: ShardedOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if inputs.isEmpty && filesFrom == nil { throw ValidationError("give a DIR to pack, or --files-from") }
        if filesFrom != nil && inputs.count > 1 { throw ValidationError("--files-from takes at most one DIR") }
        if target.isEmpty { throw ValidationError("give --output a path, or - for standard output") }
        if nulSeparated && filesFrom == nil { throw ValidationError("-0 goes with --files-from") }
        if target == "-" && output.json { throw ValidationError("--json and -o - both need standard output") }
        if sharding.sharded { try validateSharded() }
    }

    func run(_ console: Console) async throws -> ExitStatus {
        sharding.sharded ? try await packSharded(console) : try await packOne(console)
    }

    private func packOne(_ console: Console) async throws -> ExitStatus {
        let start = ContinuousClock.now
        let faults = Faults(console)
        let metaFile = try metaFile()
        let starts = try starts(faults)
        let target = try await makeTarget()
        let progress = Progress("packed", console)
        let excludes = exclude.map(NamePattern.init)
        let walk = TreeWalk(starts, excludes: excludes) { faults.report($0) }
        let reader = FileReader(meta: metaFile, own: target.own)
        let packer = TreePacker(target.writer, reader, faults: faults, progress: progress)
        let order = order
        let summary: TreePacker.Summary
        do {
            summary = try await progress.whileShown(
                prepare: { if order != .key { await PackCommand.count(starts, excludes, progress) } },
                { try await order == .key ? packer.packClustered(walk) : packer.pack(walk) })
        } catch {
            await target.upload?.waitUntilOver()
            throw error
        }
        reportUnused(metaFile, faults)
        try report(summary, ContinuousClock.now - start, console)
        return faults.count == 0 ? .done : .partial
    }

    func starts(_ faults: Faults) throws -> [TreeWalk.Start] {
        guard let filesFrom else { return try InputList.starts(inputs) }
        return try InputList.starts(
            listedIn: filesFrom, nulSeparated: nulSeparated, relativeTo: inputs.first,
            report: { faults.report($0) })
    }

    func metaFile() throws -> MetaFile { if let meta { try MetaFile(path: meta) } else { MetaFile() } }

    func reportUnused(_ metaFile: MetaFile, _ faults: Faults) {
        for name in metaFile.unusedNames {
            faults.report(
                DESError(.notFound, "there is metadata for \(name.quoted), which was not packed", place: meta))
        }
    }

    /// What is written, and how it is known should the walk meet it.
    private struct Target: ~Copyable {
        let writer: ContainerWriter
        var own = OwnOutput()
        /// Where it is an object.
        var upload: ObjectSink?
    }

    private func makeTarget() async throws -> sending Target {
        var options = ContainerWriter.Options()
        if target == "-" {
            guard isatty(STDOUT_FILENO) == 0 else {
                throw DESError(.invalidArgument, "a container is not written to a terminal; redirect standard output")
            }
            let sink = try PipeSink(descriptor: STDOUT_FILENO, name: "standard output")
            return Target(writer: try ContainerWriter(to: sink, options: options), own: OwnOutput(target: target))
        }
        let path: String
        switch try Place(target) {
        case .file(let file): path = file
        case .object(let location):
            let sink = try await location.sink(replacing: force, trustingOthers: withoutCreateOnly)
            return Target(writer: try ContainerWriter(to: sink, options: options), upload: sink)
        }
        options.spillDirectory = SpoolFile.directory(of: path)
        let spool = try SpoolFile(path: path, replacing: force, removedWhenInterrupted: true)
        return Target(writer: try ContainerWriter(to: spool, options: options), own: OwnOutput(target: path))
    }

    /// Counts the files beforehand, for the progress line's ETA.
    private static func count(_ starts: [TreeWalk.Start], _ excludes: [NamePattern], _ progress: Progress) async {
        let count = try? await BlockingPool.shared.run {
            var walk = TreeWalk(starts, excludes: excludes) { _ in }
            var count = 0
            while case let items = walk.next(1_024), !items.isEmpty { count += items.count }
            return count
        }
        if let count { progress.expect(files: count) }
    }

    private func report(_ summary: TreePacker.Summary, _ elapsed: Duration, _ console: Console) throws {
        if console.isJSON {
            try console.print(
                "summary",
                [
                    JSON.Member("container", .string(target)),
                    JSON.Member("packed", .integer(summary.container.entryCount)),
                    JSON.Member("bytes", .integer(summary.container.byteCount)),
                    JSON.Member("left_out", .integer(summary.leftOutCount)),
                    JSON.Member("clustered", .bool(summary.container.isClustered)),
                ])
        } else {
            let leftOut = summary.leftOutCount > 0 ? ", \(Amounts.count(summary.leftOutCount)) left out" : ""
            console.note(
                "packed \(Amounts.count(summary.container.entryCount)) entries\(leftOut), "
                    + "\(Amounts.bytes(summary.container.byteCount)), in \(Amounts.duration(elapsed))")
        }
    }
}
