import DESCore
import DESStore
import TestServers
import Testing

@testable import DESCatalog
@testable import DESDoctor

/// What is lost or damaged is found, reported, and left as it is.
@Suite struct DamageTests {
    /// Every byte of a committed container, one after the other, is flipped.
    @Test("bit rot anywhere in a committed container is found")
    func bitRot() async throws {
        let site = try await Site(.sqlite)
        try await site.queue(2)
        let attempt = try await site.pack()
        #expect(try await site.plan(readsData: true).status == .done)
        for offset in attempt.bytes.indices {
            var bytes = attempt.bytes
            bytes[offset] ^= 1
            _ = try await site.store.put(attempt.key, bytes, .overwrite)
            let plan = try await site.plan(readsData: true)
            let isFound = plan.summary == ["corrupt -"] && plan.status == .corrupt
            // A version or a feature that this program does not know is no proof of damage.
            #expect(
                isFound || plan.summary == ["unknown -"] && plan.status == .unavailable,
                "byte \(offset): \(plan.summary)")
            #expect(plan.steps.isEmpty)
        }
        _ = try await site.store.put(attempt.key, attempt.bytes, .overwrite)
        #expect(try await site.plan(readsData: true).status == .done)
    }

    @Test("a body outside that rots, shrinks or is gone is found", arguments: Database.allCases)
    func outside(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(2)
        let attempt = try await site.pack(outside: true)
        let (key, body) = try #require(attempt.outside.first)
        try await site.spoil(key, at: 0)
        #expect(try await site.plan(readsData: true).summary == ["corrupt -"])
        _ = try await site.store.put(key, Array(body.dropLast()), .overwrite)
        #expect(try await site.plan(readsData: true).summary == ["corrupt -"])
        try await site.store.delete(key)
        let plan = try await site.plan(readsData: true)
        #expect(plan.status == .corrupt && plan.steps.isEmpty, "\(plan.summary)")
    }

    @Test(
        "a committed container without an object is lost; so is every file in it said to be",
        arguments: Database.allCases)
    func lost(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(3)
        let attempt = try await site.pack()
        try await site.store.delete(attempt.key)
        let plan = try await site.plan()
        #expect(plan.summary == ["lost-object -"] && plan.status == .corrupt)
        #expect(plan.findings[0].key == attempt.key && plan.findings[0].container == attempt.id)
    }

    @Test("another container under its key is no container of the catalog", arguments: Database.allCases)
    func exchanged(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(4)
        let (first, second) = (try await site.pack(countMax: 2), try await site.pack())
        _ = try await site.store.put(first.key, second.bytes, .overwrite)
        #expect(try await site.plan().summary == ["corrupt -"])
    }

    @Test(
        "entries without rows, rows without entries, and rows that are wrong are told apart",
        arguments: Database.allCases)
    func rows(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(5)
        let attempt = try await site.pack()
        func restoring(_ sql: String, _ body: (RepairPlan) -> Void) async throws {
            try await site.test.run("CREATE TABLE saved AS SELECT * FROM des_files")
            try await site.test.run(sql)
            body(try await site.plan())
            try await site.test.run("DELETE FROM des_files")
            try await site.test.run("INSERT INTO des_files SELECT * FROM saved")
            try await site.test.run("DROP TABLE saved")
        }
        let one = "name = (SELECT min(name) FROM des_files)"
        try await restoring("DELETE FROM des_files WHERE \(one)") {
            #expect($0.summary == ["missing-rows -"] && $0.status == .corrupt)
            #expect($0.findings.first?.detail.hasPrefix("1 of 5 entries have no row") == true)
        }
        for column in ["data_offset", "byte_count", "flags", "crc"] {
            try await restoring("UPDATE des_files SET \(column) = \(column) + 1 WHERE \(one)") {
                #expect($0.summary == ["wrong-rows -"] && $0.status == .corrupt, "\(column)")
            }
        }
        let stranger = "DES_\(Site.day.compact)_(FFFFFFFFFF00_FB)"
        try await restoring(
            """
            INSERT INTO des_files (day, name, source, container_id, data_offset, byte_count, flags, crc)
            SELECT day, '\(stranger)', 'x', container_id, 1, 1, 0, 0 FROM des_files WHERE \(one)
            """
        ) {
            #expect($0.summary == ["rows-without-entry -"] && $0.status == .corrupt)
        }
        try await restoring("UPDATE des_files SET container_id = '01940000-0000-7000-8000-000000000000' WHERE \(one)") {
            #expect($0.summary == ["rows-without-container -"], "\($0.summary)")
            #expect($0.status == .corrupt)
        }
        #expect(try await site.plan().findings.isEmpty)
        #expect(try await site.has(attempt.key))
    }

    @Test("wrong counts are corrected, and only from what the container says", arguments: Database.allCases)
    func counts(database: Database) async throws {
        let site = try await Site(database)
        try await site.queue(3)
        let attempt = try await site.pack()
        try await site.test.run("UPDATE des_containers SET entry_count = 99, byte_count = NULL")
        let plan = try await site.plan()
        #expect(plan.summary == ["wrong-counts correct"] && plan.status == .partial)
        #expect(try await site.apply(plan) == [.done])
        #expect(
            try await site.test.run("SELECT entry_count, byte_count FROM des_containers")
                == [["3", "\(attempt.bytes.count)"]])
        #expect(try await site.apply(plan) == [.already])
        #expect(try await site.plan().status == .done)
        try await site.test.run("UPDATE des_containers SET entry_count = 4")
        guard case .skipped = try await site.apply(plan)[0] else {
            Issue.record("another count is overwritten"); return
        }
    }

    @Test("what others have in the bucket is left alone, and so is what is no container", arguments: ["archive", ""])
    func foreignKeys(keyPrefix: String) async throws {
        let site = try await Site(.sqlite, keyPrefix: keyPrefix)
        try await site.queue(2)
        let stale = try await site.abandon(outside: true)
        let kept = try await site.pack()
        let root = keyPrefix.isEmpty ? "" : keyPrefix + "/"
        let place = "\(Site.day)/shard_00000"
        let name = stale.key.split(separator: "/").last ?? ""
        let foreign = [
            "other/app.parquet", "other/\(place)/\(name)", "\(root)_bigFiles/x", "\(root)\(place)/_bigFiles/x",
            "\(root)manifests/day=\(Site.day)/shard=00000/\(stale.id).jsonl", "\(root)\(place)/\(name).bak",
            "\(root)\(place)/notes.txt", "\(root)\(Site.day)/shard_00.des", "\(root)\(Site.day)/0a.des",
            "\(root)\(place)/\(stale.id)/notes.txt", "\(root)\(place)/\(stale.id)/\(stale.id).des.x", "zzz",
        ]
        for key in foreign { _ = try await site.store.put(key, stale.bytes, .create) }
        let plan = try await site.plan(readsData: true)
        #expect(plan.steps.map(\.container.key) == [stale.key])
        #expect(plan.summary == ["uncommitted delete"] && plan.counts.earlier == 2)
        #expect(try await site.apply(plan) == [.done])
        #expect(try await site.keys() == (foreign + [site.recordKey, kept.key]).sorted())
    }

    @Test("a store of another deployment, or one that does not say whose it is, is not looked at")
    func otherStore() async throws {
        let site = try await Site(.sqlite)
        try await site.queue(2)
        try await site.pack()
        _ = try await site.store.put(
            site.recordKey, Array(#"{"shard_bits":8,"name_prefix":"DES","key_prefix":"archive"}"#.utf8), .overwrite)
        await #expect { _ = try await site.plan() } throws: { ($0 as? DESError)?.code == .conflict }
        try await site.store.delete(site.recordKey)
        await #expect { _ = try await site.plan() } throws: { ($0 as? DESError)?.code == .notFound }
    }

    @Test("days that were detached are not compared, and are no damage")
    func detached() async throws {
        let site = try await Site(.postgres)
        try await site.queue(2)
        try await site.pack()
        let tomorrow = try #require(CalendarDay(number: Site.day.number + 1))
        #expect(try await site.test.catalog.detachDays(before: tomorrow, dryRun: false).count == 1)
        let plan = try await site.plan(readsData: true)
        #expect(plan.status == .done && plan.counts.detachedDays == 1, "\(plan.summary)")
    }
}
