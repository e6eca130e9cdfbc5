import DESCatalog
import DESCore
import Glibc

/// Cuts bytes into records and makes rows of them. Pure: what reads asks again with more bytes.
protocol RecordFormat: Sendable {
    /// Whether a header must be taken before the first record.
    var needsHeader: Bool { get }

    /// Takes the header.
    /// - Returns: `nil` if it is not whole yet.
    mutating func takeHeader(
        _ bytes: Span<UInt8>, isAtEnd: Bool
    ) throws(RowProblem) -> (byteCount: Int, lineCount: Int)?

    /// The record at the start of `bytes`, which are not empty.
    mutating func take(_ bytes: Span<UInt8>, isAtEnd: Bool) -> Record
}

/// What was found at the start of some bytes.
struct Record {
    enum Content {
        case file(NewFile)
        case problem(String)
        /// Nothing on this line.
        case blank
        /// Its end is not among the bytes.
        case incomplete
    }

    var content: Content
    /// With the end of the line.
    var byteCount = 0
    /// Lines it takes.
    var lineCount = 1
    /// What to say if there are no more bytes.
    var whyUnended = "the line does not end"

    /// One that is longer is none: it would have to be in memory whole.
    static let byteCountMax = 16 << 20
}

/// Why a line is no row: what was found, and what was expected.
struct RowProblem: Error {
    let message: String

    init(_ message: String) { self.message = message }
}

extension Span<UInt8> {
    /// Where the first byte of this value is, from `start` on.
    func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        withUnsafeBufferPointer { buffer in
            guard start < buffer.count, let base = buffer.baseAddress,
                let found = memchr(base + start, Int32(byte), buffer.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }
}
