internal import DESCatalog
internal import DESCore
internal import DESStore

/// A manifest as an object of JSON lines, one for each file: name, container, key, offset, length, flags, crc32c, meta.
struct JSONLinesManifestWriter: ManifestWriter {
    let store: any ObjectStore

    func write(_ manifest: Manifest) async throws {
        guard let key = ContainerKey(manifest.container.key)?.manifestKey(.jsonLines) else {
            throw DESError(.invalidArgument, "the key of no container", place: manifest.container.key)
        }
        _ = try await store.put(key, JSONLinesManifestWriter.bytes(manifest), .overwrite)
    }

    static func bytes(_ manifest: Manifest) -> [UInt8] {
        var bytes: [UInt8] = []
        let place =
            "\",\"container\":\"\(manifest.container.id)\",\"key\":\(JSON.string(manifest.container.key).text),\"offset\":"
        for row in manifest.rows {
            bytes += #"{"name":"#.utf8
            // Without its last character, the quotation mark that `place` begins with.
            bytes += JSON.string(row.name).encoded.dropLast()
            bytes += place.utf8
            bytes += "\(row.place.offset),\"length\":\(row.place.byteCount),\"flags\":\(row.place.flags.rawValue)".utf8
            bytes += ",\"crc32c\":\(row.place.crc),\"meta\":".utf8
            bytes += row.meta
            bytes += "}\n".utf8
        }
        return bytes
    }
}
