import DESCore
import Glibc
import TestServers
import Testing

@Suite("des doctor, retention, sources purge, catalog rebuild and fence")
struct DoctorTests {
    @Test("nothing wrong is status 0; a plan is made, done, and done again", arguments: TestCatalog.Kind.allCases)
    func adopt(kind: TestCatalog.Kind) async throws {
        let packed = try await PackedCatalog(kind)
        let sound = try packed.run("doctor", "--read-data")
        #expect(sound.status == 0 && sound.text.contains("committed containers of 1 days, 5 entries"), "\(sound)")
        #expect(sound.errors == "nothing is wrong\n")
        let before = try await packed.packed()
        let key = try await packed.forgetCommit()
        let young = try packed.run("doctor")
        #expect(young.status == 0 && young.text.contains("1 uncommitted ones are younger than --grace"), "\(young)")
        let table = try packed.run("doctor", "--grace", "0s")
        #expect(table.status == 3 && table.lines.first?.hasPrefix("FINDING") == true, "\(table)")
        #expect(table.text.contains("uncommitted  adopt   \(key)") && table.errors.contains("des doctor --apply"))
        let plan = try packed.run("doctor", "--grace", "0s", "--json")
        #expect(plan.status == 3 && plan.lines.count == 1 && plan.errors.isEmpty, "\(plan)")
        let json = try JSON(parsing: plan.output.span.bytes)
        for member in [
            "type", "version", "made_at", "deployment", "grace_seconds", "looked_at", "findings", "checksum",
        ] {
            #expect(json[member] != nil, "\(member)")
        }
        let path = packed.catalog.directory["plan.json"]
        try Files.write(path, plan.output)
        let done = try packed.run("doctor", "--apply", path)
        #expect(done.status == 0 && done.lines == ["done\tadopt\t\(key)"], "\(done)")
        #expect(try await packed.packed() == before)
        let again = try packed.run("doctor", "--apply", path, "--json")
        #expect(again.status == 0 && again.text.contains(#""outcome":"already""#), "\(again)")
        #expect(try packed.run("doctor", "--read-data").status == 0)
    }

