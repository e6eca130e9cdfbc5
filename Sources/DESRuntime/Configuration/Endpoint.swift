internal import DESCore

/// Where a service listens: `127.0.0.1:8000`, `[::1]:8000`.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address, without brackets.
    public var host: String
    /// 0 lets the system choose.
    public var port: Int

    /// A host and a port.
    public init(host: String, port: Int) { (self.host, self.port) = (host, port) }

    /// As it is written.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Nobody on other machines can reach it.
    public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// Parses `HOST:PORT`, `HOST`, `PORT` (on all addresses), or a URL `http://HOST:PORT/`, which is how the earlier service's clients named it.
    init?(_ text: String, standardPort: Int) {
        var rest = text[...]
        if rest.hasPrefix("http://") {
            rest = rest.dropFirst(7)
            if rest.hasSuffix("/") { rest = rest.dropLast() }
        }
        if !rest.isEmpty, rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { rest = "0.0.0.0:\(rest)" }
        var digits: Substring?
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            let tail = rest[rest.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":"), host.contains(":") else { return nil }
            digits = tail.isEmpty ? nil : tail.dropFirst()
        } else {
            let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { return nil }
            host = String(parts[0])
            digits = parts.count == 2 ? parts[1] : nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0.isLetterOrDigit || ".-_:%".utf8.contains($0) }) else {
            return nil
        }
        port = standardPort
        if let digits {
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), port <= 65_535 else {
                return nil
            }
            self.port = port
        }
    }
}

extension SettingKind where Value == Endpoint {
    /// Where to listen.
    public static func endpoint(standardPort: Int) -> Self {
        Self("HOST:PORT, such as 127.0.0.1:\(standardPort)") { Endpoint($0, standardPort: standardPort) }
    }
}
