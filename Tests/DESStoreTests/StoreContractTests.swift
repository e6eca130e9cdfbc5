import DESCore
import DESStore
import Synchronization
import TestServers
import Testing

@Suite("What every store promises")
struct StoreContractTests {
    private static let oddKeys = [
        "2024-01-01/shard_00001/0123456789abcdef.des", "a b+c.txt", "100%.txt", "a%2Fb", "%2F", "%00", "%", "%%41",
        "%4%41",
        "a%00", "grüße/日本語/🙂", "e\u{301}", "\u{e9}", "a//b", "a///b", "/", "//", "/leading", "trailing/", "a/", "a",
        "a/b", "a-b", "a0", "a/b/", "a/b/c", "line\nbreak", "tab\tand\u{1}", ".", "..", "../..", "./a", "x/../y",
        "x/./y",
        "...", ".hidden", ".des-tmp", ".des-tmp/lock", ".des-tmp.x", "\u{7f}", "?a=b&c=d#e", "'\"\\*[]{}", "~", "-rf",
        String(repeating: "n", count: 255), String(repeating: "n", count: 256), String(repeating: "n", count: 144),
        String(repeating: "n", count: 144) + "/x", String(repeating: "n", count: 143) + "z",
        String(repeating: "ü", count: 512), String(repeating: "%41", count: 341), String(repeating: "k/", count: 20),
        String(repeating: "/", count: 20),
        String(repeating: "n", count: 200) + "/" + String(repeating: ".", count: 300), "con", "NUL",
    ]