    @Test("a plan that was edited, is too old or of another catalog is refused with 13")
    func refused() async throws {
        let packed = try await PackedCatalog(.sqlite)
        let other = try await PackedCatalog(.sqlite)
        _ = try await packed.forgetCommit()
        let plan = try packed.run("doctor", "--grace", "0s", "--json")
        let path = packed.catalog.directory["plan.json"]
        try Files.write(path, plan.output)
        for (result, words) in [
            (try packed.run("doctor", "--apply", path, "--max-age", "0s"), "--max-age"),
            (try other.run("doctor", "--apply", path), "was made for"),
        ] {
            #expect(result.status == 13 && result.errors.contains(words) && result.errors.contains(path), "\(result)")
        }
        try Files.write(path, plan.text.replacing(#""adopt""#, with: #""delete""#))
        let edited = try packed.run("doctor", "--apply", path)
        #expect(edited.status == 13 && edited.errors.contains("was changed"), "\(edited)")
        try Files.write(path, "no plan")
        #expect(try packed.run("doctor", "--apply", path).status == 1)
        #expect(try packed.run("doctor", "--apply", packed.catalog.directory["none"]).status == 10)
        #expect(try await packed.catalog.count("des_queue") != 0, "nothing was done")
    }

    @Test("what is lost or damaged is status 11, a store that does not say whose it is 10, none at all 78")
    func damage() async throws {
        let packed = try await PackedCatalog(.sqlite)
        let key = try await packed.catalog.query("SELECT min(key) FROM des_containers")
        let path = "\(packed.store)/\(key)"
        var bytes = try Files.read(path)
        bytes[20] ^= 1
        try Files.write(path, bytes)
        #expect(try packed.run("doctor").status == 0, "it says the right things of itself")
        let rotten = try packed.run("doctor", "--read-data")
        #expect(rotten.status == 11 && rotten.text.contains("corrupt  -       \(key)"), "\(rotten)")
        unlink(path)
        let lost = try packed.run("doctor")
        #expect(lost.status == 11 && lost.text.contains("lost-object"), "\(lost)")
        try Files.makeDirectory(packed.catalog.directory["empty"])
        let empty = try packed.run("doctor", "--store", packed.catalog.directory["empty"])
        #expect(empty.status == 10 && empty.errors.contains("des-layout.json"), "\(empty)")
        let none = try packed.run("doctor", "--store", packed.catalog.directory["no/such"])
        #expect(none.status == 10 || none.status == 12, "\(none)")
        let unset = try packed.catalog.run("doctor")
        #expect(unset.status == 78 && unset.errors.contains("store.url"), "\(unset)")
        #expect(try packed.run("doctor", "--store", "s3://bucket/prefix").errors.contains("names.key-prefix"))
        #expect(try packed.run("doctor", "--grace", "5").status == 64)
    }

    @Test("a catalog is rebuilt from its store, in the other database", arguments: TestCatalog.Kind.allCases)
    func rebuild(kind: TestCatalog.Kind) async throws {
        let packed = try await PackedCatalog(kind, count: 9)
        let expected = try await packed.packed()
        let other = try await TestCatalog.migrated(kind == .sqlite ? .postgres : .sqlite, "--set", "names.shard-bits=1")
        let dry = try other.run("catalog", "rebuild", packed.store, "--dry-run")
        #expect(dry.status == 0 && dry.text.hasPrefix("9 files in "), "\(dry)")
        #expect(try await other.count("des_files") == 0)
        let result = try other.run("catalog", "rebuild", packed.store, "--json")
        #expect(result.status == 0 && result.text.contains(#""files":9"#), "\(result)")
        let files = """
            SELECT name, source, source_id, container_id, data_offset, byte_count, flags, crc, day FROM des_files ORDER BY name
            """
        #expect(expected.hasPrefix(try await other.query(files)))
        let doctor = try other.run("doctor", "--store", packed.store, "--read-data")
        #expect(doctor.status == 0, "\(doctor)")
        let fence = try other.run("catalog", "fence", packed.store)
        #expect(fence.status == 0 && fence.text.contains("highest epoch of"), "\(fence)")
        #expect(try packed.run("catalog", "fence", "--dry-run", "--json").text.contains(#""dry_run":true"#))
        // Of another layout.
        let wrong = try await TestCatalog.migrated(.sqlite)
        #expect(try wrong.run("catalog", "rebuild", packed.store).status == 13)
        // In use.
        let used = try await PackedCatalog(.sqlite)
        _ = try await used.forgetCommit()
        let refused = try used.run("catalog", "rebuild", used.store)
        #expect(refused.status == 13 && refused.errors.contains("in use"), "\(refused)")
    }

    @Test("days go by a plan", arguments: TestCatalog.Kind.allCases)
    func retention(kind: TestCatalog.Kind) async throws {
        let packed = try await PackedCatalog(kind)
        let nothing = try packed.run("retention", "--older-than", "1d")
        #expect(
            nothing.status == 0 && nothing.output.isEmpty && nothing.errors.contains("no days that old"), "\(nothing)")
        for arguments in [[], ["--older-than", "400"], ["--older-than", "1d", "--apply", "x"]] {
            #expect(try packed.catalog.command(["retention"] + arguments).run().status == 64)
        }
        // Yesterday's names would need a clock of another day; the plan of no days is done just as well.
        let plan = try packed.run("retention", "--older-than", "1d", "--json")
        let path = packed.catalog.directory["plan.json"]
        try Files.write(path, plan.output)
        #expect(try packed.run("retention", "--apply", path).status == 0)
        #expect(try packed.run("doctor", "--apply", path).status == 1, "a plan of another kind")
        #expect(try packed.run("doctor", "--read-data").status == 0)
    }

    @Test(
        "sources go that are what was packed, each with a line; a dry run deletes none",
        arguments: TestCatalog.Kind.allCases)
    func purge(kind: TestCatalog.Kind) async throws {
        let packed = try await PackedCatalog(kind)
        try Files.write(packed.sources[1], "changed")
        #expect(try packed.run("sources", "purge", "--older-than", "30d").output.isEmpty)
        let dry = try packed.run("sources", "purge", "--older-than", "0s")
        #expect(dry.status == 3 && dry.lines.count == 4, "\(dry)")
        #expect(dry.lines.allSatisfy { $0.hasPrefix(#"{"type":"would-delete","at":"#) })
        #expect(packed.sources.allSatisfy { Files.exists($0) })
        let done = try packed.run("sources", "purge", "--older-than", "0s", "--delete")
        #expect(done.status == 3 && done.lines.count == 4, "\(done)")
        #expect(done.lines.allSatisfy { $0.hasPrefix(#"{"type":"delete","at":"#) })
        #expect(done.errors.contains("\(packed.sources[1]): has 7 bytes now"), "\(done)")
        #expect(packed.sources.map { Files.exists($0) } == [false, true, false, false, false])
        let again = try packed.run("sources", "purge", "--older-than", "0s", "--delete")
        #expect(again.output.isEmpty && again.errors.contains("4 were gone"), "\(again)")
        #expect(try packed.run("sources", "purge").status == 64)
    }
}
