internal import CDESCore

/// What a program says once, before it starts threads, about the memory of the process.
package enum Memory {
    /// From now on the parts of transfers, some MiB each, are used again, by whichever thread needs one next.
    ///
    /// By default glibc has a stock for each thread, so that an upload of 1 GiB holds twice what it needs, and gives much of
    /// it back in between, so that the kernel has to clear all pages of a download anew.
    package static func shareFreedParts() { des_keep_freed_blocks(128 << 20) }
}
