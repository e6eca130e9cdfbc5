/// The content of one entry, in pieces, for bodies that should not be in memory at once.
///
/// The last call of `next()` compares the checksum and throws ``DESError/Code/corrupt`` if it differs.
public struct BodyPieces: AsyncSequence, Sendable {
    /// Bytes of a piece, the last one excepted.
    public static let pieceByteCount = 8 << 20

    let reader: ContainerReader
    let entry: Entry

    /// Starts at the first byte.
    public func makeAsyncIterator() -> Iterator { Iterator(reader: reader, entry: entry) }

    /// Reads one piece after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private let reader: ContainerReader
        private let entry: Entry
        private var position = 0
        private var crc = CRC32C()
        /// The body outside, once it was opened.
        private var external: (any ByteSource)?

        init(reader: ContainerReader, entry: Entry) { (self.reader, self.entry) = (reader, entry) }

        /// The next piece, `nil` after the last one.
        public mutating func next() async throws -> [UInt8]? {
            let (entry, reader, isFirst) = (entry, reader, position == 0)
            if isFirst {
                try await reader.located { try entry.checkReadable() }
                if entry.isExternal { external = try await reader.externalBody(of: entry) }
            }
            let body = entry.isExternal ? 0..<entry.byteCount : entry.location.body
            let range =
                body.lowerBound + position..<Swift.min(body.lowerBound + position + pieceByteCount, body.upperBound)
            let source = external
            let piece = try await reader.located {
                guard let source else { return try await reader.bytes(range) }
                return range.isEmpty ? [] : try await source.read(range)
            }
            crc.update(piece.span.bytes)
            position += piece.count
            if range.upperBound == body.upperBound {
                let crc = crc.value
                try await reader.located { try entry.location.checkBody(crc, entry.name) }
            }
            return piece.isEmpty ? nil : piece
        }
    }
}
