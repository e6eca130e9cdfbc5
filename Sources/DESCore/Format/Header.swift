/// HEADER, 16 bytes: magic `DESHEAD1`, version 1, seven zeros. Always the same, so it is compared as a whole.
enum Header {
    static let byteCount = 16
    static let bytes: [UInt8] = Array("DESHEAD1".utf8) + [1, 0, 0, 0, 0, 0, 0, 0]

    /// Checks the first bytes of a container.
    static func check(_ head: RawSpan) throws(DESError) {
        guard head.byteCount >= byteCount, head.extracting(0..<byteCount).equals(bytes.span.bytes) else {
            throw .corrupt("HEADER is not \"DESHEAD1\", version 1 and seven zero bytes", at: 0)
        }
    }
}
