public import DESCore
public import DESRuntime

/// A catalog as the settings describe it.
public struct CatalogConfiguration: Sendable {
    /// Where it is.
    public let address: CatalogAddress
    /// A table of the host's that is adopted.
    public let source: SourceTable?
    private let letterTable: SourceTable.Name?
    private let connectionsMax: Int
    private let statementTimeout: Duration

    /// The settings it is read from.
    public static let settings = Settings.catalog + Settings.source

    /// Reads and checks the settings.
    /// - Parameter letterTable: of the host's.
    public init(
        _ configuration: Configuration, letterTable: String? = nil, environment: Environment = .process
    ) throws(ConfigurationError) {
        var problems: [String] = []
        func checked<T>(_ key: String, _ make: () throws(DatabaseError) -> T) -> T? {
            do throws(DatabaseError) { return try make() } catch {
                problems.append("\(key): \(error.message)")
                return nil
            }
        }
        let address =
            if let text = configuration[Settings.catalogURL] {
                CatalogAddress(text)
            } else {
                CatalogAddress.standard(environment, directory: StateDirectory.standardPath { environment[$0] })
            }
        if address == nil {
            // Not what was found: it may be a password.
            problems.append("catalog.url: expected \(CatalogAddress.expected)")
        }
        source = configuration[Settings.sourceTable].flatMap { table in
            checked("source.table") { () throws(DatabaseError) in
                try SourceTable(
                    name: table, columns: configuration[Settings.sourceColumns],
                    statuses: configuration[Settings.sourceStatuses] ?? [],
                    condition: configuration[Settings.sourceWhere])
            }
        }
        self.letterTable = letterTable.flatMap { table in
            checked("marker.dead-letter-table") { () throws(DatabaseError) in try SourceTable.Name(table) }
        }
        if configuration[Settings.sourceTable] == nil {
            for (key, isGiven) in [
                (Settings.sourceColumns.key, configuration.isGiven(Settings.sourceColumns)),
                (Settings.sourceStatuses.key, configuration.isGiven(Settings.sourceStatuses)),
                (Settings.sourceWhere.key, configuration.isGiven(Settings.sourceWhere)),
            ] where isGiven {
                problems.append("\(key) is set, but source.table is not: it says something about that table")
            }
        }
        connectionsMax = configuration[Settings.catalogConnectionsMax]
        statementTimeout = configuration[Settings.catalogStatementTimeout]
        guard problems.isEmpty, let address else { throw ConfigurationError(problems: problems) }
        self.address = address
    }

    /// Opens it. PostgreSQL is connected to when it is first needed.
    /// - Parameters:
    ///   - applicationName: for `pg_stat_activity`.
    ///   - forReports: it is asked about all that there is, rather than for the next rows.
    public func open(applicationName: String, forReports: Bool = false) throws(DatabaseError) -> any Catalog {
        switch address {
        case .postgres(let words):
            let options = PostgresOptions(
                address: words, applicationName: applicationName,
                // Who asks about everything, or takes days out, waits for as long as it takes.
                statementTimeout: forReports ? max(.seconds(86_400), statementTimeout) : statementTimeout,
                plansAlongIndexes: !forReports)
            return PostgresCatalog(
                options, connectionsMax: connectionsMax, source: source,
                letterTable: source == nil ? nil : letterTable)
        case .sqlite(let path):
            guard source == nil else {
                throw DatabaseError(.setup, "source.table needs PostgreSQL: \(address) has no tables but its own")
            }
            return SQLiteCatalog(path: path)
        }
    }
}

extension DeploymentLayout {
    /// What the settings say.
    public init(_ configuration: Configuration) {
        self.init(
            shardBits: configuration[Settings.shardBits], namePrefix: configuration[Settings.namePrefix],
            keyPrefix: configuration[Settings.keyPrefix])
    }

    /// That of the catalog, where the settings do not say something else.
    /// - Throws: ``DESRuntime/ConfigurationError`` for each that differs.
    public func checked(against configuration: Configuration) throws(ConfigurationError) {
        var problems: [String] = []
        func check<Value: Equatable>(_ setting: Setting<Value>, _ value: Value) {
            if configuration.isGiven(setting), configuration[setting] != value {
                problems.append(
                    "\(setting.key) is \(configuration[setting]), but the catalog's deployment has \(value)")
            }
        }
        check(Settings.shardBits, shardBits)
        check(Settings.namePrefix, namePrefix)
        check(Settings.keyPrefix, keyPrefix)
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }
}
