package import DESCore
package import DESStore

extension S3Location {
    /// It stands for what begins with it: no key, or one that ends with a slash.
    package var isPrefix: Bool { key.isEmpty || key.utf8.last == UInt8(ascii: "/") }

    /// As it is typed.
    package var text: String { "s3://\(bucket)/\(key)" }

    /// - Throws: ``DESError/Code/invalidArgument`` for a bucket or a prefix.
    package func checkIsObject() throws(DESError) {
        guard !isPrefix else {
            throw DESError(.invalidArgument, "\(text) names no object; expected s3://bucket/key")
        }
    }
}
