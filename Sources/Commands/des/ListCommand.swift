import ArgumentParser
import DESConsole
import DESCore

struct ListCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the entries of a container, or the objects of a bucket.",
        discussion: """
            In the order in which they lie in the container, unless sorted. A GLOB without / is matched against every
            part of a name, so '*.txt' lists text files at any depth; one with / is matched from the start, where *
            stays within a part and ** crosses them. A plain name also selects what lies below it.
            Of s3://bucket and s3://bucket/prefix/ the objects there are listed, what lies deeper as prefixes.

            EXAMPLES
              des ls photos.des
              des ls -l --sort size photos.des '*.jpg'
              des ls --json photos.des '2024/**'
              des ls -l s3://bucket/photos/
            """)

    enum Order: String, ExpressibleByArgument, CaseIterable {
        case name, size
    }

    @OptionGroup var source: ArchiveArgument
    @Argument(help: ArgumentHelp("List only these names, and what lies below them.", valueName: "glob"))
    var globs: [String] = []
    @Flag(name: .short, help: "Mode, size and time of each entry too.")
    var long = false
    @Option(help: "Sort by name, or by size, largest first.")
    var sort: Order?
    @OptionGroup var output: OutputOptions

    /// Entries whose META is fetched at one time, and bytes of it: objects may be 10 MiB each.
    private static let chunkCount = 4_096
    private static let chunkMetaByteCount = 4 << 20

    func run(_ console: Console) async throws -> ExitStatus {
        if case .object(let location) = try Place(source.archive), location.isPrefix {
            guard globs.isEmpty, sort == nil else {
                throw DESError(
                    .invalidArgument, "a listing of a bucket takes no GLOB and no --sort", place: source.archive)
            }
            return try await list(location, console)
        }
        return try await source.withReader(console) { reader in try await run(console, reader) }
    }

    private func run(_ console: Console, _ reader: ContainerReader) async throws -> ExitStatus {
        let index = try await reader.index()
        var positions = try index.select(globs.map(NamePattern.init), archive: source.archive)
        let hidden = Set(reader.hiddenEntries())
        positions.removeAll { hidden.contains($0) }
        switch sort {
        case .name: positions.sort { index[$0].name < index[$1].name }
        case .size: positions.sort { (index[$1].byteCount, $0) < (index[$0].byteCount, $1) }
        case nil: break
        }
        var start = 0
        while start < positions.count {
            var metaByteCount = 0
            let entries = Array(
                positions[start..<min(start + ListCommand.chunkCount, positions.count)].lazy.map { index[$0] }
                    .prefix { entry in
                        defer { metaByteCount += entry.location.meta.count }
                        return metaByteCount <= ListCommand.chunkMetaByteCount
                    })
            let metas = long || console.isJSON ? try await reader.metadata(of: entries) : []
            for (place, entry) in entries.enumerated() {
                if console.isJSON {
                    try console.print("entry", ListCommand.members(of: entry, metas[place]))
                } else if long {
                    try console.print(ListCommand.line(entry, metas[place], console))
                } else {
                    try console.print(console.printable(entry.name))
                }
            }
            start += entries.count
        }
        return .done
    }

    private static func members(of entry: Entry, _ meta: Metadata) -> [JSON.Member] {
        var members = [
            JSON.Member("name", .string(entry.name.string)), JSON.Member("size", .integer(entry.byteCount)),
            JSON.Member("offset", .integer(entry.location.body.lowerBound)),
            JSON.Member("flags", .integer(entry.location.flags.rawValue)),
        ]
        if let crc = entry.location.bodyCRC { members.append(JSON.Member("crc32c", .integer(crc))) }
        return members + [JSON.Member("meta", meta.json)]
    }

    private static func line(_ entry: Entry, _ meta: Metadata, _ console: Console) -> String {
        let size = String(entry.byteCount)
        let time = meta.modified?.text.map { $0.prefix(10) + " " + $0.dropFirst(11).prefix(8) } ?? "-"
        let note = entry.location.flags.obstacle.map { " [\($0)]" } ?? ""
        return modeText(meta) + "  " + String(repeating: " ", count: max(0, 12 - size.count)) + size + "  "
            + time + String(repeating: " ", count: max(0, 19 - time.count)) + "  "
            + console.printable(entry.name) + note
    }

    /// `-rw-r--r--`, or question marks where the container does not say.
    private static func modeText(_ meta: Metadata) -> String {
        let kind =
            switch meta.kind {
            case .file: "-"
            case .symlink: "l"
            case .directory: "d"
            case nil: "?"
            }
        guard let mode = meta.mode else { return kind + "?????????" }
        let letters = zip(0..<9, "rwxrwxrwx").map { bit, letter in mode & (0o400 >> bit) != 0 ? letter : "-" }
        return kind + String(letters)
    }
}
