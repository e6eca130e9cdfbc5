internal import DESCore
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes

/// Bounds how long a request may take, and lets a connection end without losing a request.
///
/// * A request that is not answered in time is answered with 408 (its body did not come) or 503, and cut.
/// * When the server drains, the next answer says `Connection: close`; only a connection on which nothing comes for
///   ``drainGrace`` is closed unasked. So no client sends a request into a connection that is being closed.
/// * After an answer with `Connection: close` the connection is closed for writing first, and what still comes is read and
///   dropped for a while: closing at once would reset it, and the client might never see the answer. All times begin when
///   an answer has left, not when it is written: a client may read slowly, if no slower than a request may take.
/// * An answer that comes before the whole request is the last one.
/// * Who asks is told to send the body (100).
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    static let drainGrace = TimeAmount.seconds(1)
    static let lingerTime = TimeAmount.seconds(2)

    private let timeout: TimeAmount
    /// Told of each request that was not answered in time.
    private let onCut: () -> Void
    private let bodyLimit: Int
    /// Requests whose head came and whose answer is not written, oldest first; whether it is HEAD. More than one if the
    /// client does not wait for answers.
    private var pending: [Bool] = []
    /// Answers that are written and have not left for the client yet, which may read slowly.
    private var sendingCount = 0
    /// When the oldest of all these became the oldest.
    private var since = NIODeadline.now()
    /// The request that came last is here with its body.
    private var isRequestWhole = true
    /// The client wants it to be the last.
    private var isLastRequest = false
    private var isAnswerBegun = false
    private var isLastAnswer = false
    private var isDraining = false
    /// The last answer is written: nothing more is read or written.
    private var isOver = false
    /// It has left, too.
    private var isLingering = false
    private var isInputClosed = false
    private var watch: Scheduled<Void>?
    private var end: Scheduled<Void>?

    private var isIdle: Bool { pending.isEmpty && sendingCount == 0 }

    init(timeout: TimeAmount, bodyLimit: Int, onCut: @escaping () -> Void = {}) {
        (self.timeout, self.bodyLimit, self.onCut) = (timeout, bodyLimit, onCut)
    }

    func handlerRemoved(context: ChannelHandlerContext) { cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    private func cancel() {
        watch?.cancel()
        end?.cancel()
        (watch, end) = (nil, nil)
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            if isLastRequest { return }  // what comes after it is none
            isRequestWhole = false
            isLastRequest = head.headerFields.isLast
            if isIdle { since = .now() }
            pending.append(head.method == .head)
            watchRequest(context, after: timeout)
            if isBodyWelcome(head.headerFields) {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body: break
        case .end: isRequestWhole = true
        }
        context.fireChannelRead(data)
    }

    /// The client waits to be told that it may send the body, and nothing speaks against it.
    private func isBodyWelcome(_ fields: HTTPFields) -> Bool {
        guard fields[.expect]?.lowercased() == "100-continue", pending.count == 1, !isAnswerBegun else { return false }
        return fields[.contentLength].map { Int($0) ?? .max <= bodyLimit } ?? true
    }

    /// One task watches over all requests of a connection: it looks when the oldest that was under way would be late.
    private func watchRequest(_ context: ChannelHandlerContext, after time: TimeAmount) {
        guard watch == nil else { return }
        watch = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            watch = nil
            guard !isIdle else { return }
            let left = since + timeout - .now()
            if left > .zero { watchRequest(context, after: left) } else { cut(context) }
        }
    }

    private func cut(_ context: ChannelHandlerContext) {
        onCut()
        // The client is in the middle of an answer, or does not read.
        guard !isAnswerBegun, sendingCount == 0, let isHead = pending.first else { return context.close(promise: nil) }
        let failure =
            isRequestWhole || pending.count > 1
            ? HTTPFailure(.serviceUnavailable, "the request took too long")
            : HTTPFailure(.requestTimeout, "the body of the request did not come in time")
        var head = failure.response.head
        head.headerFields[.connection] = "close"
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isHead { context.write(wrapOutboundOut(.body(failure.body)), promise: nil) }
        isLastAnswer = true
        writeEnd(context, wrapOutboundOut(.end(nil)), nil)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isOver {  // an answer that comes after its request was cut
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            isAnswerBegun = true
            // The rest of a body that nobody wants could go on forever.
            if pending.count == 1, isDraining || isLastRequest || !isRequestWhole {
                head.headerFields[.connection] = "close"
            }
            isLastAnswer = head.headerFields.isLast
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            isAnswerBegun = false
            writeEnd(context, data, promise)
        }
    }

    private func writeEnd(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        if !pending.isEmpty { pending.removeFirst() }
        if sendingCount == 0 { since = .now() }
        sendingCount += 1
        isOver = isLastAnswer
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenSuccess { [self] in
            sendingCount -= 1
            since = .now()
            if isOver {
                if sendingCount == 0 { linger(context) }
            } else if isDraining, isIdle {
                endWhenIdle(context)
            }
        }
        sent.futureResult.cascade(to: promise)
        watchRequest(context, after: timeout)
        if isOver {
            context.writeAndFlush(data, promise: sent)
        } else {
            context.write(data, promise: sent)
        }
    }

    /// Closes for writing, and altogether when the client does or after a while.
    private func linger(_ context: ChannelHandlerContext) {
        cancel()
        isLingering = true
        if isInputClosed { return context.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        end = context.eventLoop.assumeIsolated().scheduleTask(in: ConnectionHandler.lingerTime) {
            context.close(promise: nil)
        }
    }

    // MARK: Draining

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            // Not passed on: the handler behind this one would close an idle connection at once.
            isDraining = true
            if isIdle { endWhenIdle(context) }
        case let event as ChannelEvent where event == .inputClosed:
            isInputClosed = true
            if isLingering { return context.close(promise: nil) }
            // Whoever is behind would close before the last answer has left.
            if !isOver { context.fireUserInboundEventTriggered(event) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func endWhenIdle(_ context: ChannelHandlerContext) {
        guard end == nil else { return }
        end = context.eventLoop.assumeIsolated().scheduleTask(in: ConnectionHandler.drainGrace) { [self] in
            end = nil
            if isIdle { context.close(promise: nil) }
        }
    }
}

@available(*, unavailable)
extension ConnectionHandler: Sendable {}

extension HTTPFields {
    /// Of a request or an answer: the connection ends after it.
    fileprivate var isLast: Bool {
        self[values: .connection].contains { value in
            value.split(separator: ",").contains { $0.filter { $0 != " " && $0 != "\t" }.lowercased() == "close" }
        }
    }
}
