import DESCore

// What every store refuses before it does anything: one place for the rules, so that a key or a part that one store takes
// is taken by all.

extension ObjectStore {
    /// Refuses what cannot be a key.
    func check(key: String) throws(DESError) {
        guard !key.isEmpty else { throw DESError(.invalidArgument, "an empty key, 1 byte is the least", place: name) }
        try check(prefix: key)
    }

    /// Refuses what no key can begin with.
    func check(prefix: String) throws(DESError) {
        let count = prefix.utf8.count
        guard count <= UploadLimits.keyByteCountMax else {
            throw DESError(
                .invalidArgument, "a key of \(count) bytes, \(UploadLimits.keyByteCountMax) are allowed", place: name)
        }
        guard !prefix.utf8.contains(0) else {
            throw DESError(.invalidArgument, "a key with a NUL byte, which none may have", place: name)
        }
    }

    /// Refuses a body that no single put takes.
    func check(key: String, body: [UInt8]) throws(DESError) {
        try check(key: key)
        guard body.count <= UploadLimits.putByteCountMax else {
            throw DESError(
                .invalidArgument, "\(body.count) bytes in one put, \(UploadLimits.putByteCountMax) are allowed",
                place: place(key))
        }
    }

    /// Refuses a part that no upload takes.
    func check(key: String, part number: Int, body: [UInt8]) throws(DESError) {
        try check(key: key, body: body)
        guard (1...UploadLimits.partCountMax).contains(number) else {
            throw DESError(
                .invalidArgument, "part \(number), parts have numbers from 1 to \(UploadLimits.partCountMax)",
                place: place(key))
        }
    }

    /// Refuses parts that make no object, whatever is stored of them.
    func check(key: String, parts: [UploadedPart]) throws(DESError) {
        try check(key: key)
        guard (1...UploadLimits.partCountMax).contains(parts.count) else {
            throw DESError(
                .invalidArgument, "\(parts.count) parts, 1 to \(UploadLimits.partCountMax) make an object",
                place: place(key))
        }
        for (part, next) in zip(parts, parts.dropFirst()) where part.number >= next.number {
            throw DESError(
                .invalidArgument, "part \(next.number) after part \(part.number), they must ascend", place: place(key))
        }
    }

    /// Refuses parts whose stored sizes make no object.
    func check(key: String, partByteCounts: [Int]) throws(DESError) {
        for (place, byteCount) in partByteCounts.dropLast().enumerated()
        where byteCount < UploadLimits.partByteCountMin {
            throw DESError(
                .invalidArgument,
                "part \(place + 1) of \(partByteCounts.count) has \(byteCount) bytes, all but the last have at least "
                    + "\(UploadLimits.partByteCountMin)", place: self.place(key))
        }
    }

    /// The error of a key that has no object.
    func noObject(_ key: String) -> DESError { DESError(.notFound, "there is no such object", place: place(key)) }

    /// The error of an upload that is over or never was.
    func noUpload(_ key: String) -> DESError { DESError(.notFound, "there is no such upload", place: place(key)) }

    /// The error of a create-only put that came second.
    func alreadyThere(_ key: String) -> DESError {
        DESError(.conflict, "already exists, and is never overwritten unasked", place: place(key))
    }

    /// The error of a part that is not in the upload as it is said to be.
    func unknownPart(_ key: String, _ part: UploadedPart) -> DESError {
        DESError(
            .invalidArgument, "part \(part.number) with ETag \(part.etag) is not in the upload", place: place(key))
    }

    /// The error of an object that has another version than the wanted one.
    func otherVersion(_ key: String, wanted: ETag, found: ETag) -> DESError {
        DESError(.changed, "has ETag \(found), \(wanted) was expected", place: place(key))
    }
}

extension ObjectRange {
    /// Which bytes of an object of `byteCount` bytes these are.
    package func bounds(in byteCount: Int) -> Range<Int> {
        switch self {
        case .bytes(let range): range.clamped(to: 0..<byteCount)
        case .suffix(let count): max(0, byteCount - count)..<byteCount
        }
    }

    /// Refuses a range that no object can have.
    func check(at place: String) throws(DESError) {
        switch self {
        case .bytes(let range) where range.lowerBound < 0:
            throw DESError(.invalidArgument, "a range from byte \(range.lowerBound), 0 is the first", place: place)
        case .suffix(let count) where count < 0:
            throw DESError(.invalidArgument, "the last \(count) bytes, 0 is the least", place: place)
        default: break
        }
    }
}

/// Whether the bytes of one key come before those of another.
func precedes(_ first: some Sequence<UInt8>, _ second: some Sequence<UInt8>) -> Bool {
    first.lexicographicallyPrecedes(second)
}
