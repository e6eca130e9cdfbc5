public import DESCore

/// Where a catalog is.
public enum CatalogAddress: Sendable, Hashable {
    /// As libpq takes it: a URL or `key=value` words. What it does not say comes from `PG…` variables and `~/.pgpass`.
    case postgres(String)
    /// A file.
    case sqlite(path: String)

    /// Completes "expected ".
    public static let expected = "postgresql://…, words such as \"host=db dbname=des\", or sqlite:PATH"

    /// Parses an address. Those of the earlier system, `postgresql+asyncpg://` and `sqlite:///PATH`, mean what they did.
    public init?(_ text: String) {
        if text.hasPrefix("sqlite") {
            guard let mark = text.firstIndex(of: ":") else { return nil }
            let scheme = text[..<mark]
            guard scheme == "sqlite" || scheme.hasPrefix("sqlite+") else { return nil }
            var path = text[text.index(after: mark)...]
            // Two slashes for the host, a third before the path.
            if path.hasPrefix("///") { path = path.dropFirst(3) }
            guard !path.isEmpty, !path.hasPrefix("//"), !path.contains("\0") else { return nil }
            self = .sqlite(path: String(path))
            return
        }
        if let mark = text.firstRange(of: "://") {
            let scheme = text[..<mark.lowerBound].split(separator: "+", maxSplits: 1).first ?? ""
            guard scheme == "postgresql" || scheme == "postgres" else { return nil }
            self = .postgres("postgresql://" + text[mark.upperBound...])
        } else {
            guard text.contains("="), !text.contains("\0") else { return nil }
            self = .postgres(text)
        }
    }

    /// Where it is if nobody says: the server that `PG…` variables name, or a file in `directory`.
    public static func standard(_ environment: Environment, directory: String?) -> CatalogAddress? {
        if ["PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE", "PGPORT"].contains(where: { environment[$0] != nil }) {
            return .postgres("")
        }
        return directory.map { .sqlite(path: "\($0)/catalog.db") }
    }
}

extension CatalogAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Without anything that may be a password.
    public var description: String {
        switch self {
        case .sqlite(let path): return "sqlite:\(path)"
        case .postgres(let address):
            guard let start = address.firstRange(of: "://") else { return "postgresql" }
            // Of a URL its hosts and database; the user and the query may hold secrets, also where they should be escaped.
            let rest = address[start.upperBound...].split(separator: "@", omittingEmptySubsequences: false).last ?? ""
            return "postgresql://" + rest.prefix { $0 != "?" && $0 != "#" }
        }
    }

    /// The same.
    public var debugDescription: String { description }
    /// The same.
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: [description]) }
}
