import DESCore

/// Exit statuses, in one place. `64` (usage) comes from the argument parser.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case partial = 3
    case notFound = 10
    case corrupt = 11
    case unavailable = 12
    case conflict = 13

    static let table = """
          0  done
          1  failed
          3  partly done: some inputs were reported and left out
         10  not found
         11  corrupt
         12  a file system or device failed
         13  something is already there, or held by another process
         64  wrong usage
        130  interrupted (143: terminated)
        """

    /// The worse of two, for work on several things: what is lost outweighs what could not be reached, and that what was
    /// only asked wrongly.
    func worse(_ other: ExitStatus) -> ExitStatus {
        let order: [ExitStatus] = [.done, .failed, .notFound, .conflict, .partial, .unavailable, .corrupt]
        return (order.firstIndex(of: self) ?? 0) >= (order.firstIndex(of: other) ?? 0) ? self : other
    }

    /// The status for an error that ended the work.
    init(_ error: DESError) {
        switch error.code {
        case .notFound: self = .notFound
        case .corrupt: self = .corrupt
        case .unavailable: self = .unavailable
        case .conflict: self = .conflict
        default: self = .failed
        }
    }
}
