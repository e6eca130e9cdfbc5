internal import DESCatalog
internal import DESCore
internal import DESStore

/// The layout of a deployment as an object of its store, for readers that have no catalog: `<keyPrefix>/des-layout.json`.
struct LayoutRecord: Sendable {
    let layout: DeploymentLayout

    static func key(_ keyPrefix: String) -> String { (keyPrefix.isEmpty ? "" : keyPrefix + "/") + "des-layout.json" }

    var json: JSON {
        .object([
            JSON.Member("shard_bits", .integer(layout.shardBits.count)),
            JSON.Member("name_prefix", .string(layout.namePrefix.description)),
            JSON.Member("key_prefix", .string(layout.keyPrefix)),
        ])
    }

    /// Writes the record, or compares the one that is there.
    /// - Throws: ``DESError/Code/conflict`` if the store belongs to another deployment.
    func settle(in store: any ObjectStore) async throws {
        let key = LayoutRecord.key(layout.keyPrefix)
        do {
            _ = try await store.put(key, json.encoded + [UInt8(ascii: "\n")], .create)
        } catch let error as DESError where error.code == .conflict {
            let found = try await store.get(key, .bytes(0..<4_096), ifMatch: nil).bytes
            let record = try? JSON(parsing: found.span.bytes)
            guard record?["shard_bits"]?.integerValue == layout.shardBits.count,
                record?["name_prefix"]?.stringValue == layout.namePrefix.description
            else {
                throw DESError(
                    .conflict,
                    "says \(record?.text ?? "something that is no JSON"), the catalog \(json.text): the store belongs to "
                        + "another deployment", place: store.place(key))
            }
        }
    }
}
