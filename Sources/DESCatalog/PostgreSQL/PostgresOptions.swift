/// How a connection to PostgreSQL is made.
struct PostgresOptions: Sendable {
    /// A URL or `key=value` words, as libpq takes them. What it does not say comes from `PG…` variables, `~/.pgpass` and
    /// `~/.pg_service.conf`. May hold a password: it is shown nowhere.
    var address = ""
    /// For `pg_stat_activity`.
    var applicationName = "des"
    /// How long a connection may take to be made.
    var connectTimeout = Duration.seconds(10)
    /// How long the server may work on a statement, or wait for the next one of a transaction.
    var statementTimeout = Duration.seconds(60)
    /// Plans go along indexes, whatever the planner believes of the size of tables. It is for those who claim rows: a queue
    /// that was filled a moment ago has no statistics, and a plan that sorts all that waits for each batch costs a thousand
    /// times as much as one that takes the first rows of an index. Such a plan is the same for all values, made once, and not
    /// compiled: what is ruled out counts as very expensive, and compiling pays only for what is.
    /// Nor do rows that they queue, marked already, wake markers.
    var plansAlongIndexes = true
}
