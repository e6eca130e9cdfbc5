import Glibc
import Synchronization
import TestServers
import Testing

/// Each fault of the proxy is the fault it is said to be, as curl sees it.
@Suite struct FaultProxyTests {
    /// An object of 1,000 bytes behind a proxy of the test.
    struct Upstream {
        static let body = String(decoding: (0..<1_000).map { UInt8(ascii: "a") + UInt8($0 % 26) }, as: UTF8.self)
        let server: RcloneServer
        let proxy: FaultProxy
        let object: String
        /// The same object, without the proxy.
        let direct: String

        init() async throws {
            server = try await RcloneServer.shared
            proxy = try FaultProxy(for: server.endpoint)
            let path = "/\(try await server.newBucket())/object"
            (object, direct) = (proxy.endpoint + path, server.endpoint + path)
            let put = try await server.curl(["--request", "PUT", "--data-binary", Upstream.body, direct])
            try #require(put.status == 0, "\(put)")
        }

        func get(_ fault: Fault, _ arguments: String...) async throws -> Program.Result {
            proxy.inject { _ in fault }
            return try await server.curl(arguments + [object])
        }
    }

    @Test func withoutAFaultNothingChangesAndAllIsRecorded() async throws {
        let upstream = try await Upstream()
        let get = ["--range", "0-9", "--header", "If-Match: \"x\"", upstream.object + "?versionId=null"]
        let put = [
            "--next", "--silent", "--request", "PUT", "--header", "If-None-Match: *", "--data", "", upstream.object,
        ]
        #expect(try await Program.run("curl", ["--silent"] + get + put).status == 0)
        let requests = upstream.proxy.requests
        #expect(requests.map(\.method) == ["GET", "PUT"])
        #expect(requests.map(\.status) == [400, 400], "unsigned, for rclone")
        #expect(requests[0].path.hasSuffix("/object?versionId=null"))
        #expect(requests[0].range == "bytes=0-9" && requests[0].ifMatch == "\"x\"" && requests[1].ifNoneMatch == "*")

        upstream.proxy.reset()
        #expect(upstream.proxy.requests.isEmpty && upstream.proxy.connectionCount == 0)
        let signed = try await upstream.server.curl([upstream.object, upstream.object])
        #expect(signed.output == Upstream.body + Upstream.body)
        #expect(upstream.proxy.requests.map(\.status) == [200, 200])
        #expect(upstream.proxy.connectionCount == 1)
    }

    @Test func cephAcceptsSignaturesAndLargeBodiesThroughIt() async throws {
        let ceph = try await CephServer.shared
        let proxy = try FaultProxy(for: ceph.endpoint)
        let object = "\(proxy.endpoint)/\(try await ceph.newBucket())/object"
        let program = try Toolbox.path(of: "python3")
        let put = ["--upload-file", program, "--write-out", "%{http_code}", object]
        #expect(try await ceph.curl(put).output == "200")
        let get = ["--output", "/dev/null", "--write-out", "%{size_download}", object]
        var status = stat()
        try #require(stat(program, &status) == 0)
        #expect(try await ceph.curl(get).output == "\(status.st_size)")
    }

    @Test func faultsAreChosenByRequest() async throws {
        let upstream = try await Upstream()
        upstream.proxy.inject { $0.method == "GET" && $0.methodOrdinal == 1 ? .slowDown(retryAfter: 7) : nil }
        let format = [
            "--write-out", "%{http_code} ", "--output", "/dev/null", "--output", "/dev/null", "--output", "/dev/null",
        ]
        let result = try await upstream.server.curl(format + [String](repeating: upstream.object, count: 3))
        #expect(result.output == "200 503 200 ")
        #expect(upstream.proxy.requests.map(\.status) == [200, 503, 200])
    }

    @Test func anInjectedAnswerIsAnErrorDocumentOfS3() async throws {
        let upstream = try await Upstream()
        let result = try await upstream.get(.slowDown(retryAfter: 7), "--include")
        #expect(result.output.hasPrefix("HTTP/1.1 503 "))
        #expect(result.output.contains("Retry-After: 7\r\n"))
        #expect(result.output.contains("<Code>SlowDown</Code>"))
        let head = try await upstream.get(.answer(status: 412, code: "PreconditionFailed"), "--head")
        #expect(head.status == 0 && head.output.hasPrefix("HTTP/1.1 412 "))
    }

