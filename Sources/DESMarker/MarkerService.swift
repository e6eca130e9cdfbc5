internal import DESCatalog
internal import DESCore
public import DESRuntime
internal import Glibc
internal import Logging
public import ServiceLifecycle

/// Gives waiting rows of a catalog their names: what `des-marker` runs.
public enum MarkerService {
    /// What it can be told.
    public static let settings = Settings.marker + CatalogConfiguration.settings + Settings.layout

    /// The services of a process, in the order in which they start.
    /// - Parameter once: marks what is there, and ends.
    /// - Throws: ``DESRuntime/ConfigurationError`` for what somebody has to mend first. A database that does not answer is
    ///   waited for instead, by the service.
    public static func services(
        _ runtime: ServiceRuntime, once: Bool = false
    ) async throws -> [any Service] {
        let configuration = runtime.configuration
        let described = try CatalogConfiguration(
            configuration, letterTable: configuration[Settings.markerDeadLetterTable])
        let catalog: any Catalog
        var lock: ServiceLock?
        do {
            if case .sqlite(let path) = described.address { lock = try ServiceLock(database: path) }
            catalog = try described.open(applicationName: "des-marker")
        } catch let error as DatabaseError {
            throw ConfigurationError(problems: ["catalog.url: \(error.message)"])
        }
        runtime.logger.info("marker.catalog", metadata: ["address": .string(described.address.description)])
        let loop = MarkerLoop(catalog, lock: lock, runtime, once: once)
        do {
            try await loop.prepare()
        } catch let error as DatabaseError where error.kind == .setup {
            throw ConfigurationError(problems: ["the catalog at \(described.address): \(error.description)"])
        } catch let error as DatabaseError where !once {
            runtime.logger.warning("marker.waiting", metadata: ["reason": .string(error.description)])
        } catch let error as DatabaseError {
            throw DESError(error)
        }
        if once { return [loop] }
        return [
            loop, HTTPServer(listen: configuration[Settings.markerListen], routes: RouteTable(), runtime: runtime),
        ]
    }

    /// Who holds a lease, for people: the host and the process.
    static var holder: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(host):\(getpid())"
    }
}