    @Test("an object is there as it was put, and away when it was deleted", arguments: StoreFixture.allCases)
    func putGetHeadDelete(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            let body = randomBytes(100_000, seed: 1)
            let etag = try await store.put("dir/object", body, .create)
            let info = try await store.head("dir/object")
            #expect(info.key == "dir/object" && info.byteCount == body.count && info.etag == etag)
            let read = try await store.get("dir/object", .bytes(0..<body.count), ifMatch: etag)
            #expect(read == ObjectBytes(bytes: body, start: 0, byteCount: body.count, etag: etag))

            #expect(try await store.put("dir/object", [1, 2], .overwrite) != etag)
            #expect(try await store.bytes("dir/object") == [1, 2])
            try await store.delete("dir/object")
            try await store.delete("dir/object")
            #expect(await errorCode { _ = try await store.head("dir/object") } == .notFound)
            #expect(await errorCode { _ = try await store.bytes("dir/object") } == .notFound)
            #expect(try await store.keys("").keys == [])
            _ = try await store.put("dir/object", [3], .create)
            #expect(try await store.bytes("dir/object") == [3])
        }
    }

    @Test("a range gives those of its bytes that are there", arguments: StoreFixture.allCases)
    func ranges(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            let body = randomBytes(1_000, seed: 2)
            for (key, body) in [("full", body), ("one", [7]), ("empty", [])] {
                let etag = try await store.put(key, body, .create)
                let count = body.count
                for range in [
                    0..<0, 0..<1, 0..<count, 0..<count + 1, 0..<Int.max, 10..<20, 999..<1_000, 999..<1_001,
                    1_000..<1_001,
                    count..<count, count..<count + 9, 5_000..<6_000, 500..<500,
                ] {
                    let read = try await store.get(key, .bytes(range), ifMatch: etag)
                    let expected = range.clamped(to: 0..<count)
                    #expect(read.bytes == Array(body[expected]), "\(key) \(range)")
                    #expect(read.byteCount == count && read.etag == etag, "\(key) \(range)")
                    if !expected.isEmpty { #expect(read.start == expected.lowerBound, "\(key) \(range)") }
                }
                for suffix in [0, 1, 2, 999, 1_000, 1_001, 1 << 40] {
                    let read = try await store.get(key, .suffix(suffix), ifMatch: nil)
                    #expect(read.bytes == Array(body.suffix(suffix)), "\(key) last \(suffix)")
                    #expect(read.byteCount == count && read.etag == etag, "\(key) last \(suffix)")
                    if !read.bytes.isEmpty { #expect(read.start == count - read.bytes.count, "\(key) last \(suffix)") }
                }
            }
            #expect(
                await errorCode { _ = try await store.get("full", .bytes(-1..<1), ifMatch: nil) } == .invalidArgument)
            #expect(await errorCode { _ = try await store.get("full", .suffix(-1), ifMatch: nil) } == .invalidArgument)
            #expect(await errorCode { _ = try await store.get("none", .bytes(0..<0), ifMatch: nil) } == .notFound)
        }
    }

    @Test("a version that is not there any more is an error, never other bytes", arguments: StoreFixture.allCases)
    func ifMatch(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            let first = try await store.put("k", [1, 2, 3], .create)
            #expect(try await store.get("k", .bytes(1..<2), ifMatch: first).bytes == [2])
            let second = try await store.put("k", [4, 5, 6], .overwrite)
            #expect(await errorCode { _ = try await store.get("k", .bytes(0..<3), ifMatch: first) } == .changed)
            #expect(await errorCode { _ = try await store.get("k", .suffix(1), ifMatch: ETag("none")) } == .changed)
            #expect(try await store.get("k", .suffix(1), ifMatch: second).bytes == [6])
        }
    }

    @Test("create-only leaves what is there alone", arguments: StoreFixture.allCases)
    func createOnly(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            let etag = try await store.put("k", [1], .create)
            #expect(await errorCode { _ = try await store.put("k", [2], .create) } == .conflict)
            let read = try await store.get("k", .bytes(0..<9), ifMatch: etag)
            #expect(read.bytes == [1])
        }
    }

    @Test(
        "of twenty that create one object, exactly one does, and its bytes are there", arguments: StoreFixture.atomic)
    func race(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            for round in 0..<5 {
                // Some of the rounds also make the directories, and one of them of an object.
                let key = ["a", "b/c", "a/d", "b/c/d/e", "f"][round]
                let winners = try await withThrowingTaskGroup(of: Int?.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            do {
                                _ = try await store.put(key, [UInt8](repeating: UInt8(number), count: 3_000), .create)
                                return number
                            } catch let error as DESError where error.code == .conflict {
                                return nil
                            }
                        }
                    }
                    return try await group.reduce(into: [Int]()) { if let winner = $1 { $0.append(winner) } }
                }
                #expect(winners.count == 1, "\(key): \(winners)")
                if let winner = winners.first {
                    #expect(
                        try await store.bytes(key) == [UInt8](repeating: UInt8(winner), count: 3_000),
                        "\(key): \(winners)")
                }
            }
        }
    }

    @Test("keys are bytes: odd ones, and all of them at once", arguments: StoreFixture.exact)
    func oddKeys(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            for (number, key) in StoreContractTests.oddKeys.enumerated() {
                _ = try await store.put(key, [UInt8(number)], .create)
            }
            for (number, key) in StoreContractTests.oddKeys.enumerated() {
                #expect(try await store.bytes(key) == [UInt8(number)], "\(key)")
                let info = try await store.head(key)
                #expect(info.byteCount == 1 && info.key.utf8.elementsEqual(key.utf8), "\(key)")
            }
            let listed = try await store.keys("").keys
            #expect(areSame(listed, ascending(StoreContractTests.oddKeys)))
            for (number, key) in StoreContractTests.oddKeys.enumerated() where number % 2 == 0 {
                try await store.delete(key)
            }
            for (number, key) in StoreContractTests.oddKeys.enumerated() {
                let code = await errorCode { _ = try await store.head(key) }
                #expect(code == (number % 2 == 0 ? .notFound : nil), "\(key)")
            }
        }
    }

    @Test("impossible keys and prefixes are refused by every request", arguments: StoreFixture.allCases)
    func invalidKeys(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            for key in ["", "a\0b", String(repeating: "k", count: 1_025), String(repeating: "ü", count: 513)] {
                let requests: [@Sendable () async throws -> Void] = [
                    { _ = try await store.head(key) }, { _ = try await store.get(key, .suffix(1), ifMatch: nil) },
                    { _ = try await store.put(key, [1], .create) }, { _ = try await store.put(key, [1], .overwrite) },
                    { try await store.delete(key) }, { _ = try await store.beginUpload(key) },
                ]
                for (number, request) in requests.enumerated() {
                    #expect(await errorCode(request) == .invalidArgument, "\(key.prefix(9)) request \(number)")
                }
            }
            #expect(await errorCode { _ = try await store.list("a\0", isFlat: true, after: nil) } == .invalidArgument)
            let made = try await store.keys("").keys
            #expect(made == [])
        }
    }

    @Test("listings are in order, in pages, of a prefix", arguments: StoreFixture.allCases)
    func listing(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            let all = ascending(
                (0..<30).map { "a/\($0 % 3)/\($0)" } + (0..<9).map { "a-\($0)" } + (0..<9).map { "b\($0)" }
                    + ["a", "a/", "a//", "a/b", "a0/x", "c/d/e/f", "c/d-e", "c/d", "c/d/"])
            for key in all { _ = try await store.put(key, [1], .create) }
            for prefix in [
                "", "a", "a/", "a/1", "a/1/", "b", "c/d", "c/d/", "c//", "nothing", "a/1/1", "c/d/e/f", "c/d/e/f/g",
            ] {
                let expected = all.filter { $0.hasPrefix(prefix) }
                #expect(try await store.keys(prefix).keys == expected, "prefix \(prefix)")
                var (keys, prefixes): ([String], [String]) = ([], [])
                for key in expected {
                    let rest = key.dropFirst(prefix.count)
                    if let slash = rest.firstIndex(of: "/") {
                        let common = String(key[...slash])
                        if prefixes.last != common { prefixes.append(common) }
                    } else {
                        keys.append(key)
                    }
                }
                let listed = try await store.keys(prefix, isFlat: false)
                #expect(listed.keys == keys && listed.prefixes == prefixes, "prefix \(prefix)")
                var found: [String] = []
                for try await info in store.objects(withPrefix: prefix) { found.append(info.key) }
                #expect(found == expected, "prefix \(prefix)")
            }
        }
    }

    @Test("what is listed is what a look at each object says", arguments: StoreFixture.allCases)
    func listedInfo(fixture: StoreFixture) async throws {
        try await fixture.withStore { store in
            for number in 0..<10 {
                _ = try await store.put("n/\(number)", [UInt8](repeating: 0, count: number), .create)
            }
            for try await info in store.objects() {
                let head = try await store.head(info.key)
                #expect((info.byteCount, info.etag) == (head.byteCount, head.etag), "\(info.key)")
            }
            for number in 0..<10 { try await store.delete("n/\(number)") }
            let left = try await store.keys("", isFlat: false)
            #expect(left.keys == [] && left.prefixes == [], "an empty directory is not listed")
        }
    }

    @Test("random requests do what they do to a dictionary", arguments: StoreFixture.allCases, [UInt64(1), 2])
    func model(fixture: StoreFixture, seed: UInt64) async throws {
        try await fixture.withStore { store in
            var generator = SeededGenerator(seed: seed)
            var model: [String: [UInt8]] = [:]
            let components = ["a", "b", "a-b", "", "ü", "%2F", ".."]
            for step in 0..<300 {
                let count = Int.random(in: 1...4, using: &generator)
                var key = (0..<count).map { _ in components.randomElement(using: &generator) ?? "" }.joined(
                    separator: "/")
                if key.isEmpty { key = "/" }
                let context: Comment = "seed \(seed), step \(step), key \(key)"
                let body = randomBytes(Int.random(in: 0...50, using: &generator), seed: UInt64(step))
                switch Int.random(in: 0..<10, using: &generator) {
                case 0...2:
                    let code = await errorCode { _ = try await store.put(key, body, .create) }
                    #expect(code == (model[key] == nil ? nil : .conflict), context)
                    model[key] = model[key] ?? body
                case 3, 4:
                    _ = try await store.put(key, body, .overwrite)
                    model[key] = body
                case 5, 6:
                    try await store.delete(key)
                    model[key] = nil
                case 7, 8:
                    let code = await errorCode {
                        let read = try await store.bytes(key)
                        #expect(read == model[key], context)
                    }
                    #expect(code == (model[key] == nil ? .notFound : nil), context)
                default:
                    let prefix = String(key.prefix(Int.random(in: 0...3, using: &generator)))
                    let expected = ascending(model.keys.filter { $0.utf8.starts(with: prefix.utf8) })
                    #expect(try await store.keys(prefix).keys == expected, context)
                }
            }
        }
    }
}
