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
    func configuration(
        _ settings: [any SettingDeclaration], _ flags: [String: (flag: String, text: String?)]
    ) throws(ConfigurationError) -> Configuration {
        let all = flags.merging([Settings.catalogURL.key: ("--database", database)]) { first, _ in first }
        return try options.configuration(settings, flags: all)
    }
}
