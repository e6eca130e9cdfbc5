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
///   dropped for a while: closing at once would reset it, and the client might never see the answer.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    static let drainGrace = TimeAmount.seconds(1)
    static let lingerTime = TimeAmount.seconds(2)

    private let timeout: TimeAmount
    /// Requests whose head came and whose answer is not written: more than one if the client does not wait for answers.
    private var pendingCount = 0
    /// When the oldest of them became the oldest.
    private var since = NIODeadline.now()
    /// The request that came last is here with its body.
    private var isRequestWhole = true
    /// The client wants it to be the last.
    private var isLastRequest = false
    private var isAnswerBegun = false
    private var isLastAnswer = false
    private var isDraining = false
    /// The last answer is written.
    private var isLingering = false
    private var watch: Scheduled<Void>?
    private var end: Scheduled<Void>?

    init(timeout: TimeAmount) { self.timeout = timeout }

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
        if isLingering { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            isRequestWhole = false
            isLastRequest = head.headerFields[.connection]?.lowercased() == "close"
            pendingCount += 1
            if pendingCount == 1 {
                since = .now()
                watchRequest(context, after: timeout)
            }
        case .body: break
        case .end: isRequestWhole = true
        }
        context.fireChannelRead(data)
    }

    /// One task watches over all requests of a connection: it looks when the oldest that was under way would be late.
    private func watchRequest(_ context: ChannelHandlerContext, after time: TimeAmount) {
        guard watch == nil else { return }
        watch = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            watch = nil
            guard pendingCount > 0, !isLingering else { return }
            let left = since + timeout - .now()
            if left > .zero { watchRequest(context, after: left) } else { cut(context) }
        }
    }

    private func cut(_ context: ChannelHandlerContext) {
        guard !isAnswerBegun else { return context.close(promise: nil) }
        let failure =
            isRequestWhole || pendingCount > 1
            ? HTTPFailure(.serviceUnavailable, "the request took too long")
            : HTTPFailure(.requestTimeout, "the body of the request did not come in time")
        var head = failure.response.head
        head.headerFields[.connection] = "close"
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(failure.body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isLingering {  // an answer that comes after its request was cut
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            isAnswerBegun = true
            if isDraining || isLastRequest, pendingCount == 1 { head.headerFields[.connection] = "close" }
            isLastAnswer = head.headerFields[.connection]?.lowercased() == "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            isAnswerBegun = false
            pendingCount -= 1
            since = .now()
            if isLastAnswer {
                context.writeAndFlush(data, promise: promise)
                linger(context)
            } else {
                context.write(data, promise: promise)
                if isDraining, pendingCount == 0 { endWhenIdle(context) }
            }
        }
    }

    /// Closes for writing, and altogether when the client does or after a while.
    private func linger(_ context: ChannelHandlerContext) {
        cancel()
        isLingering = true
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
            if pendingCount == 0 { endWhenIdle(context) }
        case let event as ChannelEvent where event == .inputClosed && isLingering:
            context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func endWhenIdle(_ context: ChannelHandlerContext) {
        guard end == nil else { return }
        end = context.eventLoop.assumeIsolated().scheduleTask(in: ConnectionHandler.drainGrace) { [self] in
            end = nil
            if pendingCount == 0 { context.close(promise: nil) }
        }
    }
}

@available(*, unavailable)
extension ConnectionHandler: Sendable {}
