import DESCore
import Testing

@testable import DESStore

@Suite("Where S3 is")
struct CredentialsSettingsTests {
    private func settings(_ variables: [String: String], config: String = "") async throws -> S3Settings {
        let world = try World()
        try world.home.write(config, to: ".aws/config")
        return try await S3Settings.load(Environment(variables.merging(["HOME": world.home.path]) { $1 }))
    }

    private func error(_ variables: [String: String], config: String = "") async -> DESError? {
        await #expect(throws: DESError.self) { try await settings(variables, config: config) }
    }

    // MARK: Settings

    @Test("with nothing set it is AWS in us-east-1")
    func defaults() async throws {
        let settings = try await settings([:])
        #expect(settings.endpoint.url == "https://s3.us-east-1.amazonaws.com")
        #expect(settings.region == "us-east-1" && settings.addressing == .auto && settings.caBundle == nil)
        #expect(try await self.settings(["AWS_REGION": "cn-north-1"]).endpoint.host == "s3.cn-north-1.amazonaws.com.cn")
    }

    @Test("the nearer setting wins: the service's variable, the general one, the profile")
    func precedence() async throws {
        let config = "[default]\nregion = r3\nendpoint_url = https://e3\nca_bundle = c2\n"
        var variables: [String: String] = [:]
        for (name, value, region, endpoint, bundle) in [
            ("", "", "r3", "https://e3", "c2"), ("AWS_DEFAULT_REGION", "r2", "r2", "https://e3", "c2"),
            ("AWS_REGION", "r1", "r1", "https://e3", "c2"),
            ("AWS_ENDPOINT_URL", "https://e2", "r1", "https://e2", "c2"),
            ("AWS_ENDPOINT_URL_S3", "https://e1", "r1", "https://e1", "c2"),
            ("AWS_CA_BUNDLE", "c1", "r1", "https://e1", "c1"),
        ] {
            variables[name] = value
            let settings = try await settings(variables, config: config)
            #expect(
                settings.region == region && settings.endpoint.url == endpoint && settings.caBundle == bundle, "\(name)"
            )
        }
    }

    @Test(
        "plain http is refused but to this machine",
        arguments: [
            ("http://127.0.0.1:9000", true), ("http://127.255.0.1", true), ("http://[::1]:9000", true),
            ("http://localhost:9000", true), ("HTTP://LocalHost", true), ("http://minio:9000", false),
            ("http://128.0.0.1", false), ("http://[::2]", false), ("http://localhost.example.com", false),
            ("http://127.1", false), ("http://[::ffff:127.0.0.1]", false), ("http://127.0.0.1.example.com", false),
        ])
    func plain(url: String, isAllowed: Bool) async throws {
        for name in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
            if isAllowed {
                _ = try await settings([name: url])
            } else {
                #expect(await error([name: url])?.message.hasPrefix("\(name): plain http to ") == true)
            }
            #expect(try await !settings([name: url, "AWS_ALLOW_HTTP": "true"]).endpoint.isSecure)
        }
    }

    @Test(
        "a bad value is an error that names the variable and what was expected",
        arguments: [
            ("AWS_ENDPOINT_URL_S3", "s3.example.com", "https:// or http://"),
            ("AWS_ENDPOINT_URL_S3", "localhost:9000", "https:// or http://"), ("AWS_ENDPOINT_URL", "https:/x", "//"),
            ("AWS_ENDPOINT_URL", "https://", "a host name"), ("AWS_ENDPOINT_URL", "https:///x", "a host name"),
            ("AWS_ENDPOINT_URL", "https://user@x", "no user or password"),
            ("AWS_ENDPOINT_URL", "https://[::1", "brackets"),
            ("AWS_ENDPOINT_URL", "https://[localhost]", "brackets"), ("AWS_ENDPOINT_URL", "https://::1", "a host name"),
            ("AWS_ENDPOINT_URL", "https://x:0", "a port"), ("AWS_ENDPOINT_URL", "https://x:65536", "a port"),
            ("AWS_ENDPOINT_URL", "https://x:", "a port"), ("AWS_ENDPOINT_URL", "https://x:+1", "a port"),
            ("AWS_ENDPOINT_URL", "https://u:p@x", "a port"), ("AWS_ENDPOINT_URL", "https://x/?a", "no query"),
            ("AWS_ENDPOINT_URL", "https://x y", "a host name"), ("AWS_ENDPOINT_URL", "https://x/#a", "no query"),
            ("AWS_ENDPOINT_URL", "https://x?a", "a host name"), ("AWS_REGION", "eu central", "eu-central-1"),
            ("AWS_DEFAULT_REGION", "x.example.com/", "eu-central-1"),
            ("DES_S3_ADDRESSING", "Path", "auto, path or virtual"),
        ])
    func bad(name: String, value: String, expected: String) async {
        let error = await error([name: value])
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.hasPrefix(name + ": ") == true && error?.message.contains(expected) == true)
    }

    @Test("a bad value of another kind: http, addressing of an address, the profile")
    func badCombinations() async {
        let http = await error(["AWS_ENDPOINT_URL": "http://x", "AWS_ALLOW_HTTP": "yes"])
        #expect(http?.message == "AWS_ALLOW_HTTP: expected true or false")
        let virtual = await error(["AWS_ENDPOINT_URL": "https://10.0.0.1", "DES_S3_ADDRESSING": "virtual"])
        #expect(virtual?.message == "DES_S3_ADDRESSING: virtual needs an endpoint with a host name, not 10.0.0.1")
        let profile = await error([:], config: "[default]\n\nregion = a/b")
        #expect(profile?.place?.hasSuffix("/.aws/config:3") == true)
        #expect(await error(["AWS_PROFILE": "x"])?.message.hasPrefix("AWS_PROFILE: there is no profile \"x\"") == true)
    }

    @Test("a services section is not passed over, unless a variable makes it pointless")
    func services() async throws {
        let config = "[default]\nservices = s\n[services s]\ns3 =\n  endpoint_url = https://x\n"
        #expect(await error([:], config: config)?.code == .unsupported)
        #expect(try await settings(["AWS_ENDPOINT_URL_S3": "https://y"], config: config).endpoint.host == "y")
    }

    // MARK: URLs

    @Test(
        "the bucket goes where the addressing says",
        arguments: [
            ("auto", "", "bucket", "https://bucket.s3.us-east-1.amazonaws.com/k"),
            ("auto", "", "my.bucket", "https://s3.us-east-1.amazonaws.com/my.bucket/k"),
            ("auto", "", "My_Bucket", "https://s3.us-east-1.amazonaws.com/My_Bucket/k"),
            ("path", "", "bucket", "https://s3.us-east-1.amazonaws.com/bucket/k"),
            ("virtual", "", "my.bucket", "https://my.bucket.s3.us-east-1.amazonaws.com/k"),
            (
                "auto", "https://S3.eu-west-1.AMAZONAWS.com:443/", "bucket",
                "https://bucket.s3.eu-west-1.amazonaws.com/k"
            ),
            ("auto", "https://amazonaws.com.example.com", "bucket", "https://amazonaws.com.example.com/bucket/k"),
            ("auto", "https://minio:9000", "bucket", "https://minio:9000/bucket/k"),
            ("virtual", "https://minio:9000/", "bucket", "https://bucket.minio:9000/k"),
            ("auto", "https://minio/a/b%20c//", "bucket", "https://minio/a/b%20c/bucket/k"),
            ("virtual", "https://minio/a", "bucket", "https://bucket.minio/a/k"),
            ("auto", "http://127.0.0.1:80", "bucket", "http://127.0.0.1/bucket/k"),
            ("auto", "http://localhost:443", "bucket", "http://localhost:443/bucket/k"),
            ("auto", "https://[2001:DB8:0::1]:9000", "bucket", "https://[2001:db8::1]:9000/bucket/k"),
            ("auto", "https://[::1]", "bucket", "https://[::1]/bucket/k"),
        ])
    func addressing(kind: String, endpoint: String, bucket: String, url: String) async throws {
        let settings = try await settings(["DES_S3_ADDRESSING": kind, "AWS_ENDPOINT_URL_S3": endpoint])
        #expect(try settings.address(bucket: bucket, key: "k").url == url)
    }

    @Test(
        "a key is encoded byte by byte, and nothing in it is resolved",
        arguments: [
            ("a/b", "a/b"), ("a b", "a%20b"), ("a+b", "a%2Bb"), ("a%2Fb", "a%252Fb"), ("é", "%C3%A9"),
            ("e\u{301}", "e%CC%81"),
            ("📦", "%F0%9F%93%A6"), ("a//b", "a//b"), ("/a", "/a"), ("//", "//"), ("a/", "a/"), ("a\nb", "a%0Ab"),
            ("../a/./b/..", "../a/./b/.."), (".", "."), ("AZaz09-._~", "AZaz09-._~"), ("/\u{301}", "/%CC%81"),
            ("!*'();:@&=$,?#[]", "%21%2A%27%28%29%3B%3A%40%26%3D%24%2C%3F%23%5B%5D"), ("\0\u{7F}\\\"", "%00%7F%5C%22"),
            ("a\r\nb", "a%0D%0Ab"),
        ])
    func keys(key: String, path: String) async throws {
        let settings = try await settings([:])
        #expect(try settings.address(bucket: "bucket", key: key).path == "/" + path)
        let inPath = try await self.settings(["AWS_ENDPOINT_URL": "https://[::1]:9/x"]).address(
            bucket: "bucket", key: key)
        #expect(inPath == S3Address(scheme: "https", host: "[::1]", port: 9, path: "/x/bucket/" + path))
    }

    @Test("an empty key is the bucket itself")
    func bucketItself() async throws {
        #expect(try await settings([:]).address(bucket: "bucket").url == "https://bucket.s3.us-east-1.amazonaws.com/")
        let settings = try await settings(["AWS_ENDPOINT_URL": "https://x"])
        #expect(try settings.address(bucket: "bucket").url == "https://x/bucket")
    }

    @Test("names that no bucket has are refused; old ones only in the host", arguments: S3Addressing.allCases)
    func buckets(addressing: S3Addressing) async throws {
        let settings = try await settings(["DES_S3_ADDRESSING": addressing.rawValue])
        for name in ["", "ab", "a/b", "..", "a b", "bück", "abc\n", "a%2F", String(repeating: "a", count: 256)] {
            #expect(throws: DESError.self, "\(name)") { try settings.address(bucket: name, key: "k") }
        }
        for name in ["abc", "0-9", "a.b.c", String(repeating: "a", count: 63)] {
            _ = try settings.address(bucket: name, key: "k")
        }
        for name in ["Abc", "a_b", "a..b", "-abc", "abc-", ".abc", "abc.", String(repeating: "a", count: 64)] {
            if addressing == .virtual {
                #expect(throws: DESError.self, "\(name)") { try settings.address(bucket: name, key: "k") }
            } else {
                #expect(try settings.address(bucket: name, key: "k").host == "s3.us-east-1.amazonaws.com", "\(name)")
            }
        }
    }

    @Test("a key has at most 1,024 bytes of UTF-8")
    func keyLength() async throws {
        let settings = try await settings([:])
        _ = try settings.address(bucket: "bucket", key: String(repeating: "é", count: 512))
        let error = #expect(throws: DESError.self) {
            try settings.address(bucket: "bucket", key: String(repeating: "é", count: 512) + "a")
        }
        #expect(error?.message == "the key has 1025 bytes, at most 1024 are allowed")
    }

    // MARK: Locations

    @Test(
        "s3://bucket/key: the key is what follows the slash, byte for byte",
        arguments: [
            ("s3://bucket/key", "key"), ("s3://bucket", ""), ("s3://bucket/", ""), ("s3://bucket//key", "/key"),
            ("s3://bucket/a//b/", "a//b/"), ("s3://bucket/a%20b+c?d#e", "a%20b+c?d#e"), ("s3://bucket/../a", "../a"),
            ("s3://bucket/\u{301}a", "\u{301}a"), ("s3://bucket/a\nb", "a\nb"), ("s3://bucket/s3://x", "s3://x"),
        ])
    func locations(text: String, key: String) throws {
        let location = try S3Location(parsing: text)
        #expect(location.bucket == "bucket" && Array(location.key.utf8) == Array(key.utf8))
        #expect(S3Location.isMeant(by: text))
    }

    @Test(
        "what is no location is refused with what was expected",
        arguments: [
            "s3:/bucket/key", "s3:bucket", "s3://", "s3:///key", "S3://bucket/key", "/a/b", "", "https://bucket/key",
        ])
    func noLocation(text: String) {
        let error = #expect(throws: DESError.self) { try S3Location(parsing: text) }
        #expect(error?.message == "\"\(text)\": expected s3://bucket/key")
        #expect(S3Location.isMeant(by: text) == text.hasPrefix("s3:"))
    }

    @Test("a bucket that cannot be, and a key that is too long, are refused at once")
    func impossibleLocation() {
        for text in [
            "s3://b/k", "s3://user@bucket/k", "s3://bücket/k", "s3://bucket/" + String(repeating: "k", count: 1_025),
        ] {
            #expect(throws: DESError.self, "\(text.prefix(20))") { try S3Location(parsing: text) }
        }
    }
}
