public import Hummingbird

/// Which handler answers what. Wrong methods are answered with 405, unknown paths with 404.
///
/// Hummingbird's router answers a wrong method like an unknown path, so this is ours.
public struct RouteTable: Sendable {
    /// Answers a request.
    public typealias Handler = @Sendable (_ request: consuming Request, _ rest: String) async throws -> Response

    /// A path and what it answers to.
    struct Route: Sendable {
        /// It may end in `{...}`, which stands for one component.
        let path: String
        /// What its metrics are labelled with: the path, or one word for several that are alike.
        let label: String
        /// Needs a token if there are any.
        let isProtected: Bool
        let methods: [(method: HTTPRequest.Method, handler: Handler)]

        /// For the header Allow.
        var allowed: String { methods.map(\.method.rawValue).joined(separator: ", ") }
    }

    private(set) var routes: [Route] = []
    private var whole: [String: Int] = [:]
    private var beginnings: [(prefix: String, route: Int)] = []

    /// No routes.
    public init() {}

    /// Answers GET (and HEAD, without the body).
    public mutating func get(
        _ path: String, label: String? = nil, isProtected: Bool = true, _ handler: @escaping Handler
    ) {
        add(
            Route(
                path: path, label: label ?? path, isProtected: isProtected,
                methods: [(.get, handler), (.head, handler)]))
    }

    /// Answers POST.
    public mutating func post(_ path: String, isProtected: Bool = true, _ handler: @escaping Handler) {
        add(Route(path: path, label: path, isProtected: isProtected, methods: [(.post, handler)]))
    }

    private mutating func add(_ route: Route) {
        let path = route.path
        if path.hasSuffix("}") {
            beginnings.append((String(path.prefix { $0 != "{" }), routes.count))
        } else {
            precondition(whole[path] == nil, "\(path) is there twice")
            whole[path] = routes.count
        }
        routes.append(route)
    }

    /// All of another table's routes as well.
    public mutating func add(_ other: RouteTable) {
        for route in other.routes { add(route) }
    }

    /// The place of the route for a path, and the last component if it stands for anything.
    func find(_ path: String) -> (route: Int, rest: String)? {
        if let route = whole[path] { return (route, "") }
        for (prefix, route) in beginnings where path.hasPrefix(prefix) {
            let rest = path.dropFirst(prefix.utf8.count)
            if !rest.isEmpty, !rest.contains("/") { return (route, String(rest)) }
        }
        return nil
    }
}
