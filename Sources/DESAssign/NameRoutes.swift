internal import DESCore
internal import DESRuntime
internal import Hummingbird

/// The answers of the service.
struct NameRoutes: Sendable {
    let generator: NameGenerator
    let shardBits: ShardBits
    let keyPrefix: String
    /// Bytes of a body.
    let bodyLimit: Int

    var table: RouteTable {
        var table = RouteTable()
        table.post("/assign") { request, _ in try await assign(request) }
        table.post("/assign/batch") { request, _ in try await assignBatch(request) }
        table.get("/names/{name}") { _, name in try parse(name) }
        table.get("/openapi.json", isProtected: false) { _, _ in
            Response(json: ByteBuffer(bytes: PackageResources.openapi_json))
        }
        return table
    }

    /// `{"prefix": "DES", "meta_hint": {}}`: one name.
    private func assign(_ request: consuming Request) async throws -> Response {
        let body = try await request.json(limit: bodyLimit)
        let prefix = try self.prefix(of: body)
        switch body["meta_hint"] {
        case nil, .null, .object: break
        default: throw HTTPFailure(.badRequest, "meta_hint must be an object or null")
        }
        var writer = AssignedNameWriter(prefix: prefix, shardBits: shardBits, count: 1)
        if let name = generator.nextIfAtHand(prefix) {
            writer.append(name)
        } else {
            writer.append(try await generator.reserve(1, prefix)[0])
        }
        return Response(json: writer.bytes)
    }

    /// `{"prefix": "DES", "count": 1000}`: so many names, in order.
    private func assignBatch(_ request: consuming Request) async throws -> Response {
        let body = try await request.json(limit: bodyLimit)
        let prefix = try self.prefix(of: body)
        guard let count = body["count"]?.integerValue, (1...AssignService.batchCountMax).contains(count) else {
            throw HTTPFailure(
                .badRequest, "count must be a whole number from 1 to \(AssignService.batchCountMax)")
        }
        let names = try await generator.reserve(count, prefix)
        var writer = AssignedNameWriter(prefix: prefix, shardBits: shardBits, count: count)
        writer.append(names)
        return Response(json: writer.bytes)
    }

    /// The prefix that is asked for, or the configured one.
    private func prefix(of body: JSON) throws -> NamePrefix {
        guard case .object = body else { throw HTTPFailure(.badRequest, "expected a JSON object") }
        switch body["prefix"] {
        case nil: return generator.prefix
        case .string(let text): return try NamePrefix(text)
        default: throw HTTPFailure(.badRequest, "prefix must be a string")
        }
    }

    /// What a name says.
    private func parse(_ encoded: String) throws -> Response {
        guard let text = encoded.utf8.percentDecodedText else {
            throw HTTPFailure(.badRequest, "the name is no percent-encoded UTF-8")
        }
        return Response(json: .object(try DESName(text).members(bits: shardBits, keyPrefix: keyPrefix)))
    }
}
