internal import DESCatalog
internal import DESCore
internal import DESRuntime
internal import DESStore
internal import Glibc
internal import Logging

/// What a packer is made of, as its settings describe it.
struct PackerParts: Sendable {
    let catalog: any Catalog
    private let leases: any Catalog
    let policy: SealPolicy
    let shardsMax: Int
    let interval: Duration
    let sweepInterval: Duration
    let metrics: PackerMetrics
    let health: PackerHealth
    let logger: Logger
    let lock: ServiceLock?
    let events = LoopEvents()
    let budget: ByteBudget
    private let runtime: ServiceRuntime
    /// Where containers go.
    private let place: String

    /// - Parameter leases: the same catalog, with connections of its own where it has several.
    init(
        _ catalog: any Catalog, leases: any Catalog, lock: ServiceLock?, _ runtime: ServiceRuntime, once: Bool
    ) throws(ConfigurationError) {
        let configuration = runtime.configuration
        (self.catalog, self.leases, self.lock, self.runtime) = (catalog, leases, lock, runtime)
        var policy = SealPolicy()
        policy.byteCountMax = configuration[Settings.packerContainerSize]
        policy.countMax = configuration[Settings.packerContainerCount]
        policy.ageMax = configuration[Settings.packerAge]
        policy.idleMax = configuration[Settings.packerIdle]
        policy.largeByteCountMin = configuration[Settings.packerLargeSize]
        policy.isFlushing = once
        self.policy = policy
        guard let place = configuration[Settings.storeURL] else {
            throw ConfigurationError(problems: ["store.url is not set: \(Destination.expected)"])
        }
        self.place = place
        let memory = configuration[Settings.packerMemory]
        guard policy.largeByteCountMin <= memory else {
            throw ConfigurationError(problems: [
                "packer.large-size is \(policy.largeByteCountMin), more than packer.memory (\(memory)): bodies that are not "
                    + "large are held in memory"
            ])
        }
        budget = ByteBudget(byteCount: memory)
        shardsMax = configuration[Settings.packerShardsMax]
        interval = configuration[Settings.packerInterval]
        sweepInterval = configuration[Settings.packerManifestInterval]
        metrics = PackerMetrics(runtime.metrics)
        health = PackerHealth(runtime, metrics)
        logger = runtime.logger
    }

    /// Finds out whether this deployment can be packed.
    /// - Throws: ``DESRuntime/ConfigurationError`` for what somebody has to mend; ``DatabaseError``, ``DESError`` for what may
    ///   pass.
    func prepare() async throws -> ShardWorker {
        let configuration = runtime.configuration
        let layout = try await catalog.layout()
        try layout.checked(against: configuration)
        let spoolDirectory = configuration[Settings.packerSpoolDirectory]
        let destination: Destination
        do {
            destination = try await Destination(place, spoolDirectory: spoolDirectory)
            try await destination.check(layout)
        } catch let error as DESError where error.code != .unavailable {
            throw ConfigurationError(problems: ["store.url or packer.spool-directory: \(error)"])
        }
        health.succeeded(.store)
        let fetchesMax = configuration[Settings.packerFetchesMax]
        let sources = BodySources { bucket in
            var options = S3Store.Options()
            options.connectionCountMax = fetchesMax
            return RetryingStore(
                try await S3Store.connect(bucket: bucket, options: options), policy: PackerParts.sourceRetries)
        }
        let fetcher = BodyFetcher(sources: sources, largeByteCountMin: policy.largeByteCountMin, metrics: metrics)
        var rows = RowPolicy()
        rows.retriesMax = configuration[Settings.packerRetriesMax]
        rows.backoffBase = configuration[Settings.packerRetryBase]
        let builder = { (spool: @escaping SpoolMaker) in
            ContainerBuilder(
                fetcher: fetcher, budget: budget, policy: rows, spool: spool, spoolDirectory: spoolDirectory,
                sourceDirectory: configuration[Settings.packerSourceDirectory], isStopping: { events.isStopping })
        }
        return ShardWorker(
            catalog: catalog, leases: leases, layout: layout, store: destination.store,
            small: builder(destination.spool),
            large: builder(destination.largeSpool), manifests: JSONLinesManifestWriter(store: destination.store),
            uploads: ByteBudget(byteCount: PackerParts.uploadByteCountMax), rows: rows, policy: policy,
            isBodyOutside: configuration[Settings.packerBodiesOutside], holder: PackerParts.holder,
            timeToLive: configuration[Settings.packerLease], metrics: metrics, health: health, logger: logger)
    }

    /// Memory for objects that are being put, of all shards.
    private static let uploadByteCountMax = 64 << 20

    /// A body that does not come for so long is left to a later attempt: others wait behind it.
    private static let sourceRetries = RetryPolicy(attemptCountMax: 6, deadline: .seconds(15))

    /// Who holds a lease, for people: the host and the process.
    private static var holder: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(host):\(getpid())"
    }
}
