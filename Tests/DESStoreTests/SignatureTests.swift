import DESCore
import Testing

@testable import DESStore

/// The examples of "Authenticating Requests (AWS Signature Version 4)" in the Amazon S3 API reference.
@Suite("Signature Version 4")
struct SignatureTests {
    private let signature = Signature(
        accessKey: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", token: nil,
        region: "us-east-1", time: Timestamp(seconds: 1_369_353_600, nanoseconds: 999_999_999))
    private let host = (name: "Host", value: "examplebucket.s3.amazonaws.com")
    private let empty = SHA256.of([]).hexadecimal

    private func authorization(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], hash: String
    ) -> String? {
        signature.headers(method: method, path: path, query: query, headers: [host] + headers, payloadHash: hash)
            .first { $0.name == "Authorization" }?.value
    }

    @Test("GET of a range")
    func range() {
        let value = authorization("GET", "/test.txt", headers: [("Range", "bytes=0-9")], hash: empty)
        #expect(
            value == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test("PUT with a body and a key that is encoded")
    func put() {
        let value = authorization(
            "PUT", "/" + "test$file.text".percentEncoded(keepsSlash: true),
            headers: [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            hash: SHA256.of(Array("Welcome to Amazon S3.".utf8)).hexadecimal)
        #expect(value?.hasSuffix("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd") == true)
    }

    @Test("a query without a value, and one whose names are not sorted")
    func query() {
        #expect(
            authorization("GET", "/", query: [("lifecycle", "")], hash: empty)?
                .hasSuffix("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543") == true)
        #expect(
            authorization("GET", "/", query: [("prefix", "J"), ("max-keys", "2")], hash: empty)?
                .hasSuffix("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7") == true)
    }

    @Test("a presigned URL")
    func presigned() {
        let query = signature.presignedQuery(method: "GET", path: "/test.txt", host: host.value, seconds: 86_400)
        #expect(
            query == "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    }

    /// RFC 4231, test cases 1, 2 and 6.
    @Test(
        "HMAC-SHA256",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ])
    func authenticate(key: [UInt8], text: String, expected: String) {
        #expect(SHA256.authenticate(Array(text.utf8), key: key).hexadecimal == expected)
    }

    /// RFC 4648, section 10.
    @Test("base64")
    func base64() {
        let vectors = [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
        for (text, expected) in vectors { #expect(Array(text.utf8).base64 == expected) }
    }

    @Test("keys are encoded byte by byte, slashes stay; a listing is decoded")
    func encoding() {
        #expect(" +%/ü\n~".percentEncoded(keepsSlash: true) == "%20%2B%25/%C3%BC%0A~")
        #expect("a/b".percentEncoded() == "a%2Fb")
        #expect("a+b%2B%2Fc%0A".decodingListing == "a b+/c\n")
        #expect("%zz".decodingListing == nil && "%4".decodingListing == nil && "%ff".decodingListing == nil)
    }
}
