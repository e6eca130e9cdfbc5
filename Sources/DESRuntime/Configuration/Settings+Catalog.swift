extension Settings {
    /// Where the catalog is.
    public static let catalogURL = Setting(
        "catalog.url", .text,
        unset: """
            the server that PGHOST, PGSERVICE and the like name; if none of them is set, a SQLite database in
            $STATE_DIRECTORY, else $XDG_STATE_HOME/des, else ~/.local/state/des
            """, isSecret: true, earlierNames: ["DES_DB_URL", "DATABASE_URL"],
        help: """
            The catalog: `postgresql://user@host/database?sslmode=verify-full`, libpq's words (`host=db dbname=des`), or
            `sqlite:/var/lib/des/catalog.db`. What it does not say is taken from the PG… variables, `~/.pgpass` and
            `~/.pg_service.conf`, as by psql. Never shown.
            """)
    /// Connections at a time.
    public static let catalogConnectionsMax = Setting(
        "catalog.connections-max", .integer(1...100), standard: "2",
        help: "Connections of this process to PostgreSQL at a time, besides one that listens for new rows.")
    /// How long a statement may take.
    public static let catalogStatementTimeout = Setting(
        "catalog.statement-timeout", .duration(.milliseconds(100)...(.seconds(3_600))), standard: "20s",
        help: "How long PostgreSQL may work on one statement; then it is given up, and tried again.")

    /// The catalog.
    public static let catalog: [any SettingDeclaration] = [
        catalogURL, catalogConnectionsMax, catalogStatementTimeout,
    ]
}
