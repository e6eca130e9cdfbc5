import DESCatalog
import DESCore
import DESStore
import Testing

/// What must be so when all is quiet again.
struct FinalChecks {
    let deployment: Deployment
    let files: [TortureFile]

    /// A file as the catalog knows it, or as it is known from the containers alone.
    struct Packed: Hashable {
        var source: String
        var sourceID: String?
        var container: String
        var key: String
        /// Day, offset, byte count, flags, CRC32C.
        var facts: [String]
    }

    /// What des_files says, by name.
    func packed() async throws -> [String: Packed] {
        let rows = try await deployment.query(
            """
            SELECT f.name, f.source, f.source_id, c.id, c.key, f.day, f.data_offset, f.byte_count, f.flags, f.crc
            FROM des_files AS f JOIN des_containers AS c ON c.id = f.container_id WHERE c.state = 'committed'
            """)
        return Dictionary(
            rows.map { row in
                let text = row.map { $0 ?? "" }
                return (
                    text[0],
                    Packed(
                        source: text[1], sourceID: row[2], container: text[3], key: text[4], facts: Array(text[5...]))
                )
            },
            uniquingKeysWith: { first, second in
                Issue.record("a name of two files: \(first), \(second)")
                return first
            })
    }

    // MARK: Every file is readable through the catalog

    /// Each in exactly one committed container, with equal bytes.
    func expectAllReadable(_ packed: [String: Packed]) async throws {
        let expected = Dictionary(
            uniqueKeysWithValues: files.filter(\.isSound).map { (deployment.sourcePrefix + $0.key, $0) })
        #expect(packed.count == expected.count)
        let missing = Set(expected.keys).subtracting(packed.values.map(\.source))
        #expect(missing.isEmpty, "\(missing.count) files are not packed: \(missing.sorted().prefix(5))")
        var containers = Dictionary(grouping: packed, by: \.value.key)
        var differing: [String] = []
        try await inOrder(width: 4) {
            containers.popFirst()
        } produce: { [deployment] key, entries in
            let whole = try await deployment.store.get(key, .bytes(0..<1 << 26), ifMatch: nil).bytes
            var differing: [String] = []
            for (name, packed) in entries {
                let body = try await FinalChecks.body(of: name, packed, whole, deployment.store)
                if body != expected[packed.source]?.body || "\(CRC32C.of(body.span.bytes))" != packed.facts[4] {
                    differing.append("\(name): \(packed)")
                }
            }
            return differing
        } consume: {
            differing += $0
        }
        #expect(differing.isEmpty, "\(differing.count) differ: \(differing.prefix(5))")
    }

    /// Where the catalog says that it lies.
    private static func body(
        of name: String, _ packed: Packed, _ container: [UInt8], _ store: any ObjectStore
    ) async throws -> [UInt8] {
        let (start, count) = (Int(packed.facts[1]) ?? 0, Int(packed.facts[2]) ?? 0)
        guard packed.facts[3] == "\(EntryFlags.external.rawValue)" else {
            return Array(container.dropFirst(start).prefix(count))
        }
        let key = try #require(ContainerKey(packed.key)?.bodyKey(of: EntryName(name)))
        return try await store.get(key, .bytes(0..<1 << 26), ifMatch: nil).bytes
    }

    /// What could not be packed, and nothing else, is a dead letter.
    func expectDeadLetters() async throws {
        let expected = files.filter { !$0.isSound }.map { deployment.sourcePrefix + $0.key }.sorted()
        let letters = try await deployment.query("SELECT source, stage, reason FROM des_dead_letters ORDER BY source")
        let found = letters.map { $0[0] ?? "" }.sorted()
        #expect(found == expected, "\(letters.filter { !expected.contains($0[0] ?? "") })")
        #expect(letters.allSatisfy { $0[1] == "pack" })
        let queue = try await deployment.query("SELECT source, status FROM des_queue ORDER BY source")
        #expect(queue.map { $0[0] ?? "" }.sorted() == expected && queue.allSatisfy { $0[1] == "failed" }, "\(queue)")
    }

    // MARK: Nothing else is there, and the containers suffice

