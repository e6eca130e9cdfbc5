/// What went wrong, where, and what was expected.
///
/// ``code`` is what a program acts on; ``description`` is for people and is not API.
public struct DESError: Error, Sendable, Equatable {
    /// What a caller can do about an error. New codes may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The stable lower-case word, as printed by `des --json`.
        public let description: String

        /// The caller asked for something impossible: a name that breaks the rules, a second entry of one name.
        public static let invalidArgument = Code(description: "invalid-argument")
        /// There is no such entry, container or file.
        public static let notFound = Code(description: "not-found")
        /// Something is already there, or somebody else holds it.
        public static let conflict = Code(description: "conflict")
        /// The bytes are not what the format or a checksum says they must be.
        public static let corrupt = Code(description: "corrupt")
        /// The container is sound but uses a feature that this version does not have.
        public static let unsupported = Code(description: "unsupported")
        /// The medium failed: an error of the file system or the network.
        public static let unavailable = Code(description: "unavailable")
        /// The object is not the one that was opened any more.
        public static let changed = Code(description: "changed")
        /// The credentials do not allow it, or there are none.
        public static let denied = Code(description: "denied")
    }

    /// The class of the error.
    public var code: Code
    /// One sentence: what was found and what was expected.
    public var message: String
    /// Byte offset in the container, where one byte or region is to blame.
    public var offset: Int?
    /// The file or object, once known.
    public var place: String?
    /// Whether the same request may well succeed if it is repeated.
    public var isTransient = false
    /// How long the server asked to wait before that.
    public var retryAfter: Duration?

    /// An error of `code`; `message` says what was found and what was expected.
    public init(_ code: Code, _ message: String, offset: Int? = nil, place: String? = nil) {
        self.code = code
        self.message = message
        self.offset = offset
        self.place = place
    }

    static func corrupt(_ message: String, at offset: Int? = nil) -> DESError {
        DESError(.corrupt, message, offset: offset)
    }

    /// The same error, placed in `place` unless it already has a place.
    public func at(_ place: String) -> DESError {
        var error = self
        error.place = error.place ?? place
        return error
    }
}

extension DESError: CustomStringConvertible {
    /// `place: message (at byte offset)`.
    public var description: String {
        (place.map { $0 + ": " } ?? "") + message + (offset.map { " (at byte \($0))" } ?? "")
    }
}
