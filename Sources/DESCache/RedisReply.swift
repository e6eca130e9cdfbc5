internal import CHiredis

/// What a server answers to one command. Arrays are not asked for.
enum RedisReply: Sendable, Equatable {
    case value([UInt8])
    case noValue
    case integer(Int)
    case status(String)
    /// The first word of the message, such as `LOADING`: the rest may quote the command, and with it a password.
    case error(String)
    case other

    init(_ reply: redisReply) {
        let bytes = UnsafeRawBufferPointer(start: reply.str, count: reply.str == nil ? 0 : reply.len)
        switch reply.type {
        case REDIS_REPLY_STRING: self = .value(Array(bytes))
        case REDIS_REPLY_NIL: self = .noValue
        case REDIS_REPLY_INTEGER: self = .integer(Int(reply.integer))
        case REDIS_REPLY_STATUS: self = .status(String(decoding: bytes, as: UTF8.self))
        case REDIS_REPLY_ERROR:
            let word = bytes.prefix(16).prefix { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }
            self = .error(String(decoding: word, as: UTF8.self))
        default: self = .other
        }
    }
}

extension RedisReply: CustomStringConvertible {
    var description: String {
        switch self {
        case .value(let bytes): "a value of \(bytes.count) bytes"
        case .noValue: "no value"
        case .integer: "a number"
        case .status: "a status"
        case .error(let word): "the error \(word)"
        case .other: "an array"
        }
    }
}
