import Glibc

/// One connection of a client to a ``PostgresProxy``, served by one thread: what passes in both directions has one order.
struct PostgresConnection {
    /// What one side sends to the other.
    private struct Flow {
        let sender: PostgresFraming.Sender
        let source: Int32
        let sink: Int32
        /// The beginning of a message.
        var incoming: [UInt8] = []
        /// Whole messages, which count as passed.
        var outgoing: [UInt8] = []
    }

    private let proxy: PostgresProxy
    private var flows: [Flow]
    private var framing = PostgresFraming()
    /// Nothing more is read; what is on its way arrives.
    private var isEnding = false
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(client: Int32, server: Int32, _ proxy: PostgresProxy) {
        self.proxy = proxy
        flows = [
            Flow(sender: .client, source: client, sink: server), Flow(sender: .server, source: server, sink: client),
        ]
    }

    /// Returns when the connection is to be closed.
    mutating func serve() {
        while !isEnding || flows.contains(where: { !$0.outgoing.isEmpty }) {
            // A negative descriptor is not looked at: one that has ended would wake the thread again and again.
            var polled = flows.flatMap { flow in
                let isSending = !flow.outgoing.isEmpty
                return [
                    pollfd(fd: isSending || isEnding ? -1 : flow.source, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: isSending ? flow.sink : -1, events: Int16(POLLOUT), revents: 0),
                ]
            }
            guard poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR else { return }
            for index in flows.indices {
                if polled[2 * index].revents != 0, !isEnding { receive(index) }
                if !flows[index].outgoing.isEmpty { send(index) }
            }
        }
    }

    /// Takes what there is of a flow, and counts what it completes.
    private mutating func receive(_ index: Int) {
        let count = recv(flows[index].source, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        guard count > 0 else {
            flows[index].outgoing += flows[index].incoming
            flows[index].incoming = []
            isEnding = true
            return
        }
        flows[index].incoming += buffer[..<count]
        let (sender, bytes) = (flows[index].sender, flows[index].incoming)
        var end = 0
        do {
            while !isEnding, let length = try framing.nextLength(from: sender, in: bytes, at: end) {
                end += length
                isEnding = proxy.count()
            }
        } catch {
            isEnding = true
        }
        flows[index].outgoing += bytes[..<end]
        flows[index].incoming = Array(bytes[end...])
    }

    private mutating func send(_ index: Int) {
        let sink = flows[index].sink
        let count = flows[index].outgoing.withUnsafeBytes {
            // Without SIGPIPE.
            Glibc.send(sink, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        if count < 0 {
            // Nobody takes it any more.
            flows[index].outgoing = []
            isEnding = true
        } else {
            flows[index].outgoing.removeFirst(count)
        }
    }
}
