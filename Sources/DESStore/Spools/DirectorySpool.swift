public import DESCore

/// A spool in the directory itself: the file is given its name, and nothing is copied.
final class DirectorySpool: ObjectSpool {
    private let store: DirectoryStore
    private let key: String
    private let temporary: TemporaryFile
    private let state = Monitor((byteCount: 0, writeback: Writeback(), isWhole: false))

    init(_ store: DirectoryStore, key: String, _ temporary: consuming TemporaryFile) {
        (self.store, self.key) = (store, key)
        self.temporary = temporary
    }

    let publishByteCountMax = 0

    func write(_ bytes: RawSpan) throws {
        try temporary.file.write(bytes)
        state.withLock { state in
            state.byteCount += bytes.byteCount
            state.writeback.advance(temporary.file, to: state.byteCount)
        }
    }

    /// The file goes with this.
    func abandon() {}

    func commit(tail: [UInt8], byteCount: Int) throws {
        try temporary.file.check(tail: tail, byteCount: byteCount)
        state.withLock { $0.isWhole = true }
    }

    func publish() async throws {
        guard state.withLock({ $0.isWhole }) else {
            throw DESError(.unavailable, "the container is not whole", place: store.place(key))
        }
        try await BlockingPool.shared.run { [self] in _ = try store.commit(temporary, key, .create) }
    }
}

extension DirectoryStore {
    /// Begins a container that will be the object at `key`.
    public func spool(_ key: String) throws(DESError) -> any ObjectSpool {
        try check(key: key)
        return DirectorySpool(self, key: key, try openWorkspace().makeFile())
    }
}
