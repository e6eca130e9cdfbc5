import Testing

@testable import DESCore

@Suite("Good vectors")
struct GoodVectorTests {
    @Test("all vectors are there and none was left out")
    func count() {
        #expect(Vector.ours.count + Vector.foreign.count == Vector.fileCount)
        #expect(Vector.fileCount >= 30)
        #expect(Vector.good.count >= 10 && Vector.bad.count >= 20)
        #expect(Vector.foreign.count >= 3 && Vector.withRecipe.count >= 5)
        for vector in Vector.ours + Vector.foreign {
            #expect(vector.integer("bytes") == vector.bytes.count, "\(vector.name)")
            #expect(vector.json["container"]?.stringValue == vector.name + ".des")
        }
    }

    @Test("a good vector opens and is laid out as it says", arguments: Vector.good)
    func layout(vector: Vector) async throws {
        let reader = try await ContainerReader(MemoryByteSource(vector.bytes))
        let layout = reader.layout
        #expect(vector.json["tail"] == .bool(layout.isSorted))
        #expect(vector.json["clustered"] == .bool(layout.isClustered))
        #expect(vector.integer("pageCount") == layout.pageCount)
        #expect(vector.integer("pageEntryCount") == layout.trailer?.geometry.pageEntryCount ?? 0)
        let hidden = Set(reader.hiddenEntries())
        let listed = try await reader.index().enumerated().filter { !hidden.contains($0.offset) }.map(\.element.name)
        #expect(listed == (try vector.entries.map { try EntryName($0.name) }))
        let expected = try #require(vector.json["verify"]?.stringValue)
        let found = try await findings(in: vector.bytes)
        #expect(found.isEmpty ? expected == "clean" : expected == "findings", "\(found)")
    }

    @Test("a good vector's entries are what it says, in memory and mapped", arguments: Vector.good + Vector.foreign)
    func entries(vector: Vector) async throws {
        let reader = try await ContainerReader(MemoryByteSource(vector.bytes))
        let directory = try TemporaryDirectory()
        let mapped = try MappedContainer(path: directory.write(vector.bytes, to: "c.des"))
        for expected in vector.entries {
            let name = try EntryName(expected.name)
            let found = try #require(try await reader.find(name), "\(name.quoted)")
            #expect(try mapped.find(name) == found)
            try check(found, expected, vector)
            #expect(try await reader.metadata(of: found).json["size"] == expected.size.map { .integer($0) })
            if expected.isReadable {
                let body = try await reader.body(of: found)
                #expect(sha256(body.span.bytes) == expected.sha256)
                #expect(body.count == expected.size)
                #expect(expected.crc32c == nil || crc32c(body) == expected.crc32c)
                #expect(try mapped.withBody(of: name) { sha256($0) } == expected.sha256)
            } else {
                #expect(await asyncErrorCode { try await reader.body(of: found) } != nil, "\(name.quoted)")
                #expect(errorCode { try mapped.withBody(of: name) { _ in } } != nil, "\(name.quoted)")
            }
        }
        #expect(try await reader.find(EntryName("no such entry")) == nil)
        #expect(try mapped.find(EntryName("no such entry")) == nil)
    }

    private func check(_ found: Entry, _ expected: Vector.Expected, _ vector: Vector) throws {
        let location = found.location
        #expect(location.flags.rawValue == expected.flags)
        if let offset = expected.dataOffset { #expect(location.body.lowerBound == offset) }
        if let crc = location.bodyCRC { #expect(crc == expected.crc32c) }
        let text = String(decoding: vector.bytes[location.meta], as: UTF8.self)
        if let metaText = expected.metaText { #expect(text.utf8.elementsEqual(metaText.utf8)) }
        #expect(try JSON(parsing: text) == expected.json["meta"])
        if let crc = location.metaCRC { #expect(crc == crc32c(Array(text.utf8))) }
    }

    @Test("a vector with a recipe is what the writer makes of it, byte for byte", arguments: Vector.withRecipe)
    func recipe(vector: Vector) throws {
        let recipe = try #require(vector.json["recipe"])
        var options = ContainerWriter.Options()
        let id = try #require(recipe["id"]?.stringValue.flatMap { bytes(hexadecimal: $0) })
        options.id = try #require(ContainerID(id))
        options.createdAt = Int64(try #require(recipe["created_at"]?.integerValue))
        options.epoch = UInt64(try #require(recipe["epoch"]?.integerValue))
        options.shardBits = try #require(recipe["shard_bits"]?.integerValue)
        let entries = try Vector.array(recipe["append"]).map { item in
            guard case .object(let meta) = try JSON(parsing: item["meta_text"]?.stringValue ?? "{}") else {
                throw DESError(.invalidArgument, "meta_text is no object")
            }
            return TestEntry(try #require(item["name"]?.stringValue), try body(item["body"]), meta: meta)
        }
        let made = try TestContainer.bytes(of: entries, options: options)
        #expect(made == vector.bytes)
    }

    private func body(_ json: JSON?) throws -> [UInt8] {
        if let text = json?["utf8"]?.stringValue { return Array(text.utf8) }
        let unit = try #require(json?["repeat"]?.stringValue.flatMap { bytes(hexadecimal: $0) })
        let count = try #require(json?["count"]?.integerValue)
        return Array(repeatElement(unit, count: count).joined())
    }
}
