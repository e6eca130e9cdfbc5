import DESCore

extension UploadLimits {
    /// Bytes of an object.
    public static let objectByteCountMax = 5 << 40

    /// Parts after which their size doubles: small enough that 10,000 of them hold any object.
    private static let doublingPartCount = 960

    /// Bytes of part `number` (from 1) of an upload whose first has `first`.
    ///
    /// An upload does not know its length when it begins, so later parts are larger: 10,000 parts hold any object, and a
    /// part has about a thousandth of what came before it.
    public static func partByteCount(_ number: Int, first: Int) -> Int {
        let first = max(first, partByteCountMin)
        let doublings = min((number - 1) / doublingPartCount, 16)
        return min(min(first, putByteCountMax) << doublings, putByteCountMax)
    }
}

extension ObjectStore {
    /// Writes an object from pieces of any size, in bounded memory: part size times concurrency, and one piece.
    ///
    /// What fits in one part is put at once; more becomes an upload of several parts, which is aborted whatever goes wrong.
    /// - Parameters:
    ///   - isUnique: the key belongs to this attempt alone and nothing can be there: then a store that does not keep
    ///     ``PutMode/create`` for several parts will do.
    ///   - partByteCount: bytes of the first parts; later ones grow, see ``UploadLimits/partByteCount(_:first:)``.
    ///   - next: the next piece, `nil` at the end.
    public func upload(
        _ key: String, _ mode: PutMode, isUnique: Bool = false, partByteCount: Int = 8 << 20, concurrency: Int = 4,
        next: () async throws -> [UInt8]?
    ) async throws -> ETag {
        var parts = PartCutter(partByteCount: partByteCount)
        let first = try await parts.next(next)?.body ?? []
        guard let second = try await parts.next(next) else { return try await put(key, first, mode) }
        if mode == .create, !isUnique { try await checkCreatable(key) }
        let upload = try await beginUpload(key)
        do {
            var waiting = [PartCutter.Part(number: 1, body: first), second]
            var uploaded: [UploadedPart] = []
            try await inOrder(width: max(1, concurrency)) {
                waiting.isEmpty ? try await parts.next(next) : waiting.removeFirst()
            } produce: { part in
                try await putPart(key, upload, number: part.number, part.body)
            } consume: {
                uploaded.append($0)
            }
            return try await completeUpload(key, upload, uploaded, mode)
        } catch {
            // In a task of its own, which is not cancelled with this one. What went wrong first is what is reported.
            await Task { try? await abortUpload(key, upload) }.value
            throw error
        }
    }
}

extension ObjectStore {
    /// Says before the bytes have gone, and not after, that they cannot become an object.
    private func checkCreatable(_ key: String) async throws {
        try await checkIsFree(key)
        guard try await createSupport(below: ContainerKey.directory(of: key)) == .full else {
            throw DESError(
                .unsupported,
                "the store does not keep an object of several parts from replacing another one (it ignores If-None-Match "
                    + "there); that must be allowed (--without-create-only)",
                place: place(key))
        }
    }

    /// Refuses a key that is seen to have an object: a writer learns it before the bytes have gone. Only the store's own
    /// promise, ``PutMode/create``, keeps what comes meanwhile from being replaced.
    package func checkIsFree(_ key: String) async throws {
        do {
            _ = try await head(key)
        } catch let error as DESError where error.code == .notFound || error.code == .denied {
            return  // S3 says `denied` of what is not there to who may not list.
        }
        throw alreadyThere(key)
    }
}

/// Cuts pieces of any size into the parts of an upload.
private struct PartCutter {
    struct Part: Sendable {
        var number: Int
        var body: [UInt8]
    }

    let partByteCount: Int
    private var count = 0
    private var rest: ArraySlice<UInt8> = []

    init(partByteCount: Int) { self.partByteCount = partByteCount }

    /// The next part; `nil` if there are no more bytes.
    mutating func next(_ next: () async throws -> [UInt8]?) async throws -> Part? {
        let wanted = UploadLimits.partByteCount(count + 1, first: partByteCount)
        var body: [UInt8] = []
        while body.count < wanted {
            if rest.isEmpty {
                guard let piece = try await next() else { break }
                if body.isEmpty, piece.count == wanted {
                    body = piece
                    break
                }
                rest = piece[...]
            }
            let taken = rest.prefix(wanted - body.count)
            body += taken
            rest = rest[taken.endIndex...]
        }
        guard !body.isEmpty else { return nil }
        guard count < UploadLimits.partCountMax else {
            throw DESError(.invalidArgument, "more than \(UploadLimits.partCountMax) parts, the most of one object")
        }
        count += 1
        return Part(number: count, body: body)
    }
}
