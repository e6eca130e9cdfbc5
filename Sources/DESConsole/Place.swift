package import DESCore
package import DESStore

/// Where a container is, as it is typed: a path, `file://` and a path, or `s3://bucket/key`.
package enum Place {
    case file(String)
    case object(S3Location)

    package init(_ text: String) throws(DESError) {
        if S3Location.isMeant(by: text) {
            self = .object(try S3Location(parsing: text))
        } else if text.utf8.starts(with: "file:".utf8) {
            self = .file(try Place.path(ofFileURL: text))
        } else {
            self = .file(text)
        }
    }

    /// The bytes of the container.
    package func source() async throws -> any ByteSource {
        switch self {
        case .file(let path): return try FileByteSource(path: path)
        case .object(let location):
            try location.checkIsObject()
            return ObjectByteSource(try await Place.bucket(location.bucket), key: location.key)
        }
    }

    /// A bucket, with requests that are repeated where that helps.
    package static func bucket(_ name: String) async throws -> some ObjectStore {
        RetryingStore(try await S3Store.connect(bucket: name))
    }

    /// - Throws: ``DESError/Code/invalidArgument`` for what is no such URL.
    package static func path(ofFileURL text: String) throws(DESError) -> String {
        if let path = fileURLPath(text) { return path }
        throw DESError(.invalidArgument, "\"\(text)\": expected file:///path, percent-encoded")
    }
}
