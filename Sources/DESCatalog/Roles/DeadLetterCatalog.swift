/// Rows that were given up.
public protocol DeadLetterCatalog: Sendable {
    /// The newest first, at most `limit`.
    func deadLetters(limit: Int) async throws -> [DeadLetter]
    /// Has these tried again, or all of them.
    /// - Returns: those that there were.
    func retryDeadLetters(_ ids: [Int]?) async throws -> [Int]
    /// Forgets these, or all of them: rows of the queue with them.
    /// - Returns: those that there were.
    func dropDeadLetters(_ ids: [Int]?) async throws -> [Int]
}

/// A row that was given up.
public struct DeadLetter: Sendable, Hashable {
    /// For ``DeadLetterCatalog/retryDeadLetters(_:)``.
    public let id: Int
    /// The host's table, or empty for the queue.
    public let origin: String
    /// Of the row there.
    public let rowID: String
    /// Where its bytes are, if that is known.
    public let source: String?
    /// `mark` or `pack`.
    public let stage: String
    /// Why.
    public let reason: String
    /// How often it was tried.
    public let attempts: Int
    /// Milliseconds since 1970.
    public let diedAt: Int
}
