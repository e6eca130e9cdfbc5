internal import DESCatalog
internal import DESCore
internal import DESStore

/// A large body, alone in its container, or outside of it.
extension ContainerBuilder {
    /// Builds the container of the only row of an order.
    /// - Parameter store: gets the body, if it is to lie outside of the container.
    /// - Throws: as ``build(_:)``.
    func buildLarge(_ order: BuildOrder, outside store: (any ObjectStore)?) async throws -> BuiltContainer {
        var result = BuildResult(policy: policy)
        guard let row = order.rows.first else { return result.container(nil) }
        let share = budget.share(LargeBody.memoryByteCountMax)
        try await share.wait()
        defer { withExtendedLifetime(share) {} }
        do {
            let body = try await LargeBody(row, sourceDirectory: sourceDirectory, fetcher.sources)
            let writer = try await writer(order)
            do {
                if let store {
                    try await add(body, outside: store, order, writer, &result)
                } else {
                    try await add(body, writer, &result)
                }
                return try await finish(writer, result)
            } catch {
                writer.abandon()
                throw error
            }
        } catch let fault as LargeBody.Fault {
            fetcher.metrics.fetchFailed(fault.error)
            result.fault(row, fault.error)
            try result.checkSource()
            return result.container(nil)
        }
    }

    /// A body that takes long is left to a later attempt when the process ends.
    private func checkTime() throws {
        if isStopping() { throw CancellationError() }
        try Task.checkCancellation()
    }

    private func add(_ body: LargeBody, _ writer: SharedWriter, _ result: inout BuildResult) async throws {
        var body = body
        let (name, meta) = (body.planned.name, body.meta)
        let byteCount = body.byteCount
        var entry = try writer.withWriter { try $0.begin(name, meta: meta.encode, byteCount: byteCount) }
        while let piece = try await body.next() {
            try checkTime()
            let before = entry
            entry = try await ContainerBuilder.threads.run {
                var entry = before
                try writer.withWriter { try $0.append(piece.span.bytes, to: &entry) }
                return entry
            }
        }
        let done = entry
        result.add(body.planned.row, try writer.withWriter { try $0.end(done) }, meta: done.meta)
    }

    private func add(
        _ body: LargeBody, outside store: any ObjectStore, _ order: BuildOrder, _ writer: SharedWriter,
        _ result: inout BuildResult
    ) async throws {
        var body = body
        let (name, meta, byteCount) = (body.planned.name, body.meta, body.byteCount)
        let key = order.key.bodyKey(of: name)
        var crc = CRC32C()
        _ = try await store.upload(
            key, .create, isUnique: true, partByteCount: LargeBody.pieceByteCount, concurrency: 1,
            next: {
                try checkTime()
                let piece = try await body.next()
                if let piece { crc.update(piece.span.bytes) }
                return piece
            })
        let sum = crc.value
        let bytes = try writer.withWriter { writer in
            try writer.append(external: name, meta: meta.encode, key: key, byteCount: byteCount, crc: sum)
        }
        let place = BodyPlace(offset: 0, byteCount: byteCount, crc: sum, flags: .external)
        result.add(body.planned.row, place, meta: bytes)
    }
}
