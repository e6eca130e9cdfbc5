internal import DESCore
internal import DESStore

/// Where the bytes of a row are.
enum SourceAddress: Sendable, Hashable {
    /// `s3://bucket/key`
    case object(bucket: String, key: String)
    /// `file:///path`, `/path`, or a path below a directory that was set
    case file(path: String)
    /// `https://host/path`
    case web(url: String)

    /// - Parameter directory: where paths that do not begin with a slash begin.
    init(_ text: String, below directory: String?) throws(DESError) {
        if S3Location.isMeant(by: text) {
            let location = try S3Location(parsing: text)
            guard !location.key.isEmpty else { throw SourceAddress.unexpected(text) }
            self = .object(bucket: location.bucket, key: location.key)
        } else if ["http://", "https://"].contains(where: { text.lowercased().hasPrefix($0) }) {
            self = .web(url: text)
        } else if text.hasPrefix("file:") {
            guard let path = fileURLPath(text) else { throw SourceAddress.unexpected(text) }
            self = .file(path: path)
        } else if text.hasPrefix("/") {
            self = .file(path: text)
        } else if let directory, !text.contains("://") {
            self = .file(path: directory + "/" + text)
        } else {
            throw SourceAddress.unexpected(text)
        }
        if case .file(let path) = self, path.utf8.contains(0) { throw SourceAddress.unexpected(text) }
    }

    /// What it is a part of, and can be reached or not as a whole: a bucket, a host, the files of this machine.
    var authority: String {
        switch self {
        case .object(let bucket, _): "s3://" + bucket
        case .file: "file://"
        case .web(let url):
            String(
                url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3).joined(
                    separator: "/"))
        }
    }

    private static func unexpected(_ text: String) -> DESError {
        DESError(
            .invalidArgument,
            "the source \"\(text.escapingControlCharacters)\": expected s3://bucket/key, https://host/path, file:///path or "
                + "/path (a relative one needs packer.source-directory)")
    }
}
