import DESCore
import Glibc
import TestServers
import Testing

/// The command against Ceph, as somebody types it.
@Suite("Containers in a bucket")
struct ObjectStorageTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.tree("tree", ["a.txt": "one", "b c+d%.txt": "two", "sub/ü.txt": "three"])
    }

    private func run(_ ceph: some S3Server, _ arguments: String..., secret: String? = nil) throws -> Command.Result {
        try command(ceph, arguments, secret: secret).run()
    }

    private func command(_ ceph: some S3Server, _ arguments: [String], secret: String? = nil) -> Command {
        var command = Command.des(in: directory.path)
        command.arguments = arguments
        command.environment = [
            "AWS_ENDPOINT_URL": ceph.endpoint, "AWS_ACCESS_KEY_ID": ceph.accessKey,
            "AWS_SECRET_ACCESS_KEY": secret ?? ceph.secretKey, "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": directory.path,
        ]
        return command
    }

    @Test("what is packed into a bucket is listed, read, extracted, verified, copied and located there")
    func roundTrip() async throws {
        let ceph = try await CephServer.shared
        let url = "s3://" + (try await ceph.newBucket()) + "/dir/a b.des"
        #expect(try run(ceph, "pack", "tree", "--order", "key", "-o", url).status == 0)
        let again = try run(ceph, "pack", "tree", "-o", url)
        #expect(again.status == 13 && again.errors.contains(url), "\(again)")
        #expect(Set(try run(ceph, "ls", url).lines) == ["a.txt", "b c+d%.txt", "sub/ü.txt"])
        let cat = try run(ceph, "cat", "--stats", url, "b c+d%.txt")
        #expect(cat.text == "two" && cat.errors.contains("1 reads in 1 round trips"), "\(cat)")
        #expect(try run(ceph, "cat", url, "none").status == 10)
        #expect(try run(ceph, "verify", url).status == 0)
        #expect(try run(ceph, "extract", url, "-C", "copy").status == 0)
        #expect(try Files.text(directory["copy/sub/ü.txt"]) == "three")
        #expect(try run(ceph, "cp", url, "here.des").status == 0)
        #expect(try run(ceph, "cp", "here.des", url + "2").status == 0)
        #expect(try run(ceph, "cp", "here.des", url).status == 13)
        let listed = try run(ceph, "ls", String(url.dropLast("a b.des".count)))
        #expect(listed.lines == [url, url + "2"], "\(listed)")

        let located = try run(ceph, "locate", "--presign", "60", url, "a.txt").text.split(separator: "\t")
        let (offset, length) = (Int(located[1]) ?? -1, Int(located[2]) ?? -1)
        let range = "\(offset)-\(offset + length - 1)"
        #expect(try await Program.check("curl", ["--silent", "--range", range, String(located[0])]) == "one")
    }

    @Test("what is damaged is not copied into a bucket, and nothing is there after")
    func damaged() async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        try Container.pack(directory["tree"], to: directory["a.des"])
        var bytes = try Files.read(directory["a.des"])
        bytes[16] ^= 1
        try Files.write(directory["a.des"], bytes)
        #expect(try run(ceph, "cp", "a.des", "s3://\(bucket)/a.des").status == 11)
        #expect(try run(ceph, "ls", "s3://\(bucket)").output.isEmpty)
    }

    @Test("many names cost a handful of requests, and come in the order in which they were asked for, twice if so")
    func manyNames() async throws {
        let ceph = try await CephServer.shared
        let url = "s3://" + (try await ceph.newBucket()) + "/a.des"
        let files = (0..<3_000).map { ("\($0).txt", String(repeating: "\($0),", count: 40)) }
        for (name, text) in files { try directory.tree("many", [name: text]) }
        #expect(try run(ceph, "pack", "many", "--order", "key", "-o", url).status == 0)
        let wanted = (0..<500).map { files[$0 * 7 % 3_000] } + [files[7], files[7]]
        let cat = try command(ceph, ["cat", "--stats", url] + wanted.map(\.0)).run()
        #expect(cat.text == wanted.map(\.1).joined())
        let words = cat.errors.split(separator: " ")
        let trips = words.firstIndex(of: "round").flatMap { Int(words[$0 - 1]) }
        #expect(trips.map { $0 <= 4 } == true, "\(cat.errors)")
    }

    @Test("a file that is changed while it is copied does not become an object")
    func changedWhileCopied() async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        try Container.pack(directory["tree"], to: directory["a.des"])
        let gate = try FaultProxy(for: ceph.endpoint)
        defer { gate.stop() }
        let path = directory["a.des"]
        gate.inject { request in
            // Asked after the file was verified, before it is sent.
            if request.method == "HEAD" { utimes(path, nil) }
            return nil
        }
        var copy = command(ceph, ["cp", "--without-create-only", "a.des", "s3://\(bucket)/a.des"])
        copy.environment["AWS_ENDPOINT_URL"] = gate.endpoint
        let result = try copy.run()
        #expect(result.status != 0 && result.errors.contains("was changed while it was copied"), "\(result)")
        #expect(try run(ceph, "ls", "s3://\(bucket)").output.isEmpty)
    }

    @Test("a disk that is full while a container comes out of a bucket leaves no file, and what was there")
    func fullDisk() async throws {
        let ceph = try await CephServer.shared
        let url = "s3://" + (try await ceph.newBucket()) + "/a.des"
        #expect(try run(ceph, "pack", "tree", "-o", url).status == 0)
        let copy = directory["copy.des"]
        for call in ["write", "fsync"] {
            let strace = Strace("\(call):error=ENOSPC", on: copy + ".partial", "copy.des.partial")
            let result = try strace.run(command(ceph, ["cp", url, copy]))
            #expect(result.status == 12 && result.errors.contains("No space left on device"), "\(result)")
            #expect(!Files.exists(copy) && !Files.exists(copy + ".partial"))
        }
        #expect(try run(ceph, "cp", url, copy).status == 0)
    }

    @Test("a store that replaces what it should keep is refused, unless that is allowed")
    func replacingStore() async throws {
        let rclone = try await RcloneServer.shared
        let url = "s3://" + (try await rclone.newBucket()) + "/a.des"
        let refused = try run(rclone, "pack", "tree", "-o", url)
        #expect(refused.status == 1 && refused.errors.contains("--without-create-only"), "\(refused)")
        #expect(try run(rclone, "cat", url, "a.txt").status == 10)
        #expect(try run(rclone, "pack", "tree", "--without-create-only", "-o", url).status == 0)
        #expect(try run(rclone, "cat", url, "a.txt").text == "one")
        #expect(try run(rclone, "pack", "tree", "--without-create-only", "-o", url).status == 13)
    }

    @Test("a container whose bodies lie outside is not copied without them, and verified with them")
    func outside() throws {
        try Repository.forge(in: directory, #"put("o.des", seal([File("special", "outside", flags=EXTERNAL)]))"#)
        let lacking = try Command.des("verify", "o.des", in: directory.path).run()
        #expect(lacking.status == 11 && lacking.output.isEmpty == false, "\(lacking)")
        try directory.tree("_bigFiles", ["special": "outside"])
        #expect(try Command.des("verify", "o.des", in: directory.path).run().status == 0)
        #expect(try Command.des("cp", "o.des", "copy.des", in: directory.path).run().status == 1)
        let located = try Command.des("locate", "o.des", "special", in: directory.path).run()
        #expect(located.text.hasPrefix("_bigFiles/special\t0\t7") || located.text.contains("/_bigFiles/special\t0\t7"))
    }

    @Test("what cannot be reached or is not allowed is said with the place and the right status")
    func refusals() async throws {
        let ceph = try await CephServer.shared
        let bucket = try await ceph.newBucket()
        for (status, url, secret) in [
            (10, "s3://\(bucket)/none.des", nil), (10, "s3://no-such-bucket/a.des", nil),
            (1, "s3://\(bucket)/none.des", "wrong"), (1, "s3:/x", nil), (1, "s3://\(bucket)/dir/", nil),
        ] as [(Int32, String, String?)] {
            let result = try run(ceph, "cat", url, "x", secret: secret)
            #expect(result.status == status && result.output.isEmpty, "\(result)")
            #expect(result.errors.contains(url), "\(result)")
        }
    }
}
