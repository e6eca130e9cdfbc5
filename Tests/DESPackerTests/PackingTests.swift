@testable import DESCatalog
import DESCore
import DESStore
import TestServers
import Testing

/// Files go from their sources into containers, with the processes that do it in earnest.
@Suite(.serialized) struct PackingTests {
    @Test(
        "what waits is packed once, and every file can be read where the catalog says",
        arguments: Deployment.Kind.allCases)
    func everything(kind: Deployment.Kind) async throws {
        let deployment = try await Deployment(kind)
        // Small, of unknown size, larger than a page of the index may predict.
        try await deployment.enqueue(Deployment.sizes(600) + [131_071, 131_072, 131_073, 700_000]) { number, file in
            if number % 3 == 0 { file.size = nil }
            file.sourceID = number % 2 == 0 ? "id-\(number)" : nil
            file.meta = "{\"number\":\(number),\"size\":-1,\"source\":\"a lie\"}"
        }
        try await deployment.mark()
        let result = try await deployment.packOnce()
        #expect(result.status == 0, "\(result.output)")
        try await deployment.expectAllPacked()
        #expect(try await deployment.value("SELECT count(*) FROM des_containers WHERE state <> 'committed'") == "0")
        // What a producer has said of a file is in its META, but for what only the packer knows.
        let row = try #require(
            try await deployment.query(
                "SELECT f.name, c.key, f.source FROM des_files AS f JOIN des_containers AS c ON c.id = f.container_id "
                    + "WHERE f.source_id = 'id-2'"
            ).first)
        let reader = try await ContainerReader(ObjectByteSource(deployment.store, key: row[1] ?? ""))
        let entry = try #require(try await reader.find(EntryName(row[0] ?? "")))
        let meta = try await reader.metadata(of: entry).json
        #expect(meta["number"]?.integerValue == 2 && meta["source"]?.stringValue == row[2])
        #expect(meta["source_id"]?.stringValue == "id-2" && meta["size"]?.integerValue == entry.byteCount)
        #expect(meta["created_at"]?.stringValue.flatMap { Timestamp($0) } != nil)
        // Again there is nothing to do.
        let again = try await deployment.packOnce()
        #expect(again.status == 0 && !again.output.contains("packer.committed"), "\(again.output)")
    }

    @Test(
        "a large body has a container of its own, or lies beside it", arguments: Deployment.Kind.allCases,
        [false, true])
    func large(kind: Deployment.Kind, isOutside: Bool) async throws {
        let deployment = try await Deployment(kind)
        try await deployment.enqueue(Deployment.sizes(40) + [3 << 20, 200_000, 40 << 20, 1 << 20]) { number, file in
            // One is found to be large only when it is fetched.
            if number == 40 || number == 43 { file.size = nil }
        }
        try await deployment.mark()
        let result = try await deployment.packOnce("packer.large-size=1MiB", "packer.large-outside=\(isOutside)")
        #expect(result.status == 0, "\(result.output)")
        try await deployment.expectAllPacked()
        let alone = try await deployment.value(
            """
            SELECT count(*) FROM des_files AS f JOIN des_containers AS c ON c.id = f.container_id
            WHERE f.byte_count >= 1048576 AND c.entry_count = 1 AND f.flags = \(isOutside ? 1 : 0)
            """)
        #expect(alone == "3")
    }

    @Test("a source that is missing, changed or no source fails alone", arguments: Deployment.Kind.allCases)
    func poison(kind: Deployment.Kind) async throws {
        let deployment = try await Deployment(kind)
        try await deployment.enqueue(Deployment.sizes(60)) { number, file in
            switch number {
            case 10: file.source += "-missing"
            case 11: file.size = 7
            case 12: file.source = "ftp://host/file"
            case 13: file.meta = "{\"sha256\":\"\(String(repeating: "0", count: 64))\"}"
            case 14: file.source = "relative/path"
            default: break
            }
        }
        for number in 10...14 { deployment.forget("\(deployment.sourcePrefix)file-\(number)") }
        try await deployment.mark()
        // Those that are tried again are due at a later time: until then nothing is.
        for _ in 0..<6 {
            let result = try await deployment.packOnce("packer.retries-max=1")
            #expect(result.status == 0, "\(result.output)")
            if try await deployment.value("SELECT count(*) FROM des_dead_letters") == "5" { break }
            try await deployment.wait(
                for:
                    "SELECT count(*) FROM des_queue WHERE status = 'marked' AND next_attempt_at > \(deployment.catalog.dialect.now)",
                "0")
        }
        try await deployment.expectAllPacked()
        let letters = try await deployment.catalog.deadLetters(limit: 10)
        #expect(letters.count == 5 && letters.allSatisfy { $0.stage == "pack" && $0.attempts == 2 })
        let reasons = letters.map(\.reason)
        for words in ["expected s3://", "the row says 7", "its SHA-256 is", "packer.source-directory"] {
            #expect(reasons.contains { $0.contains(words) }, "\(reasons)")
        }
        #expect(try await deployment.value("SELECT count(*) FROM des_queue WHERE status = 'failed'") == "5")

        // An operator has put the source there: it keeps its name.
        let name = try await deployment.value("SELECT name FROM des_queue WHERE source LIKE '%-missing'")
        _ = try await deployment.sources.put(
            "file-10-missing", Array(repeating: 7, count: Deployment.sizes(60)[10]), .create)
        let letter = try #require(letters.first { $0.source?.hasSuffix("-missing") == true })
        _ = try await deployment.catalog.retryDeadLetters([letter.id])
        #expect(try await deployment.packOnce().status == 0)
        #expect(try await deployment.value("SELECT name FROM des_files WHERE source LIKE '%-missing'") == name)
    }

    @Test("containers are full: bytes and count are kept, whatever waits", arguments: Deployment.Kind.allCases)
    func limits(kind: Deployment.Kind) async throws {
        let deployment = try await Deployment(kind, shardBits: 1)
        try await deployment.enqueue(Array(repeating: 1_000, count: 500))
        try await deployment.mark()
        let result = try await deployment.packOnce("packer.container-count=40", "packer.container-size=30000")
        #expect(result.status == 0, "\(result.output)")
        try await deployment.expectAllPacked()
        let counts = try await deployment.query("SELECT entry_count FROM des_containers").map { Int($0[0] ?? "") ?? 0 }
        #expect(counts.allSatisfy { $0 <= 30 } && counts.count { $0 == 30 } >= 14, "\(counts)")
    }
}
