internal import DESCore

/// Where a Redis server is and how to log in, from a URL.
///
/// `redis://[user[:password]@]host[:port][/database]`, or `redis://[user[:password]@]/path/to/socket[?db=database]`.
/// The text of a URL is in no message: it may hold the password, also where it does not belong.
struct RedisEndpoint: Sendable, Equatable {
    enum Address: Sendable, Equatable {
        case tcp(host: String, port: Int32)
        case unix(path: String)
    }

    /// What AUTH takes.
    struct Login: Sendable, Equatable {
        /// Redis 6 has users; before, and for the default user, there is a password only.
        var user: [UInt8]?
        var password: [UInt8]
    }

    var address: Address
    var login: Login?
    var database = 0

    /// The longest path that fits into `sockaddr_un` with its NUL.
    private static let pathByteCountMax = 107

    /// - Throws: ``DESError`` that says what was expected.
    init(url: String) throws(DESError) {
        let (scheme, rest) = try Self.split(url)
        guard scheme == "redis" else {
            guard scheme == "rediss" else { throw .badURL("a URL that begins with redis://") }
            throw DESError(
                .unsupported, "rediss:// needs TLS, which this Redis client does not have: redis:// was expected")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let (authority, path) = (rest[..<slash], rest[slash...])
        let at = authority.lastIndex(of: "@")
        if let at { login = try Self.login(authority[..<at]) }
        let host = at.map { authority[authority.index(after: $0)...] } ?? authority
        if host.isEmpty {
            (address, database) = try Self.socket(path)
        } else {
            address = try Self.hostAndPort(host)
            database = try path.dropFirst().isEmpty ? 0 : Self.database(path.dropFirst())
        }
    }

    private static func split(_ url: String) throws(DESError) -> (scheme: String, rest: Substring) {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else {
            throw .badURL("a URL that begins with redis://")
        }
        return (url[..<colon].lowercased(), url[colon...].dropFirst(3))
    }

    private static func login(_ text: Substring) throws(DESError) -> Login {
        guard let colon = text.firstIndex(of: ":") else { throw .badURL("user:password or :password before @") }
        guard let user = text[..<colon].utf8.percentDecoded,
            let password = text[colon...].dropFirst().utf8.percentDecoded
        else { throw .badURL("% and two hexadecimal digits for special characters before @") }
        return Login(user: user.isEmpty ? nil : user, password: password)
    }

    private static func hostAndPort(_ text: Substring) throws(DESError) -> Address {
        let isBracketed = text.hasPrefix("[")
        let end = (isBracketed ? text.firstIndex(of: "]") : text.firstIndex(of: ":")) ?? text.endIndex
        let host = isBracketed ? text[..<end].dropFirst() : text[..<end]
        let rest = isBracketed ? text[end...].dropFirst() : text[end...]
        guard !host.isEmpty, host.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), !isBracketed || end < text.endIndex else {
            throw .badURL("a host name, an address or [an IPv6 address]")
        }
        guard !rest.isEmpty else { return .tcp(host: String(host), port: 6_379) }
        guard rest.hasPrefix(":"), let port = number(rest.dropFirst()), 1...65_535 ~= port else {
            throw .badURL("a port from 1 to 65535 after the host")
        }
        return .tcp(host: String(host), port: Int32(port))
    }

    private static func socket(_ text: Substring) throws(DESError) -> (Address, database: Int) {
        let question = text.firstIndex(of: "?") ?? text.endIndex
        let query = text[question...].dropFirst()
        guard let path = text[..<question].utf8.percentDecoded, number(text[..<question].dropFirst()) == nil,
            2...pathByteCountMax ~= path.count, !path.contains(0)
        else { throw .badURL("a host, or the path of a socket of at most \(pathByteCountMax) bytes") }
        guard !query.isEmpty else { return (.unix(path: String(decoding: path, as: UTF8.self)), 0) }
        guard query.hasPrefix("db=") else { throw .badURL("?db= and a number after the path of a socket") }
        return (.unix(path: String(decoding: path, as: UTF8.self)), try database(query.dropFirst(3)))
    }

    private static func database(_ text: Substring) throws(DESError) -> Int {
        guard let database = number(text) else { throw .badURL("the number of a database at the end") }
        return database
    }

    /// The value of decimal digits; `nil` for anything else, signs included.
    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(text) : nil
    }
}

extension RedisEndpoint: CustomStringConvertible, CustomReflectable {
    /// The address and the database, never the login.
    var description: String {
        switch address {
        case .tcp(let host, let port):
            "redis://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
        case .unix(let path): "redis://\(path)?db=\(database)"
        }
    }

    /// Nothing, so that a dump does not show the password either.
    var customMirror: Mirror { Mirror(self, children: []) }
}

extension DESError {
    fileprivate static func badURL(_ expectation: String) -> DESError {
        DESError(.invalidArgument, "not the URL of a Redis server: \(expectation) was expected")
    }
}
