public import DESCore

/// How a bucket gets into a URL.
public enum S3Addressing: String, Sendable, CaseIterable {
    /// For AWS in the host if the bucket's name can stand there, else in the path.
    case auto
    /// `https://host/bucket/key`
    case path
    /// `https://bucket.host/key`
    case virtual
}

/// Where S3 is and how it is spoken to.
public struct S3Settings: Sendable, Hashable {
    /// The service, without a bucket.
    public var endpoint: Endpoint
    /// Signed with.
    public var region: String
    /// How a bucket gets into a URL.
    public var addressing: S3Addressing
    /// A file of certificates to trust instead of the system's.
    public var caBundle: String?
    /// Hosts that are never reached through a proxy.
    public var directHosts: [String]

    /// The settings of `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_CA_BUNDLE`,
    /// `AWS_ALLOW_HTTP`, `DES_S3_ADDRESSING`, `NO_PROXY` and, where those are silent, of the profile.
    init(_ environment: Environment, _ profile: Profile) throws(DESError) {
        region = try profile.region(environment)
        endpoint =
            try profile.endpoint(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"], environment)
            ?? Endpoint(host: "s3." + region + "." + Endpoint.amazonDomain(region: region))
        guard let addressing = S3Addressing(rawValue: environment["DES_S3_ADDRESSING"] ?? "auto") else {
            throw DESError(.invalidArgument, "DES_S3_ADDRESSING: expected auto, path or virtual")
        }
        guard addressing != .virtual || !endpoint.isAddress else {
            throw DESError(
                .invalidArgument, "DES_S3_ADDRESSING: virtual needs an endpoint with a host name, not \(endpoint.host)")
        }
        self.addressing = addressing
        caBundle = environment["AWS_CA_BUNDLE"] ?? profile["ca_bundle"]?.value
        directHosts = (environment["no_proxy"] ?? environment["NO_PROXY"] ?? "").split { $0 == "," || $0 == " " }
            .map(String.init)
    }

    /// The settings of an environment and of the profile files that it names.
    public static func load(_ environment: Environment) async throws -> S3Settings {
        try S3Settings(environment, try await Profile.load(environment))
    }

    /// The URL of an object, or of the bucket if the key is empty.
    ///
    /// Dot segments and empty segments of a key stay as they are: a client must not resolve them
    /// (`CURLOPT_PATH_AS_IS`).
    public func address(bucket: String, key: String = "") throws(DESError) -> S3Address {
        let name = try BucketName(bucket)
        guard key.utf8.count <= UploadLimits.keyByteCountMax else {
            throw DESError(
                .invalidArgument,
                "the key has \(key.utf8.count) bytes, at most \(UploadLimits.keyByteCountMax) are allowed")
        }
        let isVirtual =
            switch addressing {
            case .auto: endpoint.isAmazon && name.isLabel
            case .path: false
            case .virtual: true
            }
        guard name.isModern || !isVirtual else {
            throw DESError(
                .invalidArgument,
                "bucket \"\(bucket)\": expected lower-case letters, digits, dots and hyphens, at most 63, "
                    + "or DES_S3_ADDRESSING=path")
        }
        let rest = key.percentEncoded(keepsSlash: true)
        return S3Address(
            scheme: endpoint.scheme, host: (isVirtual ? bucket + "." : "") + endpoint.bracketedHost,
            port: endpoint.port,
            path: endpoint.path + (isVirtual ? "/" + rest : "/" + bucket + (key.isEmpty ? "" : "/" + rest)))
    }
}

/// The parts of a URL as they go over the wire and into a signature.
public struct S3Address: Sendable, Hashable {
    /// `http` or `https`.
    public var scheme: String
    /// IPv6 in brackets.
    public var host: String
    /// `nil` is the scheme's own.
    public var port: Int?
    /// Percent-encoded, begins with `/`.
    public var path: String

    /// The `Host` header.
    public var authority: String { host + (port.map { ":\($0)" } ?? "") }
    /// All of it.
    public var url: String { scheme + "://" + authority + path }
}

/// A bucket's name, checked.
struct BucketName {
    /// As the rules are today, so that it can stand before a host.
    let isModern: Bool
    /// Without dots besides: a certificate for `*.host` covers it.
    let isLabel: Bool

    /// Names made before 2018 may have upper case, underscores and up to 255 characters.
    init(_ name: String) throws(DESError) {
        let bytes = Array(name.utf8)
        guard (3...255).contains(bytes.count), bytes.allSatisfy({ $0.isLetterOrDigit || "-._".utf8.contains($0) })
        else {
            throw DESError(
                .invalidArgument,
                "bucket \"\(name)\": expected 3 to 63 lower-case letters, digits, dots and hyphens")
        }
        let hasEnds = [bytes.first, bytes.last].allSatisfy { $0?.isLowerOrDigit ?? false }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        isModern =
            bytes.count <= 63 && hasEnds && !labels.contains { $0.isEmpty }
            && bytes.allSatisfy { $0.isLowerOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        isLabel = isModern && labels.count == 1
    }
}
