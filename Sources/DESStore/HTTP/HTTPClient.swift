import DESCore

/// A request whose body is in memory.
struct HTTPRequest: Sendable {
    var method = "GET"
    var url: String
    /// In this order; names as they go on the wire.
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// More bytes than this in the answer are an error: nothing is read without a bound.
    var answerByteCountMax = 1 << 20
    /// The whole exchange, from the first packet to the last byte.
    var timeout: Duration = .seconds(60)
}

/// The answer to an ``HTTPRequest``.
struct HTTPResponse: Sendable {
    var status: Int
    /// Names in lower case; of a repeated one the last value.
    var headers: [String: String] = [:]
    var body: [UInt8] = []
}
