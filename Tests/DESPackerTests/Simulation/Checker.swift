import DESCore

@testable import DESCatalog
@testable import DESPacker

/// What has to hold after each step, whatever has happened. It remembers what was promised, and looks only at what is there:
/// how it came about is not its business.
struct Checker {
    private struct Promise {
        let key: String
        let makeCount: Int
        let object: SimulatedObject
    }

    let bits: ShardBits
    private var rows: [Int] = []
    private var statuses: [Int: QueueStatus] = [:]
    private var promises: [Int: Promise] = [:]
    private var epochs: Set<Int> = []
    /// Containers whose packers have said that they are none.
    private var given: Set<Int> = []
    /// Which attempt each key belongs to.
    private var owners: [String: Int] = [:]
    private var fault: String?
    private var seen = (catalog: -1, store: -1)

    init(bits: ShardBits) { self.bits = bits }

    var producedCount: Int { rows.count }

    mutating func produced(_ row: Int) { rows.append(row) }

    // MARK: What is looked at when it happens

    mutating func acquired(_ lease: ShardLease) {
        if !epochs.insert(lease.epoch).inserted { fail("the epoch \(lease.epoch) was given twice") }
    }

    mutating func committed(
        _ number: Int, _ lease: ShardLease, _ holder: SimulatedCatalog.Lease?, _ entries: [PackedEntry]
    ) {
        if holder?.epoch != lease.epoch || holder?.expiry == nil {
            let other = holder.map { $0.expiry == nil ? "is nobody's" : "has \($0.epoch)" } ?? "is nobody's"
            fail("c\(number) was committed under epoch \(lease.epoch), the shard \(other)")
        }
        if given.contains(number) { fail("c\(number) was committed after its packer said that it was given up") }
    }

    mutating func put(_ key: String, _ object: SimulatedObject) {
        let owner = owners[key] ?? object.container
        owners[key] = owner
        if owner != object.container { fail("c\(owner) and c\(object.container) have one key") }
    }

    mutating func deleted(_ object: SimulatedObject, isGivenUp: Bool, isElsewhere: Bool) {
        // What was not given up may yet be committed, and then it is missed.
        if !isElsewhere, isGivenUp { fail("c\(object.container) was deleted, and is nowhere else") }
    }

    /// What a packer believes of its attempt must be so, now and later.
    mutating func ended(_ number: Int, _ ending: PackAttempt.Ending, _ catalog: SimulatedCatalog) {
        let isCommitted = catalog.containers[number]?.state == .committed
        switch ending {
        case .committed: if !isCommitted { fail("c\(number) is not committed, its packer says") }
        case .nothing, .abandoned:
            if isCommitted { fail("c\(number) is committed, its packer says \(ending)") }
            given.insert(number)
        case .lost: break
        }
    }

    private mutating func fail(_ text: String) { fault = fault ?? text }

    // MARK: What is looked at after each step

    mutating func check(_ world: Simulation) throws {
        if let fault { throw Simulation.Violation(text: fault) }
        guard seen != (world.catalog.version, world.store.version) else { return }
        if seen.catalog != world.catalog.version {
            try checkRows(world.catalog)
            try checkFiles(world.catalog, world.store)
        }
        seen = (world.catalog.version, world.store.version)
        try checkPromises(world.catalog, world.store)
    }

    /// Each row is in the queue, or a file, or a dead letter; and takes no step that there is not.
    private mutating func checkRows(_ catalog: SimulatedCatalog) throws {
        var next: [Int: QueueStatus] = [:]
        for row in catalog.queue {
            try require(next.updateValue(row.status, forKey: row.id) == nil, "row \(row.id) is in the queue twice")
            try require(
                (row.status == .failed) == catalog.letters.contains(row.id), "row \(row.id) and its letter differ")
            guard row.status == .claimed else { continue }
            let container = row.container.flatMap { catalog.containers[$0] }
            try require(
                container?.isOpen == true && container?.epoch == row.epoch && container?.place == row.place,
                "row \(row.id) is claimed for \(container.map { "a container that is \($0.state)" } ?? "no container")")
        }
        let files = Set(catalog.files.map(\.row.id))
        try require(files.count == catalog.files.count, "a row is a file twice")
        for row in rows {
            try require((next[row] == nil) == files.contains(row), "row \(row) is nowhere, or in the queue and a file")
            let step = QueueStep(from: statuses[row], to: next[row])
            try require(step.from == step.to || QueueStep.all.contains(step), "row \(row): \(step)")
        }
        statuses = next
    }

    /// What is committed is there, as it was committed; each name once, and where its name says.
    private mutating func checkFiles(_ catalog: SimulatedCatalog, _ store: SimulatedStore) throws {
        try require(Set(catalog.files.map(\.row.name)).count == catalog.files.count, "a name is a file twice")
        for (number, container) in catalog.containers where container.state == .committed && promises[number] == nil {
            guard let object = store.objects[container.key] else {
                throw Simulation.Violation(text: "c\(number) is committed, and no object")
            }
            let files = catalog.files.filter { $0.container == number }
            try require(!files.isEmpty, "c\(number) is committed, and has no files")
            try require(
                object.container == number && files.map(\.entry) == object.entries,
                "c\(number) has \(files.map(\.row.id)), its object \(object.entries.map(\.rowID))")
            for file in files { try check(file, container) }
            promises[number] = Promise(
                key: container.key, makeCount: store.makeCounts[container.key] ?? 0, object: object)
        }
        let promised = promises.values.reduce(0) { $0 + $1.object.entries.count }
        try require(
            promised == catalog.files.count, "there are \(catalog.files.count) files, \(promised) were committed")
    }

    /// Who knows nothing but the name finds it.
    private func check(_ file: SimulatedCatalog.File, _ container: SimulatedCatalog.Container) throws {
        let locator = ShardLocator(of: try DESName(file.row.name), bits: bits)
        try require(container.key.hasPrefix(locator.prefix), "\(file.row.name) is in \(container.key)")
        try require(
            !locator.candidates(among: [container.key]).isEmpty,
            "\(file.row.name) is not looked for in \(container.key)")
    }

    private func checkPromises(_ catalog: SimulatedCatalog, _ store: SimulatedStore) throws {
        for (number, promise) in promises {
            try require(catalog.containers[number]?.state == .committed, "c\(number) is not committed any more")
            try require(store.objects[promise.key] == promise.object, "the object of c\(number) is gone, or another")
            try require(store.makeCounts[promise.key] == promise.makeCount, "the key of c\(number) was written again")
        }
    }

    /// Nothing goes wrong any more, and all have had their time.
    func checkEnd(_ world: Simulation) throws {
        for row in world.catalog.queue {
            try require(row.status == .failed, "row \(row.id) is \(row.status) at the end")
        }
        for row in world.catalog.letters {
            try require(world.sources.isToBlame(row), "row \(row) is a dead letter, and nothing was wrong with it")
        }
    }

    private func require(_ condition: Bool, _ text: @autoclosure () -> String) throws {
        guard condition else { throw Simulation.Violation(text: text()) }
    }
}
