internal import HTTPTypes
internal import Synchronization

/// Tells requests apart in logs: the client's own id, if it sent a usable one, else one that is made here.
enum RequestID {
    static let field = HTTPField.Name("X-Request-Id") ?? .date

    private static let start = UInt64.random(in: .min ... .max)
    private static let count = Atomic<UInt64>(0)

    static func of(_ headers: HTTPFields) -> String {
        if let given = headers[field], (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        {
            return given
        }
        let number = start &+ count.wrappingAdd(1, ordering: .relaxed).newValue
        return String(number, radix: 16)
    }
}
