internal import DESCore
internal import Glibc

/// Where a service listens: scheme, host, port, and a path that goes before all others.
public struct Endpoint: Sendable, Hashable {
    /// https.
    public var isSecure: Bool
    /// A name in lower case or an address; of IPv6 its canonical form, without brackets.
    public var host: String
    /// `nil` is the scheme's own.
    public var port: Int?
    /// Empty, or begins with `/` and does not end with one; percent-encoded.
    public var path: String

    /// An endpoint from its parts.
    init(isSecure: Bool = true, host: String, port: Int? = nil, path: String = "") {
        (self.isSecure, self.host, self.port, self.path) = (isSecure, host, port, path)
    }

    /// Parses `http[s]://host[:port][/path]`.
    /// - Parameter setting: what messages call it. They do not quote the text, as some people put passwords there.
    init(parsing text: String, setting: String) throws(DESError) {
        func wrong(_ what: String) -> DESError {
            DESError(.invalidArgument, "\(setting): \(what), as in https://s3.example.com:9000")
        }
        let bytes = Array(text.utf8)
        let scheme = bytes.prefix { $0 != UInt8(ascii: ":") }
        switch String(decoding: scheme, as: UTF8.self).lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: throw wrong("expected https:// or http:// and a host")
        }
        guard bytes[scheme.endIndex...].starts(with: "://".utf8) else { throw wrong("expected // after the scheme") }
        let authority = bytes[(scheme.endIndex + 3)...].prefix { $0 != UInt8(ascii: "/") }
        let name = Endpoint.name(authority)
        guard let host = Endpoint.host(name) else {
            throw wrong("expected a host name, an IPv4 address or an IPv6 address in brackets, and no user or password")
        }
        self.host = host
        port = nil
        if let colon = authority[name.endIndex...].first {
            let digits = authority[(name.endIndex + 1)...]
            guard colon == UInt8(ascii: ":"), (1...5).contains(digits.count),
                digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(String(decoding: digits, as: UTF8.self)), (1...65_535).contains(number)
            else { throw wrong("expected a port from 1 to 65535 after the host") }
            port = number == (isSecure ? 443 : 80) ? nil : number
        }
        // Nothing that a signature would have to encode once more.
        let path = bytes[authority.endIndex...]
        guard path.allSatisfy({ $0.isUnreserved || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) else {
            throw wrong("expected a path of letters, digits and -._~/% alone, no query, no fragment")
        }
        self.path = String(
            decoding: path.prefix(path.count - path.reversed().prefix { $0 == 0x2F }.count), as: UTF8.self)
    }

    /// The host at the start of `authority`, with its brackets.
    private static func name(_ authority: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard authority.first == UInt8(ascii: "["), let end = authority.firstIndex(of: UInt8(ascii: "]")) else {
            return authority.prefix { $0 != UInt8(ascii: ":") }
        }
        return authority[...end]
    }

    private static func host(_ name: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: name, as: UTF8.self).lowercased()
        if name.first == UInt8(ascii: "[") {
            return IPAddress(v6: String(text.dropFirst().dropLast()))?.text
        }
        let isName = name.first?.isLetterOrDigit ?? false
        return isName && name.allSatisfy { $0.isLetterOrDigit || "-._".utf8.contains($0) } ? text : nil
    }

    /// What stands in a URL after the scheme, and in the `Host` header.
    var authority: String { bracketedHost + (port.map { ":\($0)" } ?? "") }

    /// The host as it stands in a URL.
    var bracketedHost: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }

    /// `http` or `https`.
    var scheme: String { isSecure ? "https" : "http" }

    /// The URL, without a `/` at its end.
    var url: String { scheme + "://" + authority + path }

    /// It is an address, not a name.
    var isAddress: Bool { IPAddress(v4: host) != nil || IPAddress(v6: host) != nil }

    /// Nobody but this machine sees what is sent there: `localhost`, 127.0.0.0/8, ::1.
    var isLoopback: Bool {
        host == "localhost" || IPAddress(v4: host)?.bytes.first == 127
            || IPAddress(v6: host)?.bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// It belongs to AWS.
    var isAmazon: Bool { host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn") }

    /// What the names of AWS's services in a region end with.
    static func amazonDomain(region: String) -> String {
        region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    }
}

/// An IPv4 or IPv6 address.
private struct IPAddress {
    let bytes: [UInt8]
    let text: String

    /// Four decimal numbers; the shorter forms that some resolvers take are not addresses here.
    init?(v4 text: String) { self.init(text, AF_INET, byteCount: 4) }

    init?(v6 text: String) { self.init(text, AF_INET6, byteCount: 16) }

    private init?(_ text: String, _ family: Int32, byteCount: Int) {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        guard inet_pton(family, text, &bytes) == 1 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        self.bytes = bytes
        self.text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
