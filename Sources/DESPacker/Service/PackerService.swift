internal import DESCatalog
internal import DESCore
public import DESRuntime
internal import Logging
public import ServiceLifecycle

/// Packs files that were marked into containers: what `des-packer` runs.
public enum PackerService {
    /// What it can be told.
    public static let settings =
        Settings.packer + Settings.store + CatalogConfiguration.settings + Settings.layout

    /// The services of a process, in the order in which they start.
    /// - Parameter once: packs what is there, and ends.
    /// - Throws: ``DESRuntime/ConfigurationError`` for what somebody has to mend first. A database or a store that does not
    ///   answer is waited for instead, by the service.
    public static func services(_ runtime: ServiceRuntime, once: Bool = false) async throws -> [any Service] {
        let configuration = runtime.configuration
        let described = try CatalogConfiguration(configuration)
        let (catalog, leases): (any Catalog, any Catalog)
        var lock: ServiceLock?
        do {
            catalog = try described.open(applicationName: "des-packer")
            if case .sqlite(let path) = described.address {
                lock = try ServiceLock(database: path)
                leases = catalog
            } else {
                leases = try described.open(applicationName: "des-packer leases")
            }
        } catch let error as DatabaseError {
            throw ConfigurationError(problems: ["catalog.url: \(error.message)"])
        }
        runtime.logger.info("packer.catalog", metadata: ["address": .string(described.address.description)])
        let parts = try PackerParts(catalog, leases: leases, lock: lock, runtime, once: once)
        var worker: ShardWorker?
        do {
            worker = try await parts.prepare()
        } catch let error as DatabaseError where error.kind == .setup {
            throw ConfigurationError(problems: ["the catalog at \(described.address): \(error.description)"])
        } catch let error as ConfigurationError {
            throw error
        } catch  where !once {
            runtime.logger.warning("packer.waiting", metadata: ["reason": .string("\(error)")])
        } catch let error as DatabaseError {
            throw DESError(error)
        }
        let loop = PackerLoop(parts, worker, once: once)
        runtime.health.started()
        if once { return [loop] }
        return [
            loop, HTTPServer(listen: configuration[Settings.packerListen], routes: RouteTable(), runtime: runtime),
        ]
    }
}
