import DESCatalog
import DESConsole
import DESCore
import DESRuntime

/// A verb that works on a catalog.
protocol AdminVerb: Verb {
    /// Which one.
    var place: CatalogOptions { get }
    /// The settings it needs.
    var settings: [any SettingDeclaration] { get }
    /// What other flags say of them, by key.
    var flags: [String: (flag: String, text: String?)] { get }

    /// Does the work.
    func run(_ console: Console, _ opened: OpenedCatalog) async throws -> ExitStatus
}

/// A catalog, and how it was found. PostgreSQL is connected to, and a file opened, when it is first asked for something.
struct OpenedCatalog {
    let configuration: Configuration
    let address: CatalogAddress
    let catalog: any Catalog

    init(_ configuration: Configuration) throws {
        let found = try CatalogConfiguration(configuration)
        (self.configuration, address) = (configuration, found.address)
        catalog = try found.open(applicationName: "des-admin", forReports: true)
    }

    /// Makes sure that there is a catalog of this version and of the deployment that the settings describe.
    func check() async throws {
        try (try await catalog.layout()).checked(against: configuration)
    }
}

extension AdminVerb {
    var settings: [any SettingDeclaration] { CatalogOptions.settings }
    var flags: [String: (flag: String, text: String?)] { [:] }

    func run(_ console: Console) async throws -> ExitStatus {
        var address: CatalogAddress?
        do {
            let configuration = try place.configuration(settings, flags)
            if place.options.printConfig {
                try console.write(configuration.printed.utf8.span.bytes)
                return .done
            }
            let opened = try OpenedCatalog(configuration)
            address = opened.address
            return try await run(console, opened)
        } catch let error as ConfigurationError {
            for problem in error.problems {
                console.report(DESError(.invalidArgument, problem), status: .configuration)
            }
            return .configuration
        } catch let error as DatabaseError {
            try? console.flush()  // what was written before is good
            let status = AdminFailure.status(of: error)
            console.report(DESError(error).at("\(address.map { "\($0)" } ?? "catalog")"), status: status)
            return status
        }
    }
}

/// How the program ends for what a database says.
enum AdminFailure {
    static func status(of error: DatabaseError) -> ExitStatus {
        switch error.kind {
        case .setup: .configuration
        case .transient, .disconnected: .unavailable
        case .row: .failed
        }
    }
}
