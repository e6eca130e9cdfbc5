internal import DESCatalog
internal import DESCore
internal import DESStore

/// Where containers go, and where they are written before.
struct Destination: Sendable {
    let store: any ObjectStore
    /// The same, for questions that are asked again soon if there is no answer.
    private let impatient: any ObjectStore
    /// For containers that fit on this machine.
    let spool: SpoolMaker
    /// For those that may not.
    let largeSpool: SpoolMaker

    /// What is said of it where a setting is wrong.
    static let expected = "expected s3://bucket, or a directory"

    /// - Parameters:
    ///   - text: a bucket or a directory.
    ///   - spoolDirectory: for a bucket.
    init(_ text: String, spoolDirectory: String) async throws {
        if S3Location.isMeant(by: text) {
            let location = try S3Location(parsing: text)
            guard location.key.isEmpty else {
                throw DESError(
                    .invalidArgument, "\"\(text)\": expected s3://bucket; what keys begin with is names.key-prefix")
            }
            // What cannot be written to now cannot be later either.
            _ = try FileDescriptor.unnamed(in: spoolDirectory, for: "containers")
            let bucket = try await S3Store.connect(bucket: location.bucket)
            let store = RetryingStore(bucket)
            self.store = store
            impatient = RetryingStore(bucket, policy: RetryPolicy(deadline: .seconds(2)))
            spool = { try FileSpool(store, key: $0, directory: spoolDirectory) }
            largeSpool = { StreamSpool(store, key: $0) }
        } else {
            guard let path = text.hasPrefix("file:") ? fileURLPath(text) : text, !text.contains("://") || path != text
            else {
                throw DESError(.invalidArgument, "\"\(text)\": \(Destination.expected)")
            }
            let directory = DirectoryStore(path: path)
            (store, impatient) = (directory, directory)
            spool = { try directory.spool($0) }
            largeSpool = spool
        }
    }

    /// Finds out whether containers are safe there, and those of this deployment.
    /// - Throws: ``DESError/Code/unsupported`` for a store that replaces what is there although it was told not to;
    ///   ``DESError/Code/conflict`` for one of another deployment.
    func check(_ layout: DeploymentLayout) async throws {
        let prefix = layout.keyPrefix.isEmpty ? "" : layout.keyPrefix + "/"
        guard try await impatient.createSupport(below: prefix) != .none else {
            throw DESError(
                .unsupported,
                "the store replaces objects although it is told not to (it ignores If-None-Match): it is no place for "
                    + "containers", place: store.name)
        }
        try await LayoutRecord(layout: layout).settle(in: impatient)
    }
}
