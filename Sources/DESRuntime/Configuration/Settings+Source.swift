extension Settings {
    /// A table of the host's.
    public static let sourceTable = Setting(
        "source.table", .text, unset: "rows come from the catalog's own des_queue",
        help: """
            A table of yours, `table` or `schema.table` in the catalog's database, whose rows are marked where they are: name,
            hash, shard and status are written into your columns, and the rows are queued in the same transaction. See
            docs/catalog.md.
            """)
    /// Its columns.
    public static let sourceColumns = Setting(
        "source.columns", .list(of: .assignment),
        unset: """
            those of the earlier system's des_source_catalog: id=id, created_at=created_at, name=des_name, hash=des_hash,
            shard=des_shard, status=des_status, attempts=retry_count, error=last_error, bucket=source_bucket, key=source_key
            """,
        help: """
            Which column of source.table has which role. Needed are id, created_at, name, status and key; the others are hash,
            shard, bucket, size, meta, attempts, error, next_attempt_at, and of packed rows container, offset, length and
            packed_at.
            """)
    /// Its values.
    public static let sourceStatuses = Setting(
        "source.statuses", .list(of: .assignment),
        unset: "new=pending, retry=retry, marked=marked, failed=failed, packed=packed",
        help: """
            What stands in the column of the status; those that are not named keep the earlier system's values. Rows that are
            new, to be retried, or NULL are marked, if they have no name.
            """)
    /// Which rows.
    public static let sourceWhere = Setting(
        "source.where", .text, unset: "all rows",
        help: "A condition in SQL that rows of source.table have to fulfil as well, such as `tenant = 7 OR urgent`.")

    /// A table of the host's.
    public static let source: [any SettingDeclaration] = [sourceTable, sourceColumns, sourceStatuses, sourceWhere]
}
