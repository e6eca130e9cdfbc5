import DESConsole
import DESCore
import DESStore

/// A store, as it is typed.
struct StoreAddress {
    private let text: String
    private let place: Place

    init(_ text: String) throws(DESError) {
        guard S3Location.isMeant(by: text) || text.hasPrefix("file:") || !text.contains("://") else {
            throw DESError(.invalidArgument, "\"\(text)\": expected s3://bucket, or a directory")
        }
        self.text = text
        place = try Place(text)
    }

    /// What keys begin with there, if that is said, without a slash at the end.
    var keyPrefix: String? {
        guard case .object(let location) = place, !location.key.isEmpty else { return nil }
        return location.key.hasSuffix("/") ? String(location.key.dropLast()) : location.key
    }

    func checkHasNoPrefix() throws(DESError) {
        guard keyPrefix == nil else {
            throw DESError(
                .invalidArgument, "\"\(text)\": expected s3://bucket; what keys begin with is names.key-prefix")
        }
    }

    func open() async throws -> any ObjectStore {
        switch place {
        case .object(let location): try await Place.bucket(location.bucket)
        case .file(let path): DirectoryStore(path: path)
        }
    }
}
