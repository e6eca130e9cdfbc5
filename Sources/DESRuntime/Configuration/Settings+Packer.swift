extension Settings {
    /// Bytes of a container.
    public static let packerContainerSize = Setting(
        "packer.container-size", .byteCount(1 << 10...1 << 40), standard: "256MiB",
        help: "Rows of a day and shard become a container as soon as their bodies have so many bytes.")
    /// Entries of a container.
    public static let packerContainerCount = Setting(
        "packer.container-count", .integer(1...1 << 20), standard: "50000",
        help: "The same as soon as there are so many of them. Each takes about 1 KB of memory while it is packed.")
    /// Age.
    public static let packerAge = Setting(
        "packer.age", .duration(.zero...(.seconds(86_400 * 30))), standard: "10m",
        help: "The same when the first of them was marked so long ago.")
    /// Idle.
    public static let packerIdle = Setting(
        "packer.idle", .duration(.zero...(.seconds(86_400 * 30))), standard: "1m",
        help:
            "The same when the last of them was: no more seem to come. When their day is over, in UTC, they are packed at once."
    )
    /// Large bodies.
    public static let packerLargeSize = Setting(
        "packer.large-size", .byteCount(1 << 17...1 << 40), standard: "16MiB",
        help: """
            A body of this size and more is streamed, alone, into a container of one. No more than packer.memory: a smaller one
            is held in memory.
            """)
    /// Where large bodies go.
    public static let packerBodiesOutside = Setting(
        "packer.large-outside", .flag, standard: "false",
        help: "Whether large bodies become objects of their own, `_bigFiles/NAME` beside their container.")
    /// Memory.
    public static let packerMemory = Setting(
        "packer.memory", .byteCount(1 << 20...1 << 40), standard: "64MiB",
        help: "Memory for bodies on their way from their sources, of all containers that are packed at a time.")
    /// Shards at a time.
    public static let packerShardsMax = Setting(
        "packer.shards-max", .integer(1...1_024), standard: "3",
        help: "Shards that this process packs at a time. More packers take the others.")
    /// Bodies at a time.
    public static let packerFetchesMax = Setting(
        "packer.fetches-max", .integer(1...4_096), standard: "64",
        help: "Bodies that this process fetches from one bucket at a time.")
    /// Leases.
    public static let packerLease = Setting(
        "packer.lease", .duration(.seconds(1)...(.seconds(86_400))), standard: "30s",
        help: """
            How long a shard is left to a packer that does not answer. One that lives renews it three times as often; what a dead
            one had claimed is packed by another after this time.
            """)
    /// How often to look.
    public static let packerInterval = Setting(
        "packer.interval", .duration(.milliseconds(10)...(.seconds(3_600))), standard: "2s",
        help: "How often to look for rows that are due while there are none.")
    /// Manifests.
    public static let packerManifestInterval = Setting(
        "packer.manifest-interval", .duration(.milliseconds(10)...(.seconds(86_400))), standard: "60s",
        help: "How often to look for containers whose manifests could not be written, and to write them.")
    /// Retries.
    public static let packerRetriesMax = Setting(
        "packer.retries-max", .integer(0...1_000), standard: "3",
        help: "How often a row whose source is missing or changed is tried again before it becomes a dead letter.")
    /// Waits between them.
    public static let packerRetryBase = Setting(
        "packer.retry-base", .number(1...3_600), standard: "4.0",
        help: "Before its retries such a row rests for this to the power of 0, 1, 2, … seconds, an hour at most.")
    /// Spool.
    public static let packerSpoolDirectory = Setting(
        "packer.spool-directory", .path, standard: "/var/tmp", earlierNames: ["DES_PACKER_WORKDIR"],
        help: """
            Where containers for a bucket are written before they are uploaded: packer.container-size times packer.shards-max,
            and some. The files have no names, and are gone with the process.
            """)
    /// Relative sources.
    public static let packerSourceDirectory = Setting(
        "packer.source-directory", .path, unset: "a source that is a relative path cannot be packed",
        help: "Where sources that are relative paths begin.")
    /// Where it listens.
    public static let packerListen = Setting(
        "packer.listen", .endpoint(standardPort: 9_100), standard: "127.0.0.1:9100",
        help: "Where probes and metrics are served. A port alone is on all addresses.")

    /// The packer.
    public static let packer: [any SettingDeclaration] = [
        packerContainerSize, packerContainerCount, packerAge, packerIdle, packerLargeSize, packerBodiesOutside,
        packerMemory, packerShardsMax, packerFetchesMax, packerLease, packerInterval, packerManifestInterval,
        packerRetriesMax, packerRetryBase,
        packerSpoolDirectory, packerSourceDirectory, packerListen,
    ]
}
