internal import NIOCore

/// Lets a listening socket run dry before it is closed.
///
/// The kernel accepts connections before a server does, and resets those that still wait when the server closes the socket;
/// their clients may have sent requests by then. And NIO closes what it accepted but has not set up yet.
enum ListenerEnd {
    /// What the server takes to accept and set up what waits.
    static let settlingTime = Duration.milliseconds(200)

    /// Of Linux.
    private struct Program {
        let count: UInt16 = 1
        /// Their address.
        let instructions: UInt
    }

    private static let attachFilter = NIOBSDSocket.Option(rawValue: 26)  // SO_ATTACH_FILTER
    /// "Return 0", as the kernel's packet filter has it: no byte of a packet is let through.
    private static let dropAll = UInt64(6).littleEndian

    /// Lets no further connection begin, and returns when those that have are the server's.
    ///
    /// A client that comes now hears nothing, tries again after a second, and is refused then.
    static func settle(_ channel: any Channel) async {
        guard let socket = channel as? any SocketOptionProvider else { return }
        try? await refuseAll(socket).get()
        try? await Task.sleep(for: settlingTime)
    }

    private static func refuseAll(_ socket: any SocketOptionProvider) -> EventLoopFuture<Void> {
        let instruction = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
        instruction.initialize(to: dropAll)
        let address = UInt(bitPattern: instruction)
        return socket.unsafeSetSocketOption(
            level: .socket, name: attachFilter, value: Program(instructions: address)
        ).always { _ in UnsafeMutablePointer<UInt64>(bitPattern: address)?.deallocate() }  // the kernel has a copy
    }
}
