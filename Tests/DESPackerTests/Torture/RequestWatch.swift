import Synchronization
import TestServers

/// Sees every request of the packers to the store: none replaces or removes what is a container's.
final class RequestWatch: Sendable {
    private struct State: Sendable {
        var count = 0
        var faultCount = 0
        var violations: [String] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.count } }
    var faultCount: Int { state.withLock { $0.faultCount } }
    var violations: [String] { state.withLock { $0.violations } }

    /// From now on some requests are in trouble.
    func watch(_ proxy: FaultProxy, trouble: StoreTrouble?) {
        // A long run has more requests than need be remembered.
        proxy.reset()
        proxy.inject { [self] request in
            let fault = trouble?.fault(request)
            state.withLock { state in
                state.count += 1
                if fault != nil { state.faultCount += 1 }
                // Of the first of them the others are repetitions.
                if state.violations.isEmpty, let violation = RequestWatch.violation(request) {
                    state.violations = [violation]
                }
            }
            return fault
        }
    }

    /// What is wrong with a request; `nil` if nothing is.
    static func violation(_ request: FaultProxy.Request) -> String? {
        let words = request.path.split(separator: "?", maxSplits: 1)
        let (key, query) = (words.first ?? "", words.count > 1 ? words[1] : "")
        // What tries whether the store keeps its promises makes an object of its own for that.
        let isTrial = key.contains("/.des-probe-")
        switch request.method {
        case "DELETE":
            return isTrial || query.contains("uploadId=") ? nil : "DELETE \(request.path)"
        case "PUT", "POST":
            // The manifest says the same again; parts and the beginning of an upload are nothing yet.
            let isHarmless = key.contains("/manifests/") || query.contains("partNumber=") || query.contains("uploads")
            return isHarmless || isTrial || request.ifNoneMatch == "*"
                ? nil : "\(request.method) \(request.path) replaces"
        default:
            return nil
        }
    }
}
