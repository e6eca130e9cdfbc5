/// What all names of a deployment begin with: ASCII letters and digits, at least one.
public struct NamePrefix: Sendable, Hashable, CustomStringConvertible {
    /// As it stands in names.
    public let description: String

    /// Bytes of a prefix. Longer ones would make keys and index entries of nothing else.
    static let byteCountMax = 64

    /// `DES`
    public static let standard = NamePrefix(unchecked: "DES")

    /// A prefix.
    /// - Throws: ``DESError/Code/invalidArgument`` with the words of the earlier service.
    public init(_ text: String) throws(DESError) {
        guard !text.isEmpty else { throw DESError(.invalidArgument, "prefix must be non-empty") }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw DESError(.invalidArgument, "prefix must contain only ASCII characters")
        }
        guard text.utf8.allSatisfy({ $0.isLetterOrDigit }) else {
            throw DESError(.invalidArgument, "prefix may only use letters or digits")
        }
        guard text.utf8.count <= NamePrefix.byteCountMax else {
            throw DESError(.invalidArgument, "prefix must have at most \(NamePrefix.byteCountMax) characters")
        }
        description = text
    }

    init(unchecked text: String) { description = text }
}
