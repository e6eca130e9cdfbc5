import ArgumentParser
import DESCatalog
import DESConsole
import DESCore
import DESDoctor
import DESRuntime
import DESStore

/// Which store.
struct StoreOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where containers are: store.url, s3://bucket or a directory.", valueName: "url"))
    var store: String?
}

/// A verb that works on a catalog and the store of its containers.
protocol StoreVerb: AdminVerb {
    /// Which store.
    var storage: StoreOptions { get }

    /// Does the work.
    func run(_ console: Console, _ deployment: Deployment, _ configuration: Configuration) async throws -> ExitStatus
}

extension StoreVerb {
    var settings: [any SettingDeclaration] { CatalogOptions.settings + Settings.store }
    var flags: [String: (flag: String, text: String?)] { [Settings.storeURL.key: ("--store", storage.store)] }

    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus {
        try await opened.check()
        let address = try StoreAddress(try opened.store())
        try address.checkHasNoPrefix()
        let deployment = try await Deployment(store: try await address.open(), catalog: opened.catalog)
        return try await run(console, deployment, opened.configuration)
    }
}

extension OpenedCatalog {
    /// Where containers are.
    /// - Throws: ``DESRuntime/ConfigurationError`` if nobody says it.
    func store() throws(ConfigurationError) -> String {
        guard let store = configuration[Settings.storeURL] else {
            throw ConfigurationError(problems: [
                "store.url is not set: where containers are, s3://bucket or a directory"
            ])
        }
        return store
    }
}
