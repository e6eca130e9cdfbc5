import DESCore
import Glibc

/// The version of a file: inode, size and the time of its last change (ctime, which no program can set).
///
/// The kernel stamps a change with a clock that ticks every few milliseconds, so two changes within one tick may look the
/// same. A version is therefore given out only after its tick is over: any later change then has a later time.
struct FileVersion: Equatable {
    var inode: UInt64
    var byteCount: Int
    var changed: Timestamp
    var modified: Timestamp

    init(_ status: stat) {
        inode = UInt64(status.st_ino)
        byteCount = Int(status.st_size)
        changed = Timestamp(seconds: status.st_ctim.tv_sec, nanoseconds: status.st_ctim.tv_nsec)
        modified = Timestamp(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }

    var etag: ETag {
        let parts = [inode, UInt64(byteCount), UInt64(bitPattern: Int64(changed.seconds)), UInt64(changed.nanoseconds)]
        return ETag(parts.map { String($0, radix: 16) }.joined(separator: "-"))
    }

    /// The version that `status` gives once its tick is over.
    /// - Throws: ``DESError/Code/changed`` for a file that changes all the time, which has no version.
    static func settled(
        place: String, _ status: () throws(DESError) -> stat
    ) throws(DESError) -> FileVersion {
        for _ in 0..<100 {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME_COARSE, &now)
            let version = FileVersion(try status())
            if (version.changed.seconds, version.changed.nanoseconds) < (now.tv_sec, now.tv_nsec) { return version }
            usleep(1_000)
        }
        var error = DESError(.changed, "is being written all the time, or in the future of this clock", place: place)
        error.isTransient = true
        throw error
    }
}
