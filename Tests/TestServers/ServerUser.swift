import Glibc

/// Somebody with no rights, for servers that refuse to run as root.
struct ServerUser: Sendable {
    let id: uid_t
    let group: gid_t

    /// Whom such a server runs as: `nil`, the user of the tests, unless that is root.
    static func forServer() throws -> ServerUser? {
        guard geteuid() == 0 else { return nil }
        guard let nobody = getpwnam("nobody") else { throw ServerError("there is no user nobody") }
        return ServerUser(id: nobody.pointee.pw_uid, group: nobody.pointee.pw_gid)
    }

    /// Of setpriv(1).
    var options: [String] { ["--reuid=\(id)", "--regid=\(group)", "--clear-groups"] }
}
