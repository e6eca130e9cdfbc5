import DESCore
import DESStore

extension S3Location {
    /// It stands for what begins with it: no key, or one that ends with a slash.
    var isPrefix: Bool { key.isEmpty || key.utf8.last == UInt8(ascii: "/") }

    /// As it is typed.
    var text: String { "s3://\(bucket)/\(key)" }

    /// Writes a container there while it is made, without a local copy.
    /// - Throws: ``DESError/Code/conflict`` if there is one and it is not to be replaced.
    func sink(replacing: Bool) async throws -> ObjectSink {
        try checkIsObject()
        let store = try await Place.bucket(bucket)
        if !replacing {
            // The store makes sure at the end; whoever asked wrongly learns it now.
            do {
                _ = try await store.head(key)
                throw DESError(.conflict, "already exists, and is never overwritten unasked", place: text)
            } catch let error as DESError where error.code == .notFound {}
        }
        return ObjectSink(store, key: key, replacing ? .overwrite : .create)
    }

    /// - Throws: ``DESError/Code/invalidArgument`` for a bucket or a prefix.
    func checkIsObject() throws(DESError) {
        guard !isPrefix else {
            throw DESError(.invalidArgument, "\(text) names no object; expected s3://bucket/key")
        }
    }
}
