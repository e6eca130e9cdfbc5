import DESCore
import TestServers
import Testing

@testable import DESCatalog

/// A table of the host's is marked where it is, and told when its rows are packed.
@Suite struct SourceTableTests {
    /// The earlier system's table.
    private static let earlierTable = """
        CREATE TABLE des_source_catalog (
            id serial PRIMARY KEY, created_at timestamptz NOT NULL, des_name varchar(255), des_hash varchar(64),
            des_shard integer, des_status varchar(32), retry_count integer NOT NULL DEFAULT 0, last_error text,
            source_bucket varchar(255), source_key varchar(1024));
        """

    private func adopted(_ source: SourceTable, _ sql: String) async throws -> TestCatalog {
        let server = try await PostgresServer.shared
        let database = try await server.createDatabase()
        _ = try await server.query(sql, in: database)
        let test = TestCatalog(postgres: server.url(database: database), source: source)
        _ = try await test.catalog.migrate(TestCatalog.layout, accepting: TestCatalog.accept)
        return test
    }

    @Test func theEarlierTableIsMarkedAsItStands() async throws {
        let test = try await adopted(
            try SourceTable(name: "des_source_catalog"),
            Self.earlierTable + """
                INSERT INTO des_source_catalog (created_at, source_bucket, source_key, des_status)
                SELECT now() - interval '2 days', 'bucket', 'key ' || n, (ARRAY[NULL, 'pending', 'retry'])[1 + n % 3]
                FROM generate_series(1, 9) AS n;
                INSERT INTO des_source_catalog (created_at, source_bucket, source_key, des_status, des_name) VALUES
                    (now() - interval '2 days', 'bucket', 'failed', 'failed', NULL),
                    (now() - interval '2 days', 'bucket', 'named', NULL, 'name'), (now(), 'bucket', 'young', NULL, NULL);
                """)
        try await test.catalog.checkMarking()
        #expect(try await test.catalog.backlog(MarkOrder()).count == 9)
        var names = TestNames()
        let first = try await test.mark(6, &names, MarkOrder())
        let second = try await test.mark(6, &names, after: first.cursor, MarkOrder())
        #expect(first.markedCount == 6 && second.markedCount == 3)
        let rows = try await test.run(
            """
            SELECT h.des_name, h.des_hash, h.des_shard, h.des_status, encode(sha256(h.des_name::bytea), 'hex'),
                q.name, q.shard, q.source, 's3://bucket/' || h.source_key, q.status, CAST(q.day AS text)
            FROM des_source_catalog AS h JOIN des_queue AS q ON q.source_id = h.id::text ORDER BY h.id
            """)
        #expect(rows.count == 9 && Set(rows.map { $0[0] }).count == 9)
        for row in rows {
            #expect(row[1] == row[4] && row[3] == "marked" && row[0] == row[5] && row[2] == row[6] && row[7] == row[8])
            #expect(row[2] == "\(ShardID(of: row[0] ?? "", bits: .standard).number)" && row[9] == "marked")
            #expect(row[10] == "2026-01-31")
        }
        let others = try await test.run(
            "SELECT source_key, des_status, des_name FROM des_source_catalog WHERE id > 9 ORDER BY id")
        #expect(others == [["failed", "failed", nil], ["named", nil, "name"], ["young", nil, nil]])
    }

