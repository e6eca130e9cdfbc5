internal import CDESCore

/// Sends dirty bytes to disk in steps while more come in, so that the fsync at the end is short.
package struct Writeback: Sendable {
    private static let stepByteCount = 8 << 20
    private var start = 0

    package init() {}

    /// The file has `byteCount` bytes now.
    package mutating func advance(_ file: borrowing FileDescriptor, to byteCount: Int) {
        guard byteCount - start >= Writeback.stepByteCount else { return }
        des_start_writeback(file.rawValue, Int64(start), Int64(byteCount - start))
        start = byteCount
    }
}
