internal import DESCore
internal import Hummingbird

/// Probes and metrics, which every service has; also under the names that the earlier services had.
enum AdminRoutes {
    static func table(health: Health, metrics: MetricRegistry) -> RouteTable {
        var table = RouteTable()
        for path in ["/livez", "/health/live"] {
            table.get(path, label: "probe", isProtected: false) { _, _ in
                Response(
                    json: .object([
                        JSON.Member("status", .string("ok")), JSON.Member("uptime", .integer(health.uptime)),
                    ]))
            }
        }
        table.get("/health", label: "probe", isProtected: false) { _, _ in
            Response(json: .object([JSON.Member("status", .string("ok"))]))
        }
        for path in ["/readyz", "/health/ready"] {
            table.get(path, label: "probe", isProtected: false) { _, _ in answer(health.obstacles) }
        }
        table.get("/startupz", label: "probe", isProtected: false) { _, _ in
            answer(health.isStarted ? [] : [("service", "starting")])
        }
        table.get("/metrics", isProtected: false) { _, _ in
            Response(
                status: .ok, headers: [.contentType: Exposition.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text)))
        }
        return table
    }

    private static func answer(_ obstacles: [(name: String, problem: String)]) -> Response {
        guard !obstacles.isEmpty else { return Response(json: .object([JSON.Member("status", .string("ok"))])) }
        let checks = obstacles.map { JSON.Member($0.name, .string($0.problem)) }
        return Response(
            json: .object([JSON.Member("status", .string("unavailable")), JSON.Member("checks", .object(checks))]),
            status: .serviceUnavailable)
    }
}
