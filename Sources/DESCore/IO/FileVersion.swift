package import Glibc

/// Which file it is, whatever its path.
package struct FileIdentity: Hashable, Sendable {
    private let device: dev_t
    package let inode: ino_t

    package init(_ status: stat) { (device, inode) = (status.st_dev, status.st_ino) }
}

/// A file as nobody has written to it since: which one it is, its size and the time of its last change (ctime, which no
/// program can set).
///
/// The kernel stamps a change with a clock that ticks every few milliseconds, so two changes within one tick may look the
/// same.
package struct FileVersion: Hashable, Sendable {
    package let file: FileIdentity
    package let byteCount: Int
    package let changed: Timestamp
    package let modified: Timestamp

    package init(_ status: stat) {
        file = FileIdentity(status)
        byteCount = status.st_size
        changed = Timestamp(seconds: status.st_ctim.tv_sec, nanoseconds: status.st_ctim.tv_nsec)
        modified = Timestamp(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }
}
