import ArgumentParser
import DESConsole
import DESCore
import DESStore
import Glibc

/// How an input is written.
enum ImportFormat: String, ExpressibleByArgument, CaseIterable {
    case jsonl, csv, s3
}

/// What `des catalog import` is given.
enum ImportInput {
    case file(path: String, ImportFormat)
    case standardInput(ImportFormat)
    case bucket(S3Location)
    case directory(path: String)

    /// - Throws: ``ArgumentParser/ValidationError`` if the format is not known, or cannot be that of the input.
    init(_ text: String, _ format: ImportFormat?) throws {
        if S3Location.isMeant(by: text) {
            try ImportInput.require(format, .s3, text)
            self = .bucket(try S3Location(parsing: text))
            return
        }
        var path = text
        if text.utf8.starts(with: "file:".utf8) {
            path = try Place.path(ofFileURL: text)
            if path.utf8.last == UInt8(ascii: "/") {
                try ImportInput.require(format, .s3, text)
                self = .directory(path: path)
                return
            }
        }
        guard format != .s3 else {
            throw ValidationError("--format s3 lists objects: expected s3://bucket/prefix or file:///directory/")
        }
        if text == "-" {
            guard let format else { throw ValidationError("standard input needs --format jsonl or --format csv") }
            self = .standardInput(format)
            return
        }
        guard let found = format ?? ImportInput.format(ofName: path) else {
            throw ValidationError(
                "\"\(text)\": the format is known of names that end with .jsonl, .ndjson, .json or .csv; others need "
                    + "--format, and a directory is written file:///directory/")
        }
        self = .file(path: path, found)
    }

    private static func require(_ format: ImportFormat?, _ wanted: ImportFormat, _ text: String) throws {
        guard let format, format != wanted else { return }
        throw ValidationError("\"\(text)\" is listed: its format is \(wanted.rawValue), not \(format.rawValue)")
    }

    private static func format(ofName path: String) -> ImportFormat? {
        switch path.split(separator: ".").last?.lowercased() {
        case "jsonl", "ndjson", "json": .jsonl
        case "csv": .csv
        default: nil
        }
    }

    /// Whether an import that was interrupted can go on.
    var isResumable: Bool { if case .standardInput = self { false } else { true } }

    /// Opens it.
    /// - Parameter stopsAtProblem: a batch ends before a line that is no row.
    func source(_ interruption: Interruption, stopsAtProblem: Bool) async throws -> any ImportSource {
        switch self {
        case .file(let path, let format):
            let file = try InputFile(path: path, interruption)
            return ImportInput.records(file, format, place: path, stopsAtProblem)
        case .standardInput(let format):
            let file = try InputFile(standardInput: interruption)
            return ImportInput.records(file, format, place: "standard input", stopsAtProblem)
        case .bucket(let location):
            return ListingSource(
                try await Place.bucket(location.bucket), prefix: location.key, name: location.text,
                url: { "s3://\(location.bucket)/\($0)" })
        case .directory(let path):
            let store = DirectoryStore(path: path)
            let root = store.name.utf8.dropFirst("file://".utf8.count)
            let base = String(decoding: root, as: UTF8.self)
            return ListingSource(
                store, prefix: "", name: store.name + "/",
                url: { "file://" + "\(base)/\($0)".percentEncoded(keepsSlash: true) })
        }
    }

    private static func records(
        _ file: InputFile, _ format: ImportFormat, place: String, _ stopsAtProblem: Bool
    ) -> any ImportSource {
        format == .csv
            ? RecordSource(file, CSVRecords(), place: place, stopsAtProblem: stopsAtProblem)
            : RecordSource(file, JSONRecords(), place: place, stopsAtProblem: stopsAtProblem)
    }
}
