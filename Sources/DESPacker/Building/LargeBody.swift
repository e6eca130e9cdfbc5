internal import DESCatalog
internal import DESCore
internal import DESStore

/// A large body: it goes from its source to where it will lie in pieces, and is never held as a whole.
struct LargeBody {
    let planned: PlannedRow
    let byteCount: Int
    let meta: RowMeta
    private let source: any BodySource
    /// Every piece is of this version.
    private let etag: ETag
    private var position = 0
    private let digest: SHA256Stream?

    /// Bytes of a piece.
    static let pieceByteCount = 8 << 20
    /// Bytes that are held at a time: one piece that comes, and the parts of the upload that go. Parts of bodies above 7 GiB are
    /// larger, as an upload has no more than 10,000.
    static let memoryByteCountMax = 8 * pieceByteCount

    /// What a row or its source is to blame for, and nobody else.
    struct Fault: Error {
        let error: DESError
    }

    /// Finds out how long it is.
    /// - Throws: ``Fault``.
    init(_ row: ClaimedRow, sourceDirectory: String?, _ sources: BodySources) async throws {
        do {
            planned = try PlannedRow(row, sourceDirectory: sourceDirectory)
            meta = try RowMeta(row)
            source = try await sources.source(planned.address)
            let first = try await source.get(.bytes(0..<1), ifMatch: planned.version(meta.expectation))
            (byteCount, etag) = (first.byteCount, first.etag)
            try BodyFetcher.check(byteCount, row)
            guard !etag.description.isEmpty || meta.expectation.sha256 != nil else {
                throw DESError(
                    .unsupported, "the server gives no version (ETag or Last-Modified): pieces could be of several")
            }
            digest = meta.expectation.sha256 == nil ? nil : SHA256Stream()
        } catch let error as DESError {
            throw Fault(error: error.at(row.source))
        }
    }

    /// The next bytes; `nil` at the end, once all of it was compared with what the row says.
    /// - Throws: ``Fault``.
    mutating func next() async throws -> [UInt8]? {
        do {
            guard position < byteCount else {
                if let digest { try meta.expectation.check(digest.digest(), planned.row) }
                return nil
            }
            let range = position..<min(position + LargeBody.pieceByteCount, byteCount)
            let got = try await source.get(.bytes(range), ifMatch: etag)
            guard got.bytes.count == range.count else {
                throw DESError(.changed, "became shorter while it was read")
            }
            position = range.upperBound
            digest?.add(got.bytes)
            return got.bytes
        } catch let error as DESError {
            throw Fault(error: error.at(planned.row.source))
        }
    }
}
