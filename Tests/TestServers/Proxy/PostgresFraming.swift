/// Where the messages end that the two sides of one connection send: the PostgreSQL protocol, version 3, unencrypted.
struct PostgresFraming {
    enum Sender {
        case client
        case server
    }

    private enum Request {
        static let encryption = 80_877_103
        static let encryptionByGSS = 80_877_104
    }

    /// Whether the messages of the client have a type by now.
    private var hasStarted = false
    /// Whether the client has asked for encryption: the answer is a single byte.
    private var asksForEncryption = false

    /// The length of the message that begins at `start`; `nil` until it is there wholly. Asked once for each message that
    /// is there.
    /// - Throws: if this is not the protocol.
    mutating func nextLength(from sender: Sender, in bytes: [UInt8], at start: Int) throws -> Int? {
        let count = bytes.count - start
        switch sender {
        case .server where asksForEncryption:
            guard count > 0 else { return nil }
            guard bytes[start] == UInt8(ascii: "N") else { throw ServerError("the server takes to encryption") }
            asksForEncryption = false
            return 1
        case .client where !hasStarted:
            guard count >= 8 else { return nil }
            let length = try length(8..., in: bytes, at: start)
            guard count >= length else { return nil }
            let code = number(in: bytes, at: start + 4)
            asksForEncryption = code == Request.encryption || code == Request.encryptionByGSS
            hasStarted = !asksForEncryption
            return length
        default:
            guard count >= 5 else { return nil }
            let length = 1 + (try length(4..., in: bytes, at: start + 1))
            return count >= length ? length : nil
        }
    }

    private func length(_ range: PartialRangeFrom<Int>, in bytes: [UInt8], at start: Int) throws -> Int {
        let length = number(in: bytes, at: start)
        guard range.contains(length), length < 1 << 31 else { throw ServerError("\(length) is no message's length") }
        return length
    }

    private func number(in bytes: [UInt8], at start: Int) -> Int {
        bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}
