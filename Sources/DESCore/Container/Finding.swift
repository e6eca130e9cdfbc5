/// Something a verifier found wrong.
public struct Finding: Sendable, Hashable, CustomStringConvertible {
    /// Byte offset in the container of what is wrong.
    public var offset: Int
    /// What was found and what was expected.
    public var message: String

    /// `byte OFFSET: MESSAGE`.
    public var description: String { "byte \(offset): \(message)" }
}
