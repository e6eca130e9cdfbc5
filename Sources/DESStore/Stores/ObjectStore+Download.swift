import DESCore

extension ObjectStore {
    /// Gives the bytes of a range in order, fetched in parallel, in bounded memory: part size times concurrency.
    ///
    /// All bytes are of one version: an object that changes meanwhile is ``DESError/Code/changed``.
    /// - Parameters:
    ///   - etag: the version that is wanted, `nil` for the one that is there.
    ///   - consume: takes pieces, one after the other; it is not called for no bytes.
    /// - Returns: what is known of the object.
    @discardableResult
    public func download(
        _ key: String, range: ObjectRange = .bytes(0..<Int.max), ifMatch etag: ETag? = nil,
        partByteCount: Int = 8 << 20, concurrency: Int = 4, consume: ([UInt8]) async throws -> Void
    ) async throws -> ObjectInfo {
        let step = max(1, partByteCount)
        // The first request says how many bytes there are; one for the last bytes that are too many for it asks before.
        var range = range
        if case .suffix(let count) = range, count > step {
            let info = try await head(key)
            if let etag, etag != info.etag { throw otherVersion(key, wanted: etag, found: info.etag) }
            range = .bytes(range.bounds(in: info.byteCount))
        }
        let firstRange: ObjectRange =
            switch range {
            case .bytes(let bytes): .bytes(bytes.prefix(step))
            case .suffix: range
            }
        let first = try await get(key, firstRange, ifMatch: etag)
        let info = ObjectInfo(key: key, byteCount: first.byteCount, etag: first.etag)
        let bounds = range.bounds(in: info.byteCount)
        try check(first, key, firstRange.bounds(in: info.byteCount), of: info)
        if !first.bytes.isEmpty { try await consume(first.bytes) }

        var start = bounds.lowerBound + first.bytes.count
        try await inOrder(width: max(1, concurrency)) {
            guard start < bounds.upperBound else { return nil as Range<Int>? }
            defer { start += step }
            return start..<min(start + step, bounds.upperBound)
        } produce: { piece in
            let answer = try await get(key, .bytes(piece), ifMatch: info.etag)
            try check(answer, key, piece, of: info)
            return answer.bytes
        } consume: {
            try await consume($0)
        }
        return info
    }

    /// Refuses an answer that is not what was asked for: a hole or a mix would follow.
    private func check(_ answer: ObjectBytes, _ key: String, _ range: Range<Int>, of info: ObjectInfo) throws(DESError)
    {
        if answer.etag != info.etag { throw otherVersion(key, wanted: info.etag, found: answer.etag) }
        guard answer.bytes.count == range.count, answer.byteCount == info.byteCount,
            answer.start == range.lowerBound || range.isEmpty
        else {
            var error = DESError(
                .unavailable,
                "answered with \(answer.bytes.count) bytes from \(answer.start) of \(answer.byteCount), "
                    + "\(range.count) from \(range.lowerBound) of \(info.byteCount) were asked for", place: place(key))
            error.isTransient = true
            throw error
        }
    }
}
