/// Exit statuses of every program, in one place. `64` (usage) comes from the argument parser.
package enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    case partial = 3
    case notFound = 10
    case corrupt = 11
    case unavailable = 12
    case conflict = 13
    /// As `EX_CONFIG` of sysexits.h.
    case configuration = 78

    /// For `--help`.
    package static let table = """
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

    /// For `--help` of what works on a catalog.
    package static let tableOfCatalog = """
          0  done
          1  failed
          3  partly done: some lines of the input were reported and left out
         10  not found
         12  a database, file system or device failed: again may help
         64  wrong usage
         78  wrong configuration, or the database is not as it has to be: `des migrate`
        130  interrupted (143: terminated)
        """

    /// For `--help` of what finds damage.
    package static let tableOfDoctor = """
          0  nothing is wrong, or all of it was done
          1  failed
          3  found what can be mended or may stay; or some of it was left out
         10  the store does not say whose it is
         11  something is lost or damaged
         12  something could not be found out or done: again may help
         13  the store is another deployment's; the plan is, or it was edited or is too old
         64  wrong usage
         78  wrong configuration, or the database is not as it has to be: `des migrate`
        130  interrupted (143: terminated)
        """

    /// For `--help` of what changes a catalog and its store.
    package static let tableOfRepairs = """
          0  done
          1  failed
          3  partly done: some of it was reported and left out
         10  the store does not say whose it is
         12  something could not be found out or done: again may help
         13  the store is another deployment's; the plan is, or it was edited or is too old; the catalog is in use
         64  wrong usage
         78  wrong configuration, or the database is not as it has to be: `des migrate`
        130  interrupted (143: terminated)
        """

    /// For `--help` of services.
    package static let tableOfServices = """
          0  ended by SIGTERM or SIGINT; requests that take longer than service.drain-timeout were cut
          1  failed
         12  a file system or device failed
         13  somebody else has the port, or took a node id away
         64  wrong usage
         78  wrong configuration
        130  a second SIGINT (143: SIGTERM)
        """

    /// The worse of two, for work on several things: what is lost outweighs what could not be reached, and that what was
    /// only asked wrongly.
    package func worse(_ other: ExitStatus) -> ExitStatus {
        let order: [ExitStatus] = [
            .done, .failed, .notFound, .conflict, .partial, .unavailable, .corrupt, .configuration,
        ]
        return (order.firstIndex(of: self) ?? 0) >= (order.firstIndex(of: other) ?? 0) ? self : other
    }

    /// The status for an error that ended the work.
    package init(_ error: DESError) {
        switch error.code {
        case .notFound: self = .notFound
        case .corrupt: self = .corrupt
        case .unavailable: self = .unavailable
        case .conflict: self = .conflict
        default: self = .failed
        }
    }
}