    @Test(arguments: [(Fault.Ending.close, CurlStatus.noAnswer), (.reset, CurlStatus.receiveFailed)])
    func aCutRequestGetsNoAnswer(ending: Fault.Ending, status: Int32) async throws {
        let upstream = try await Upstream()
        upstream.proxy.inject { _ in .cut(ending) }
        let put = try await upstream.server.curl(["--request", "PUT", "--data", "new", upstream.object])
        #expect(put.status == status && put.output.isEmpty)
        #expect(upstream.proxy.requests.map(\.status) == [nil])
        #expect(try await upstream.server.curl([upstream.direct]).output == Upstream.body, "the server saw it")
    }

    @Test func aLostAnswerBelongsToARequestThatWasDone() async throws {
        let upstream = try await Upstream()
        upstream.proxy.inject { _ in .loseAnswer }
        let put = try await upstream.server.curl(["--request", "PUT", "--data", "new", upstream.object])
        #expect(put.status == CurlStatus.noAnswer && put.output.isEmpty)
        #expect(try await upstream.server.curl([upstream.direct]).output == "new")
    }

    @Test func aBodyIsCutAfterTheGivenBytes() async throws {
        let upstream = try await Upstream()
        for count in [0, 1, 999] {
            let closed = try await upstream.get(.cutBody(after: count))
            #expect(closed.status == CurlStatus.partial && closed.output == Upstream.body.prefix(count))
        }
        let reset = try await upstream.get(.cutBody(after: 10, .reset))
        #expect(reset.status == CurlStatus.receiveFailed && Upstream.body.prefix(10).hasPrefix(reset.output))
    }

    @Test func aStalledAnswerNeverEnds() async throws {
        let upstream = try await Upstream()
        let silent = try await upstream.get(.stall, "--max-time", "1")
        #expect(silent.status == CurlStatus.timedOut && silent.output.isEmpty)
        let stalled = try await upstream.get(.stallBody(after: 10), "--max-time", "1", "--no-buffer")
        #expect(stalled.status == CurlStatus.timedOut && stalled.output == Upstream.body.prefix(10))
    }

    @Test func aShortenedBodyLooksWhole() async throws {
        let upstream = try await Upstream()
        let result = try await upstream.get(.shortenBody(to: 10))
        #expect(result.status == 0 && result.output == Upstream.body.prefix(10))
    }

    @Test func aCorruptedBodyDiffersInOneByte() async throws {
        let upstream = try await Upstream()
        for offset in [0, 500, 999] {
            let result = try await upstream.get(.corruptBody(at: offset))
            let differing = zip(result.output.utf8, Upstream.body.utf8).enumerated().filter { $1.0 != $1.1 }.map(
                \.offset)
            #expect(result.status == 0 && result.output.utf8.count == 1_000 && differing == [offset])
        }
    }

    @Test func aHeaderFieldIsReplacedOrRemoved() async throws {
        let upstream = try await Upstream()
        let plain = try await upstream.get(.delay(.milliseconds(1)), "--head").output.lowercased()
        #expect(plain.contains("\r\netag: "))
        let removed = try await upstream.get(.field("ETag", nil), "--head").output.lowercased()
        #expect(removed.hasPrefix("http/1.1 200") && !removed.contains("\r\netag: "))
        let replaced = try await upstream.get(.field("Content-Range", "bytes 5-9/10"), "--include", "--range", "0-9")
        #expect(replaced.output.contains("\r\nContent-Range: bytes 5-9/10\r\n"))
        #expect(!replaced.output.contains("bytes 0-9/1000"))
    }

    @Test func aDelayedRequestIsAnsweredLater() async throws {
        let upstream = try await Upstream()
        #expect(try await upstream.get(.delay(.milliseconds(20))).output == Upstream.body)
        let late = try await upstream.get(.delay(.seconds(60)), "--max-time", "1")
        #expect(late.status == CurlStatus.timedOut && late.output.isEmpty)
    }

    @Test func refusedConnectionsAreAcceptedAgainOnTheSamePort() async throws {
        let upstream = try await Upstream()
        upstream.proxy.refuseConnections()
        #expect(try await upstream.server.curl([upstream.object]).status == CurlStatus.refused)
        try upstream.proxy.acceptConnections()
        #expect(try await upstream.server.curl([upstream.object]).output == Upstream.body)
        upstream.proxy.stop()
        #expect(try await upstream.server.curl([upstream.object]).status == CurlStatus.refused)
    }
}
