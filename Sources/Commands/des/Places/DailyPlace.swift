import ArgumentParser
import DESConsole
import DESCore
import DESStore
import Glibc

/// Where the containers of `des pack --sharded` go: a directory, or what keys of a bucket begin with.
enum DailyPlace {
    case directory(String)
    case bucket(S3Location, keyPrefix: String)

    /// - Throws: `ValidationError`: wrong usage.
    init(_ text: String) throws {
        switch try DailyPlace.place(text) {
        case .file(let path): self = .directory(path)
        case .object(let location):
            let keyPrefix = location.key.utf8.last == UInt8(ascii: "/") ? String(location.key.dropLast()) : location.key
            guard keyPrefix.utf8.first != UInt8(ascii: "/"), keyPrefix.utf8.last != UInt8(ascii: "/") else {
                throw ValidationError(
                    "--output: expected s3://bucket/prefix, not \"\(text.escapingControlCharacters)\", for --sharded")
            }
            self = .bucket(location, keyPrefix: keyPrefix)
        }
    }

    private static func place(_ text: String) throws -> Place {
        do throws(DESError) { return try Place(text) } catch { throw ValidationError("--output: \(error.message)") }
    }

    /// A place that is there.
    struct Store {
        let objects: any ObjectStore
        let keyPrefix: String
        /// What a walk has to pass over.
        var directory: FileIdentity?
        /// Where META is kept until it is written.
        var spillDirectory: String?
    }

    /// The store. A directory is made if there is none.
    /// - Parameter trustingOthers: the store need not make sure that nothing is replaced.
    func open(trustingOthers: Bool) async throws -> Store {
        switch self {
        case .directory(let path):
            try makeDirectory(path)
            let status = try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY).status()
            return Store(
                objects: DirectoryStore(path: path), keyPrefix: "", directory: FileIdentity(status),
                spillDirectory: path)
        case .bucket(let location, let keyPrefix):
            let store = try await Place.bucket(location.bucket)
            let prefix = keyPrefix.isEmpty ? "" : keyPrefix + "/"
            if !trustingOthers { try await location.checkCreateOnly(store, below: prefix) }
            return Store(objects: store, keyPrefix: keyPrefix)
        }
    }
}
