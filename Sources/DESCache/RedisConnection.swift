internal import CHiredis
internal import DESCore
internal import Glibc

/// Why an operation brought nothing.
enum RedisFailure: Error, Sendable {
    case timedOut
    /// Nobody waits for it any more.
    case cancelled
    case error(DESError)
}

/// One connection to a Redis server, logged in. Its calls block, and end at their deadline whatever the server does.
///
/// After an error it is of no use any more: an answer might still come and be taken for that to the next command.
final class RedisConnection: @unchecked Sendable {  // in the hands of one thread at a time
    typealias Deadline = ContinuousClock.Instant

    private let context: UnsafeMutablePointer<redisContext>
    private let place: String

    /// Connects, logs in and chooses the database. A host's name is looked up by the system, which knows no deadline.
    init(_ endpoint: RedisEndpoint, before deadline: Deadline) throws(RedisFailure) {
        place = "\(endpoint)"
        let made: UnsafeMutablePointer<redisContext>? =
            switch endpoint.address {
            case .tcp(let host, let port): redisConnectNonBlock(host, port)
            case .unix(let path): redisConnectUnixNonBlock(path)
            }
        guard let made else { throw .error(DESError(.unavailable, "cannot connect: no memory", place: place)) }
        context = made
        guard context.pointee.err == 0 else { throw failure("cannot connect: \(contextError)") }
        _ = fcntl(context.pointee.fd, F_SETFD, FD_CLOEXEC)
        try wait(for: POLLOUT, before: deadline)
        var (status, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        getsockopt(context.pointee.fd, SOL_SOCKET, SO_ERROR, &status, &size)
        guard status == 0 else { throw failure("cannot connect: \(DESError.reason(status))") }
        try logIn(endpoint, before: deadline)
    }

    deinit { redisFree(context) }

    private func logIn(_ endpoint: RedisEndpoint, before deadline: Deadline) throws(RedisFailure) {
        if let login = endpoint.login {
            let arguments = [Array("AUTH".utf8)] + (login.user.map { [$0] } ?? []) + [login.password]
            // No word of the answer in the message: servers quote commands that they do not know.
            guard try reply(to: arguments, before: deadline) == .status("OK") else {
                throw failure("the server refused the user or the password", .denied)
            }
        }
        guard endpoint.database != 0 else { return }
        try expect(.status("OK"), from: ["SELECT", "\(endpoint.database)"], before: deadline)
    }

    /// Whether it is open and silent, so that the next bytes to come are the answer to the next command.
    var isReady: Bool {
        var descriptor = pollfd(fd: context.pointee.fd, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 0
    }

    /// The answer to one command. A value of more than `valueByteCountMax` bytes is an error, and is not waited for.
    func reply(
        to arguments: [[UInt8]], valueByteCountMax: Int = 1_024, before deadline: Deadline
    ) throws(RedisFailure) -> RedisReply {
        guard append(arguments) else { throw failure("cannot send: no memory") }
        var isDone: Int32 = 0
        while isDone == 0 {
            try wait(for: POLLOUT, before: deadline)
            guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw failure("cannot send: \(contextError)") }
        }
        return try receive(valueByteCountMax, before: deadline)
    }

    /// Sends a command that has one right answer.
    func expect(
        _ expected: RedisReply, from arguments: [String], before deadline: Deadline
    ) throws(RedisFailure) {
        let found = try reply(to: arguments.map { Array($0.utf8) }, before: deadline)
        guard found == expected else { throw unexpected(found, to: arguments[0]) }
    }

    func unexpected(_ reply: RedisReply, to command: String) -> RedisFailure {
        failure("the server answered \(command) with \(reply)")
    }

    private func append(_ arguments: [[UInt8]]) -> Bool {
        let all = arguments.reduce(into: []) { $0 += $1 }
        return all.withUnsafeBytes { bytes in
            var start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            var starts: [UnsafePointer<CChar>?] = []
            for argument in arguments {
                starts.append(start)
                start = start?.advanced(by: argument.count)
            }
            return redisAppendCommandArgv(context, Int32(arguments.count), &starts, arguments.map(\.count)) == REDIS_OK
        }
    }

    private func receive(_ valueByteCountMax: Int, before deadline: Deadline) throws(RedisFailure) -> RedisReply {
        // What a reply can take with its line, and what may be read beyond it.
        let byteCountMax = valueByteCountMax + ReplyAnnouncement.lineByteCountMax + (32 << 10)
        var isAnnounced = false
        while true {
            try wait(for: POLLIN, before: deadline)
            guard redisBufferRead(context) == REDIS_OK else { throw failure("cannot receive: \(contextError)") }
            if !isAnnounced {
                switch ReplyAnnouncement(unread, valueByteCountMax: valueByteCountMax) {
                case .unknown: continue
                case .refused(let found): throw failure("the server sent \(found)")
                case .acceptable: isAnnounced = true
                }
            }
            var object: UnsafeMutableRawPointer?
            guard redisGetReplyFromReader(context, &object) == REDIS_OK else {
                throw failure("the server sent no Redis reply")
            }
            if let object {
                defer { freeReplyObject(object) }
                guard unread.isEmpty else { throw failure("the server sent more than one reply") }
                return RedisReply(object.assumingMemoryBound(to: redisReply.self).pointee)
            }
            guard unread.count <= byteCountMax else { throw failure("the server sent a reply without end") }
        }
    }

    /// What was received and is not part of a whole reply yet.
    private var unread: Slice<UnsafeRawBufferPointer> {
        let reader = context.pointee.reader
        let buffer = UnsafeRawBufferPointer(start: reader?.pointee.buf, count: reader?.pointee.len ?? 0)
        return buffer.dropFirst(reader?.pointee.pos ?? 0)
    }

    /// Errors of the socket are found by the call that follows.
    private func wait(for events: Int32, before deadline: Deadline) throws(RedisFailure) {
        var descriptor = pollfd(fd: context.pointee.fd, events: Int16(events), revents: 0)
        while true {
            let left = deadline - .now
            guard left > .zero else { throw .timedOut }
            let status = poll(&descriptor, 1, Int32(clamping: left.wholeMilliseconds))
            if status > 0 { return }
            guard status == 0 || errno == EINTR else { throw failure("cannot wait: \(DESError.reason(errno))") }
        }
    }

    private var contextError: String {
        withUnsafeBytes(of: context.pointee.errstr) { text in
            String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private func failure(_ message: String, _ code: DESError.Code = .unavailable) -> RedisFailure {
        .error(DESError(code, message, place: place))
    }
}

extension Duration {
    /// Rounded up; at least 1, as neither poll(2) nor Redis takes 0 for a short time, and at most 10^15.
    var wholeMilliseconds: Int { Int(min(max(self / .milliseconds(1), 1), 1e15).rounded(.up)) }
}
