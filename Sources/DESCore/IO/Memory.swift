internal import CDESCore

/// What a program says once, before it starts threads, about the memory of the process.
package enum Memory {
    /// From now on the parts of transfers go back to the system when they are freed.
    ///
    /// By default glibc keeps all of that size once the first one was freed, in a stock for each thread: an upload of
    /// 1 GiB in parts of 8 MiB then holds twice what it needs.
    package static func returnFreedParts() { des_return_freed_blocks(4 << 20) }
}
