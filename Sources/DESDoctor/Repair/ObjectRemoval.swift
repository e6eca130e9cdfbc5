import DESCore
import DESStore

/// Removes the object of a container, and what belongs to it alone.
struct ObjectRemoval: Sendable {
    let deployment: Deployment

    /// Bodies first: as long as the container is there, they are found by it.
    /// - Throws: ``DESError``: then some of it may be gone; the same again goes on.
    func remove(_ text: String) async throws {
        guard let key = deployment.containerKey(text), key.text == text else {
            throw DESError(.invalidArgument, "is the key of no container of this deployment", place: text)
        }
        if case .attemptWithBodiesOutside = key.layout {
            // The directory has the name of the container: nothing else is in it.
            let bodies = ContainerKey.directory(of: text) + "_bigFiles/"
            for try await body in deployment.store.objects(withPrefix: bodies) {
                try await deployment.store.delete(body.key)
            }
        }
        try await deployment.store.delete(text)
    }

    /// The manifests of a container, which can be made again as long as it is there.
    func removeManifests(_ text: String) async throws {
        for format in [ContainerKey.ManifestFormat.jsonLines, .parquet] {
            guard let manifest = deployment.containerKey(text)?.manifestKey(format) else { continue }
            try await deployment.store.delete(manifest)
        }
    }
}
