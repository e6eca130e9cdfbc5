import Hummingbird

/// `bare-server PORT`: the least a service on Hummingbird can do, a route that answers a constant JSON.
@main
enum BareServer {
    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8_001
        let router = Router()
        router.post("assign") { _, _ in
            // As long as an answer of des-assign.
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(
                    byteBuffer: ByteBuffer(
                        string: #"{"name":"DES_20260131_(21BCAA000100_88)","shard_id":224,"day":"2026-01-31"}"#)))
        }
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)))
        try await application.runService()
    }
}
