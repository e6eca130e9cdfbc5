// What is read of the index of a container whose version is known, through a cache that may have it. Bytes that a cache
// gives are checked like those of the source; a plain v1 container has no checksums, there the cache is believed.
extension ByteSource {
    /// The last `byteCountMax` bytes and the total length.
    func readTail(_ byteCountMax: Int, _ cache: (any IndexCache)?) async throws -> (bytes: [UInt8], byteCount: Int) {
        guard let cache else { return try await readTail(byteCountMax) }
        if let identity, let value = await cache.bytes(for: .tail(of: identity, byteCountMax)), value.count > 8 {
            let byteCount = value[..<8].reduce(0) { $0 << 8 | UInt64($1) }
            if let byteCount = Int(exactly: byteCount), value.count - 8 == min(byteCountMax, byteCount) {
                return (Array(value[8...]), byteCount)
            }
        }
        let (bytes, byteCount) = try await readTail(byteCountMax)
        if let identity {
            let length = (0..<8).map { UInt8(truncatingIfNeeded: byteCount >> (56 - $0 * 8)) }
            await cache.store(length + bytes, for: .tail(of: identity, byteCountMax))
        }
        return (bytes, byteCount)
    }

    /// Exactly the bytes of `range`; an empty range costs no read.
    func readIfAny(_ range: Range<Int>, _ cache: (any IndexCache)?) async throws -> [UInt8] {
        guard let cache, let identity, !range.isEmpty else { return try await readIfAny(range) }
        let key = IndexCacheKey(object: identity, range: range)
        if let bytes = await cache.bytes(for: key), bytes.count == range.count { return bytes }
        let bytes = try await read(range)
        await cache.store(bytes, for: key)
        return bytes
    }
}

extension IndexCacheKey {
    /// The end of an object, whose length is not known beforehand: no bytes lie where this range does.
    fileprivate static func tail(of object: String, _ byteCountMax: Int) -> IndexCacheKey {
        IndexCacheKey(object: object, range: -byteCountMax..<0)
    }
}
