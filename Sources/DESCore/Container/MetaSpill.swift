/// META of the entries written so far, kept until DATA is complete: in memory up to 1 MiB, then in an unnamed file.
struct MetaSpill: ~Copyable {
    private static let memoryByteCountMax = 1 << 20

    private let directory: String
    private var pending: [UInt8] = []
    private var spilled: FileDescriptor?
    private var spilledByteCount = 0
    private(set) var crc = CRC32C()

    /// Spills into `directory` when it must.
    init(directory: String) { self.directory = directory }

    var byteCount: Int { spilledByteCount + pending.count }

    mutating func append(_ bytes: RawSpan) throws(DESError) {
        crc.update(bytes)
        pending.append(bytes)
        if pending.count > Self.memoryByteCountMax { try spill() }
    }

    private mutating func spill() throws(DESError) {
        if spilled == nil {
            spilled = try FileDescriptor.unnamed(in: directory, for: "META")
        }
        try spilled?.write(pending.span.bytes)
        spilledByteCount += pending.count
        pending.removeAll(keepingCapacity: true)
    }

    /// Hands all of META to `take`, in pieces and in order.
    func forEachPiece(_ take: (RawSpan) throws -> Void) throws {
        var start = 0
        while start < spilledByteCount {
            let end = min(start + Self.memoryByteCountMax, spilledByteCount)
            guard let piece = try spilled?.read(start..<end) else { break }
            try take(piece.span.bytes)
            start = end
        }
        if !pending.isEmpty { try take(pending.span.bytes) }
    }
}
