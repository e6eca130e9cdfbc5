import DESCore
import Glibc

extension FileVersion {
    /// Without the device: a directory that is mounted again may have another one.
    var etag: ETag {
        let parts = [
            UInt64(file.inode), UInt64(byteCount), UInt64(bitPattern: Int64(changed.seconds)),
            UInt64(changed.nanoseconds),
        ]
        return ETag(parts.map { String($0, radix: 16) }.joined(separator: "-"))
    }

    /// The version that `status` gives once its tick is over: any later change then has a later time. No other version is
    /// given out.
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