    /// Quoted identifiers, a schema, a condition with OR, ids that are no numbers, and every role.
    @Test func tablesOfOtherShapes() async throws {
        let roles = [
            "id=Id", "created_at=at", "name=Na\"me", "status=state", "key=uri", "meta=about", "size=bytes",
            "container=box", "offset=box offset", "length=box_length", "packed_at=packed", "next_attempt_at=later",
            "attempts=tries", "error=why",
        ]
        let source = try SourceTable(
            name: "app.My Files", columns: roles, statuses: ["new=open", "marked=named", "packed=gone"],
            condition: "tenant = 7 OR tenant = 8")
        let test = try await adopted(
            source,
            """
            CREATE SCHEMA app;
            CREATE TABLE app."My Files" (
                "Id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), at timestamp NOT NULL DEFAULT now() - interval '1 h',
                "Na""me" text, state text DEFAULT 'open', uri text, about text, bytes numeric, box text,
                "box offset" bigint, box_length bigint, packed timestamptz, later timestamptz, tries int, why text,
                tenant int NOT NULL);
            INSERT INTO app."My Files" (uri, about, bytes, tenant) VALUES
                ('file:///1', '{"a": 1}', 10, 7), ('file:///2', NULL, 20, 8), ('file:///3', NULL, 30, 9),
                (NULL, NULL, 40, 7), ('file:///5', '[]', 50, 7);
            INSERT INTO app."My Files" (uri, tenant, state) VALUES ('file:///6', 7, 'gone');
            """)
        try await test.catalog.checkMarking()
        var (names, order) = (TestNames(), MarkOrder.atOnce)
        (names.shard, order.retriesMax) = (3, 1)
        let done = try await test.mark(10, &names, order)
        #expect(done.markedCount == 2 && done.postponedCount == 2 && done.refusedCount == 0)
        // They rest.
        #expect(try await test.value("SELECT count(*) FROM app.\"My Files\" WHERE later > at") == "2")
        try await test.run("UPDATE app.\"My Files\" SET later = NULL")
        #expect(try await test.mark(10, &names, order).refusedCount == 2)
        let letters = try await test.catalog.deadLetters(limit: 10)
        #expect(
            Set(letters.map(\.reason)) == ["the key is null", "the metadata is no object of JSON: array"]
                && letters.allSatisfy { $0.origin == "app.My Files" && $0.attempts == 2 })
        #expect(
            try await test.value("SELECT count(*) FROM app.\"My Files\" WHERE state = 'failed' AND tries = 2") == "2")

        // Packed: the host's rows are told in the same transaction.
        let lease = try #require(
            try await test.catalog.acquire(ShardID(3)!, holder: "test", timeToLive: .seconds(60)))
        var generator = SystemRandomNumberGenerator()
        let id = ContainerID(milliseconds: 1, using: &generator)
        let order2 = ClaimOrder(
            container: id, key: "a/b.des", day: CalendarDay("2026-01-31")!, countMax: 10, byteCountMax: 1_000)
        let claimed = try await test.catalog.claim(lease, order2)
        #expect(claimed.map(\.size) == [10, 20] || claimed.map(\.size) == [20, 10])
        let entries = claimed.enumerated().map { place, row in
            PackedEntry(rowID: row.id, name: row.name, offset: 64 + place, byteCount: row.size ?? 0, flags: 0, crc: 1)
        }
        try await test.catalog.uploaded(id, byteCount: 100, lease)
        await #expect(throws: CatalogError.rowsDiffer(claimed: 2, entries: 1)) {
            try await test.catalog.commit(id, [entries[0]], others: [], lease)
        }
        let told = """
            SELECT box, "box offset", box_length, packed IS NOT NULL FROM app."My Files" WHERE state = 'gone'
            AND tenant < 9 AND uri <> 'file:///6' ORDER BY "box offset"
            """
        #expect(try await test.run(told).isEmpty)
        try await test.catalog.commit(id, entries, others: [], lease)
        #expect(
            try await test.run(told)
                == entries.map { ["a/b.des", "\($0.offset)", "\($0.byteCount)", "t"] })

        // What was given up can be tried again.
        try await test.run("UPDATE app.\"My Files\" SET uri = 'file:///mended', about = NULL WHERE state = 'failed'")
        #expect(try await test.catalog.retryDeadLetters(nil).count == 2)
        #expect(try await test.mark(10, &names, order).markedCount == 2)
    }

    /// One row whose text is no JSON stops nobody else: the batch is refused, the row alone as well.
    @Test func aTextThatIsNoJSONIsFoundAlone() async throws {
        let columns = ["id=id", "created_at=at", "name=name", "status=status", "key=uri", "meta=about"]
        let test = try await adopted(
            try SourceTable(name: "files", columns: columns),
            """
            CREATE TABLE files (
                id int PRIMARY KEY, at timestamptz DEFAULT now(), name text, status text, uri text, about text);
            INSERT INTO files (id, uri, about) VALUES (1, 'a', '{}'), (2, 'b', 'no json'), (3, 'c', NULL);
            """)
        var names = TestNames()
        await #expect { try await test.mark(10, &names) } throws: { ($0 as? DatabaseError)?.kind == .row }
        let first = try await test.mark(1, &names)
        await #expect { try await test.mark(1, &names, after: first.cursor) } throws: {
            ($0 as? DatabaseError)?.kind == .row
        }
        // Without a column for attempts the first one is the last.
        let second = try await test.catalog.markAlone(names.next(1), after: first.cursor, .atOnce)
        #expect(second.refusedCount == 1)
        #expect(try await test.mark(10, &names, after: second.cursor).markedCount == 1)
        #expect(
            try await test.run("SELECT id, status FROM files ORDER BY id") == [
                ["1", "marked"], ["2", "failed"], ["3", "marked"],
            ])
    }

    /// The refusal of a row is no reason to use a name twice, or to leave out others: here the reason does not fit its column.
    @Test func aRefusalThatFailsTouchesNobodyElse() async throws {
        let test = try await adopted(
            try SourceTable(name: "des_source_catalog", condition: "h.id > 0"),
            Self.earlierTable.replacing("last_error text", with: "last_error varchar(5)") + """
                INSERT INTO des_source_catalog (created_at, source_bucket, source_key)
                SELECT now() - interval '2 days', 'bucket', CASE n WHEN 3 THEN NULL ELSE 'key ' || n END
                FROM generate_series(1, 9) AS n;
                """)
        var (names, order) = (TestNames(), MarkOrder())
        order.retriesMax = 0
        let done = try await test.mark(20, &names, order)
        #expect(done.takenCount == 9 && done.markedCount == 8 && done.refusedCount == 1)
        let letter = try #require(try await test.catalog.deadLetters(limit: 5).first)
        #expect(letter.rowID == "3" && letter.reason.hasPrefix("the key is null; and the row cannot be changed"))
        #expect(try await test.value("SELECT count(DISTINCT des_name) FROM des_source_catalog") == "8")
        // The next pass finds it as it was.
        let again = try await test.mark(20, &names, order)
        #expect(again.takenCount == 1 && again.refusedCount == 1)
        #expect(try await test.catalog.deadLetters(limit: 5).count == 1)
    }

    /// The same for a row of the queue that no change can make valid.
    @Test func aRowThatCannotBeChangedStopsNobody() async throws {
        let test = try await Database.postgres.catalog()
        try await test.enqueue(3)
        try await test.run("ALTER TABLE des_queue ADD CHECK (size <> 2) NOT VALID")
        var names = TestNames()
        let one = try await test.catalog.markAlone(names.next(1), after: nil, .atOnce)
        let two = try await test.catalog.markAlone(names.next(1), after: one.cursor, .atOnce)
        #expect(one.markedCount == 1 && two.refusedCount == 1)
        #expect(try await test.mark(5, &names, after: two.cursor).markedCount == 1)
        #expect(try await test.catalog.deadLetters(limit: 5).map(\.rowID) == ["2"])
    }

    /// The same for one that is refused only when its transaction ends.
    @Test func aDeferredConstraintStopsNobody() async throws {
        let test = try await Database.postgres.catalog()
        try await test.enqueue(3)
        try await test.run(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$")
        try await test.run(
            """
            CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON des_queue DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.size = 2 AND NEW.status = 'marked') EXECUTE FUNCTION refuse()
            """)
        var names = TestNames()
        let one = try await test.catalog.markAlone(names.next(1), after: nil, .atOnce)
        let two = try await test.catalog.markAlone(names.next(1), after: one.cursor, .atOnce)
        #expect(one.markedCount == 1 && two.postponedCount == 1)
        #expect(try await test.mark(5, &names, after: two.cursor).markedCount == 1)
    }

    /// A status that is an enumeration takes no text, and the condition may use the name of the row.
    @Test func anEnumerationAsStatus() async throws {
        let columns = ["id=id", "created_at=at", "name=name", "status=state", "key=uri", "attempts=tries"]
        let test = try await adopted(
            try SourceTable(name: "public.files", columns: columns, condition: "h.tenant = 1"),
            """
            CREATE TYPE state AS ENUM ('pending', 'retry', 'marked', 'failed', 'packed');
            CREATE TABLE files (id int PRIMARY KEY, at timestamptz DEFAULT now(), name text, state state, uri text,
                tries int, tenant int DEFAULT 1);
            INSERT INTO files (id, uri, state) VALUES (1, 'a', 'pending'), (2, NULL, NULL), (3, 'c', 'retry');
            """)
        try await test.catalog.checkMarking()
        var (names, order) = (TestNames(), MarkOrder.atOnce)
        order.retriesMax = 0
        #expect(try await test.catalog.backlog(order).count == 3)
        let done = try await test.mark(5, &names, order)
        #expect(done.markedCount == 2 && done.refusedCount == 1)
        #expect(try await test.run("SELECT state FROM files ORDER BY id") == [["marked"], ["failed"], ["marked"]])
        #expect(try await test.catalog.find("3").first?.source == "c")
        try await test.run("UPDATE files SET uri = 'b' WHERE id = 2")
        #expect(try await test.catalog.retryDeadLetters(nil).count == 1)
        #expect(try await test.mark(5, &names, order).markedCount == 1)
    }

    /// What is queued is marked already: who waits for rows to mark is not woken, or markers would wake each other for ever.
    @Test func adoptingWakesNobody() async throws {
        let test = try await adopted(try SourceTable(name: "des_source_catalog"), Self.earlierTable)
        var names = TestNames()
        #expect(try await test.catalog.waitForRows(upTo: .zero) == false)
        try await test.mark(5, &names)
        try await test.run(
            "INSERT INTO des_source_catalog (created_at, source_bucket, source_key) VALUES (now(), 'b', 'k')")
        #expect(try await test.mark(5, &names).markedCount == 1)
        // Notifications come in the order of commits: this one is the first.
        let other = TestCatalog(postgres: test.address)
        try await other.run("NOTIFY des_queue, 'the first'")
        #expect(try await test.catalog.waitForRows(upTo: .seconds(60)))
        #expect(try await test.catalog.waitForRows(upTo: .zero) == false)
    }

    /// What cannot work for any row is said at the start, with the setting and the column.
    @Test(
        arguments: [
            ("id int", "status text", "column id of files is no id"),
            ("id int NOT NULL", "status text", "column id of files is no id"),
            ("id int UNIQUE", "status text", "column id of files is no id"),
            ("id int PRIMARY KEY", "status int", "source.statuses: column status of files"),
        ])
    func columnsThatCannotServe(id: String, status: String, words: String) async throws {
        let columns = ["id=id", "created_at=at", "name=name", "status=status", "key=uri"]
        let test = try await adopted(
            try SourceTable(name: "files", columns: columns),
            "CREATE TABLE files (\(id), at timestamptz, name text, \(status), uri text)")
        await #expect { try await test.catalog.checkMarking() } throws: {
            ($0 as? DatabaseError)?.kind == .setup && "\($0)".contains(words)
        }
    }

    /// A table of the host's for dead letters takes as much of the reason as fits; the row is given up all the same.
    @Test func aNarrowTableOfDeadLetters() async throws {
        let server = try await PostgresServer.shared
        let database = try await server.createDatabase()
        _ = try await server.query(
            Self.earlierTable + """
                CREATE TABLE des_marker_dlq (
                    catalog_entry_id bigint, created_at timestamptz, error_message varchar(7), retry_count int);
                INSERT INTO des_source_catalog (created_at, source_bucket) VALUES (now() - interval '2 days', 'b')
                """, in: database)
        var options = PostgresOptions()
        options.address = server.url(database: database)
        let catalog = PostgresCatalog(
            options, connectionsMax: 1, source: try SourceTable(name: "des_source_catalog"),
            letterTable: try SourceTable.Name("des_marker_dlq"))
        let test = TestCatalog(catalog)
        _ = try await catalog.migrate(TestCatalog.layout, accepting: TestCatalog.accept)
        var (names, order) = (TestNames(), MarkOrder())
        order.retriesMax = 0
        #expect(try await test.mark(5, &names, order).refusedCount == 1)
        #expect(
            try await test.run("SELECT catalog_entry_id, error_message, retry_count FROM des_marker_dlq")
                == [["1", "the key", "1"]])
        #expect(try await test.value("SELECT des_status FROM des_source_catalog") == "failed")
        #expect(try await test.catalog.deadLetters(limit: 2).map(\.reason) == ["the key is null"])
    }

    /// Times that are no times are no reason for the others to wait, nor for counting to fail.
    @Test func infiniteTimes() async throws {
        let test = try await adopted(
            try SourceTable(name: "des_source_catalog"),
            Self.earlierTable + """
                INSERT INTO des_source_catalog (created_at, source_bucket, source_key) VALUES
                    ('-infinity', 'b', '1'), ('infinity', 'b', '2'), (now() - interval '2 days', 'b', '3')
                """)
        var (names, order) = (TestNames(), MarkOrder())
        order.retriesMax = 0
        let backlog = try await test.catalog.backlog(order)
        #expect(backlog.count == 2 && backlog.oldestAge > .seconds(172_700) && backlog.oldestAge < .seconds(180_000))
        let done = try await test.mark(5, &names, order)
        #expect(done.markedCount == 1 && done.refusedCount == 1)
        #expect(try await test.catalog.deadLetters(limit: 2).map(\.reason) == ["the time is infinite"])
        #expect(try await test.catalog.status().counts.map(\.count) == [1])
        await #expect(throws: DatabaseError.self) {
            try await test.run("INSERT INTO des_queue (source, created_at) VALUES ('x', 'infinity')")
        }
    }

    @Test func whatIsMissingIsNamed() async throws {
        let server = try await PostgresServer.shared
        let url = server.url(database: try await server.createDatabase())
        _ = try await TestCatalog(postgres: url).catalog.migrate(TestCatalog.layout, accepting: TestCatalog.accept)
        let missing = TestCatalog(postgres: url, source: try SourceTable(name: "nowhere"))
        await #expect { try await missing.catalog.checkMarking() } throws: {
            ($0 as? DatabaseError)?.kind == .setup && "\($0)".contains("\"nowhere\" does not exist")
        }
        try await missing.run("CREATE TABLE nowhere (id int, created_at timestamptz, des_name text)")
        await #expect { try await missing.catalog.checkMarking() } throws: {
            ($0 as? DatabaseError)?.kind == .setup && "\($0)".contains("des_hash does not exist")
        }
    }

    @Test(
        arguments: [
            ("a.b.c", nil, nil), ("", nil, nil), ("a..b", nil, nil), ("t", ["id=id"], nil), ("t", ["nonsense=id"], nil),
            ("t", ["id"], nil), ("t", ["id=a", "created_at=a", "name=b", "status=c", "key=d"], nil),
            ("t", nil, "a) OR (b"), ("t", nil, "a; DROP TABLE t"), ("t", nil, "a -- b"), ("t", nil, "a /* b"),
            ("t", nil, "(a"), ("t", nil, "name = 'it"), ("t", nil, "$$a$$"), ("t", nil, "  "), ("t", nil, "a = E'\\'"),
        ] as [(String, [String]?, String?)])
    func badMappingsAreRefused(name: String, columns: [String]?, condition: String?) throws {
        #expect(throws: DatabaseError.self) { try SourceTable(name: name, columns: columns, condition: condition) }
    }

    /// What would change the statement if it were not quoted: quotes in names and in values.
    @Test func quotesAreQuoted() throws {
        let source = try SourceTable(
            name: "a\"; DROP TABLE x; --",
            columns: ["id=i\"d", "created_at=c", "name=n", "status=s", "key=k"], statuses: ["marked=it's"],
            condition: "note = 'a;b -- c' AND (x OR y)")
        #expect(source.table == "\"a\"\"; DROP TABLE x; --\"" && source.column(.id) == "\"i\"\"d\"")
        #expect(source.literal(.marked) == "'it''s'")
    }
}
