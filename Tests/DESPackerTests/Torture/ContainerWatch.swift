@testable import DESCatalog
import DESCore
import DESStore

/// Looks at the catalog and the store again and again: what was committed once stays as it was, the same version at the same key.
actor ContainerWatch {
    private let deployment: Deployment
    private let producer: TortureProducer
    private var committed: [String: CatalogRules.Committed] = [:]
    /// Of committed containers: their objects and the bodies beside them, as they were first seen.
    private(set) var objects: [String: ObjectInfo] = [:]
    private(set) var violations: [String] = []
    private(set) var lookCount = 0
    private var isOver = false

    private static let pause = Duration.milliseconds(300)

    init(_ deployment: Deployment, _ producer: TortureProducer) {
        (self.deployment, self.producer) = (deployment, producer)
    }

    var containerCount: Int { committed.count }

    func stop() { isOver = true }

    /// Looks until it is told to stop. A server that is down is asked again.
    func run() async throws {
        while !isOver {
            do { try await look() } catch let error as DatabaseError where error.kind != .setup && error.kind != .row {
            } catch let error as DESError where error.isTransient {}
            try await Task.sleep(for: ContainerWatch.pause)
        }
    }

    /// One look: first at the catalog and then at the store, where everything that is committed must be.
    func look() async throws {
        let findings = try await CatalogRules.check(deployment.catalog, fileCountMin: producer.count)
        var violations = findings.violations
        for (id, before) in committed where findings.committed[id] != before {
            violations.append(
                "container \(id) was \(before), now \(findings.committed[id].map { "\($0)" } ?? "not committed")")
        }
        committed.merge(findings.committed) { before, _ in before }

        var listing: [String: ObjectInfo] = [:]
        for try await info in deployment.store.objects(withPrefix: Deployment.keyPrefix) { listing[info.key] = info }
        for container in findings.committed.values where listing[container.key] == nil {
            violations.append("\(container.key) is committed, and there is no such object")
        }
        for (key, before) in objects where listing[key] != before {
            violations.append("\(before) is committed, and now \(listing[key].map { "\($0)" } ?? "gone")")
        }
        let owners = Set(findings.committed.values.map(\.key))
        for (key, info) in listing where owners.contains(ContainerWatch.owner(of: key)) && objects[key] == nil {
            objects[key] = info
        }
        // Once each, and only the first: the others follow from it.
        if self.violations.isEmpty { self.violations = violations }
        lookCount += 1
    }

    /// The key of the container to which an object belongs: a body beside it, or itself.
    static func owner(of key: String) -> String {
        guard let parts = key.firstRange(of: "/_bigFiles/") else { return key }
        let directory = key[..<parts.lowerBound]
        return "\(directory)/\(directory.split(separator: "/").last ?? "").des"
    }
}
