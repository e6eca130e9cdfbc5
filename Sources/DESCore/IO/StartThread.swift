internal import Glibc

/// Starts a thread of our own, that ends with `body`.
/// - Throws: ``DESError/Code/unavailable`` if the system has none to give.
package func startThread(_ body: @escaping @Sendable () -> Void) throws {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    let status = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
    guard status == 0 else {
        box.release()
        throw DESError(.unavailable, "no thread can be started: \(DESError.reason(status))")
    }
    pthread_detach(thread)
}
