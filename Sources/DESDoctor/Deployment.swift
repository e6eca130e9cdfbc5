package import DESCatalog
import DESCore
package import DESStore

/// A catalog and the store that its containers are in.
package struct Deployment: Sendable {
    /// Where containers are.
    package let store: any ObjectStore
    /// What knows them.
    package let catalog: any Catalog
    /// What both agree on.
    package let layout: DeploymentLayout
    /// When the catalog was made, and what time it was there when this was.
    package let identity: CatalogIdentity

    /// - Throws: ``DatabaseError``.
    package init(store: any ObjectStore, catalog: any Catalog) async throws {
        self.init(
            store: store, catalog: catalog, layout: try await catalog.layout(), identity: try await catalog.identity())
    }

    init(store: any ObjectStore, catalog: any Catalog, layout: DeploymentLayout, identity: CatalogIdentity) {
        (self.store, self.catalog, self.layout, self.identity) = (store, catalog, layout, identity)
    }

    /// What all keys of the deployment begin with.
    var root: String { layout.keyPrefix.isEmpty ? "" : layout.keyPrefix + "/" }

    /// The key of the record that says whose a store is.
    var recordKey: String { root + "des-layout.json" }

    /// A key of this deployment's containers; `nil` for every other.
    func containerKey(_ text: String) -> ContainerKey? {
        ContainerKey(text).flatMap { $0.keyPrefix == layout.keyPrefix ? $0 : nil }
    }

    /// Makes sure that the store is that of the catalog.
    /// - Parameter isRequired: whether the record has to be there: without it nobody knows whose the objects are.
    /// - Throws: ``DESError/Code/conflict`` for a store of another deployment, ``DESError/Code/notFound`` for one that says
    ///   nothing, ``DESError/Code/unavailable`` if it cannot be found out.
    package func checkRecord(isRequired: Bool = true) async throws {
        let bytes: [UInt8]
        do {
            bytes = try await store.get(recordKey, .bytes(0..<4_096), ifMatch: nil).bytes
        } catch let error as DESError {
            guard error.code == .notFound else {
                throw DESError(.unavailable, "whose store it is cannot be found out: \(error.message)")
                    .at(error.place ?? store.place(recordKey))
            }
            guard isRequired else { return }
            throw DESError(
                .notFound,
                "there is no such record, which packers make when they start: is store.url right, and names.key-prefix?",
                place: store.place(recordKey))
        }
        let record = try? JSON(parsing: bytes.span.bytes)
        guard record?["shard_bits"]?.integerValue == layout.shardBits.count,
            record?["name_prefix"]?.stringValue == layout.namePrefix.description
        else {
            throw DESError(
                .conflict,
                "says \(record?.text ?? "something that is no JSON"), the catalog has \(layout): the store belongs to "
                    + "another deployment", place: store.place(recordKey))
        }
    }
}
