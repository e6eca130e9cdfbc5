/// The META object of an entry, as read: the members we know by name, and all of them as JSON.
public struct Metadata: Sendable, Hashable {
    /// What kind of file the entry stands for.
    public enum Kind: String, Sendable {
        /// A file; the body is its content. Also when META has no `"type"`.
        case file
        /// A symbolic link; the body is its target.
        case symlink
        /// An empty directory; the body is empty.
        case directory
    }

    /// The whole object.
    public var json: JSON

    init(json: JSON) { self.json = json }

    /// Decodes META.
    /// - Throws: ``DESError/Code/invalidArgument`` if it is not a JSON object.
    public init(_ bytes: RawSpan) throws(DESError) {
        json = try JSON(parsing: bytes)
        guard case .object = json else { throw DESError(.invalidArgument, "not a JSON object", offset: 0) }
    }

    /// Byte count of the original body.
    public var size: Int? { json["size"]?.integerValue }
    /// Permission bits, as in `stat.st_mode & 07777`.
    public var mode: Int? { json["mode"]?.integerValue }
    /// Time of the last change of the content.
    public var modified: Timestamp? { json["mtime"]?.stringValue.flatMap(Timestamp.init) }
    /// Media type.
    public var mime: String? { json["mime"]?.stringValue }
    /// What the entry stands for; `nil` for a `"type"` that this version does not know.
    public var kind: Kind? {
        guard let type = json["type"] else { return .file }
        return type.stringValue.flatMap(Kind.init)
    }
}
