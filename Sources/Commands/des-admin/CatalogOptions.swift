import ArgumentParser
import DESCatalog
import DESRuntime

/// Which catalog.
struct CatalogOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The catalog: catalog.url. A password belongs into PGPASSFILE.", valueName: "url"))
    var database: String?
    @OptionGroup var options: ServiceOptions

    static let settings: [any SettingDeclaration] = CatalogConfiguration.settings + Settings.layout

    /// The settings as they are given.
    func configuration() throws(ConfigurationError) -> Configuration {
        try options.configuration(
            CatalogOptions.settings, flags: [Settings.catalogURL.key: ("--database", database)])
    }
}
