import DESCore
import TestServers
import Testing

@testable import DESAssign
@testable import DESRuntime

@Suite("The OpenAPI document of the assignment service")
struct OpenAPITests {
    private static let document = Result {
        try JSON(parsing: String(decoding: PackageResources.openapi_json, as: UTF8.self))
    }
    private var document: JSON { get throws { try OpenAPITests.document.get() } }

    @Test("has every path of the service with its methods, and no other")
    func paths() throws {
        let generator = NameGenerator(leases: NodeLeaseDirectory(path: "/nowhere"))
        var table = NameRoutes(generator: generator, shardBits: .standard, keyPrefix: "", bodyLimit: 0).table
        table.add(AdminRoutes.table(health: Health(), metrics: MetricRegistry()))
        let served = table.routes.flatMap { route in
            // HEAD comes with GET and need not be said.
            route.methods.map { "\($0.method)" }.filter { $0 != "HEAD" }.map { "\($0) \(route.path)" }
        }
        guard case .object(let paths) = try document["paths"] else { throw "no paths".failure }
        let described = paths.flatMap { path -> [String] in
            guard case .object(let methods) = path.value else { return [] }
            return methods.map { "\($0.key.uppercased()) \(path.key)" }
        }
        #expect(described.sorted() == served.sorted())
    }

    @Test("says the version of the program and the limits that the code has")
    func facts() throws {
        let document = try document
        #expect(document["info"]?["version"]?.stringValue == DESVersion.text)
        let count = document["components"]?["schemas"]?["BatchRequest"]?["properties"]?["count"]
        #expect(count?["maximum"]?.integerValue == AssignService.batchCountMax)
    }

    @Test("hundreds of requests that follow it or break it are answered as it says, none with a server error")
    func schemathesis() async throws {
        let server = try await AssignServer()
        try await server.wait(for: 200, at: "/readyz")
        let configuration =
            #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/schemathesis.toml"
        // In a directory of its own: it leaves files where it runs.
        let directory = try TemporaryRoot.shared.directory()
        let report = try await Program.run(
            "env",
            [
                "-C", directory, try Toolbox.path(of: "schemathesis"), "--config-file", configuration, "run",
                "--max-examples", "100", "--seed", "1", "--no-color", "http://127.0.0.1:\(server.port)/openapi.json",
            ])
        #expect(report.status == 0, "\(report.output)")
        #expect(report.output.contains("passed"), "\(report.output)")
        let metrics = try await server.ask("GET", "/metrics").text
        let failed = metrics.split(separator: "\n").filter { $0.contains("status=\"5xx\"") && !$0.hasSuffix(" 0") }
        #expect(failed.isEmpty, "\(failed)")
    }
}
