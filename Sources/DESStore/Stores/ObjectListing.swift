import DESCore

/// The objects of a prefix, ascending by key, page after page.
///
/// A store that gives a page again, or keys that do not ascend, is an error and not an endless sequence.
public struct ObjectListing: AsyncSequence, Sendable {
    let store: any ObjectStore
    let prefix: String

    /// Walks the objects.
    public struct Iterator: AsyncIteratorProtocol {
        private let listing: ObjectListing
        private var page: ArraySlice<ObjectInfo> = []
        private var token: String?
        private var isLast = false
        private var lastKey: String?
        /// Tokens of pages without an object, since the last object.
        private var emptyTokens: Set<String> = []

        init(_ listing: ObjectListing) { self.listing = listing }

        /// The next object.
        public mutating func next() async throws -> ObjectInfo? {
            while page.isEmpty, !isLast {
                try Task.checkCancellation()
                try take(await listing.store.list(listing.prefix, isFlat: true, after: token))
            }
            guard let info = page.popFirst() else { return nil }
            if let lastKey, !precedes(lastKey.utf8, info.key.utf8) {
                throw listing.disorder("lists \(info.key) after \(lastKey), keys must ascend")
            }
            lastKey = info.key
            return info
        }

        private mutating func take(_ answer: ListPage) throws(DESError) {
            page = answer.objects[...]
            (token, isLast) = (answer.next, answer.next == nil)
            if !page.isEmpty { emptyTokens = [] }
            if let token, !emptyTokens.insert(token).inserted {
                throw listing.disorder("lists a page a second time")
            }
        }
    }

    /// Begins with the first object.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    private func disorder(_ message: String) -> DESError {
        DESError(.unavailable, message, place: store.place(prefix))
    }
}

extension ObjectStore {
    /// The objects whose keys begin with `prefix`, ascending by key.
    public func objects(withPrefix prefix: String = "") -> ObjectListing { ObjectListing(store: self, prefix: prefix) }
}
