/// Text that no description, error, `dump` or debugger summary shows.
struct Secret: Sendable, Hashable {
    /// The text itself: for a signature or a header, and for nothing else.
    let value: String

    init(_ value: String) { self.value = value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "<secret>" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
