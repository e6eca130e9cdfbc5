import DESCore
import DESStore

/// Where the source of a packed file is, and whether it can be deleted there.
enum SourcePlace: Sendable, Hashable {
    /// An object of a bucket.
    case object(bucket: String, key: String)
    /// A file of this machine.
    case file(path: String)
    /// Nothing is deleted there, for this reason.
    case other(String)

    /// - Parameter directory: where paths that do not begin with a slash begin.
    init(_ text: String, below directory: String?) {
        if S3Location.isMeant(by: text) {
            guard let location = try? S3Location(parsing: text), !location.key.isEmpty else {
                self = .other("is no address of an object")
                return
            }
            self = .object(bucket: location.bucket, key: location.key)
        } else if text.hasPrefix("file:") {
            self = fileURLPath(text).map { .file(path: $0) } ?? .other("is no address of a file")
        } else if text.hasPrefix("/") {
            self = .file(path: text)
        } else if text.contains("://") {
            self = .other("is behind a URL, where nothing is deleted")
        } else if let directory {
            self = .file(path: directory + "/" + text)
        } else {
            self = .other("is a relative path, and packer.source-directory is not set")
        }
        if case .file(let path) = self, path.utf8.contains(0) { self = .other("is no path of a file") }
    }
}

extension Deployment {
    /// Whether this is an object of the deployment itself, whatever names it as a source.
    func owns(_ place: SourcePlace) -> Bool {
        switch place {
        case .object(let bucket, let key):
            store.name == "s3://\(bucket)"
                && (containerKey(key) != nil || key == recordKey || key.hasPrefix(root + "manifests/")
                    || key.contains("/_bigFiles/"))
        case .file(let path): ("file://" + path).hasPrefix(store.name + "/")
        case .other: false
        }
    }
}