    /// Every object is of a committed container, or made from one, or of an attempt that was given up.
    ///
    /// `des doctor` is to find the same, once there is one.
    func expectNothingStrange() async throws {
        let states = Dictionary(
            uniqueKeysWithValues: try await deployment.query("SELECT key, state FROM des_containers")
                .map { ($0[0] ?? "", $0[1] ?? "") })
        let open = states.filter { $0.value == "writing" || $0.value == "uploaded" }
        #expect(open.isEmpty, "left open: \(open)")
        let manifests = Set(states.keys.compactMap { ContainerKey($0)?.manifestKey(.jsonLines) })
        var strange: [String] = []
        for try await info in deployment.store.objects(withPrefix: "") {
            // A trial of the store that was cut off leaves its object, which says that it can be deleted.
            let isKnown =
                info.key == "\(Deployment.keyPrefix)/des-layout.json" || manifests.contains(info.key)
                || info.key.hasPrefix("\(Deployment.keyPrefix)/.des-probe-")
            let state = states[ContainerWatch.owner(of: info.key)]
            if !isKnown, state != "committed", state != "abandoned" {
                strange.append("\(info.key): \(state ?? "no row")")
            }
        }
        #expect(strange.isEmpty, "\(strange.prefix(5))")
    }

    /// All containers that there are, also those of attempts that were given up, tell what is packed and where: of a name in
    /// several, the one of the highest epoch is the one that was committed.
    ///
    /// `des catalog rebuild` is to make the same, once there is one.
    func expectRebuilt(_ packed: [String: Packed]) async throws {
        var keys: [ContainerKey] = []
        for try await info in deployment.store.objects(withPrefix: Deployment.keyPrefix) {
            if let key = ContainerKey(info.key) { keys.append(key) }
        }
        var found: [String: (epoch: UInt64, packed: Packed)] = [:]
        var rest = keys[...]
        try await inOrder(width: 4) {
            rest.popFirst()
        } produce: { [deployment] key in
            try await FinalChecks.entries(of: key, deployment.store)
        } consume: { epoch, entries in
            for (name, entry) in entries {
                if let known = found[name], (epoch, known.packed.container) < (known.epoch, entry.container) {
                    continue
                }
                found[name] = (epoch, entry)
            }
        }
        let rebuilt = found.mapValues(\.packed)
        let wrong = Set(packed.keys).union(rebuilt.keys).filter { packed[$0] != rebuilt[$0] }
        let first = wrong.sorted().prefix(3).map { (packed: packed[$0], rebuilt: rebuilt[$0]) }
        #expect(wrong.isEmpty, "\(wrong.count) are not what the containers say: \(first)")
    }

    private static func entries(
        of key: ContainerKey, _ store: any ObjectStore
    ) async throws -> (epoch: UInt64, entries: [(String, Packed)]) {
        let reader = try await ContainerReader(ObjectByteSource(store, key: key.text))
        let index = try await reader.index()
        let entries = index.indices.map { index[$0] }
        let metas = try await reader.metadata(of: entries)
        var all: [(String, Packed)] = []
        for (entry, meta) in zip(entries, metas) {
            let name = try DESName(entry.name.string)
            let numbers = [
                entry.isExternal ? 0 : entry.location.body.lowerBound, entry.byteCount,
                Int(entry.location.flags.rawValue), Int(entry.location.bodyCRC ?? 0),
            ]
            let packed = Packed(
                source: meta.json["source"]?.stringValue ?? "", sourceID: meta.json["source_id"]?.stringValue,
                container: key.id?.description ?? "", key: key.text,
                facts: ["\(name.day)"] + numbers.map { "\($0)" })
            all.append((entry.name.string, packed))
        }
        return (reader.layout.epoch, all)
    }

    /// Of a file of which only the name is known, the container is among those that are looked at.
    func expectFoundByName(_ packed: [String: Packed]) async throws {
        let bits = try await deployment.catalog.layout().shardBits
        let lost = try packed.filter { name, packed in
            let locator = ShardLocator(of: try DESName(name), bits: bits, keyPrefix: Deployment.keyPrefix)
            return locator.candidates(among: [packed.key]).isEmpty
        }
        #expect(lost.isEmpty, "\(lost.count) cannot be found by their names: \(lost.first.map { "\($0)" } ?? "")")
    }
}
