internal import Glibc

/// How many files a process may have open.
package enum DescriptorLimit {
    /// As many as the system allows: the usual limit is one for programs that use select(2).
    package static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
