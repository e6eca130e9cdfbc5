import ArgumentParser
import DESConsole
import DESCore
import DESStore

struct LocateCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "locate",
        abstract: "Print where an entry lies: URL, offset and length, for a range request by anything.",
        discussion: """
            Prints the URL of the container, the offset and the length of the stored body, and its CRC32C in hexadecimal,
            separated by tabs. With --presign the URL reads the object without credentials.

            EXAMPLES
              des locate s3://bucket/photos.des 2024/a.jpg
              des locate --presign 3600 --json s3://bucket/photos.des 2024/a.jpg
            """)

    @OptionGroup var source: ArchiveArgument
    @Argument(help: "The entry, by its whole name.")
    var name: String
    @Option(help: ArgumentHelp("Sign the URL for so many seconds, at most 604800.", valueName: "seconds"))
    var presign: Int?
    @OptionGroup var output: OutputOptions

    func run(_ console: Console) async throws -> ExitStatus {
        let wanted = try EntryName(name)
        let found = try await source.withReader(console) { reader -> (Entry, outside: String?)? in
            guard let entry = try await reader.find(wanted) else { return nil }
            return (entry, try await reader.placeOutside(of: entry))
        }
        guard let (entry, outside) = found else {
            throw DESError(.notFound, "no entry named \(wanted.quoted)", place: source.archive)
        }
        let url = try await url(outside ?? source.archive)
        let (location, crc) = (entry.location, entry.location.bodyCRC)
        if console.isJSON {
            try console.print(
                "location",
                [
                    JSON.Member("url", .string(url)), JSON.Member("name", .string(name)),
                    JSON.Member("offset", .integer(location.body.lowerBound)),
                    JSON.Member("length", .integer(entry.byteCount)),
                    JSON.Member("flags", .integer(location.flags.rawValue)),
                    JSON.Member("crc32c", crc.map { .integer($0) } ?? .null),
                ])
        } else {
            let note = location.flags.obstacle.map { "\t[\($0)]" } ?? ""
            let digits = crc.map { String($0, radix: 16) } ?? "-"
            let padding = String(repeating: "0", count: crc == nil ? 0 : max(0, 8 - digits.count))
            try console.print(
                "\(url.escapingControlCharacters)\t\(location.body.lowerBound)\t\(entry.byteCount)\t\(padding)\(digits)"
                    + note)
        }
        return .done
    }

    private func url(_ place: String) async throws -> String {
        switch try Place(place) {
        case .file(let path):
            guard presign == nil else {
                throw DESError(.invalidArgument, "only an object's URL can be signed", place: path)
            }
            return path
        case .object(let location):
            guard let presign else { return location.text }
            return try await Place.bucket(location.bucket).presignedURL(location.key, seconds: presign)
        }
    }
}
