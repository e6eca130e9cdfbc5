public import DESCore

/// What requests are signed with. The secret and the token are in no description of it.
public struct Credentials: Sendable, Hashable {
    /// Names the key; it goes over the wire and is no secret.
    public var accessKeyID: String
    /// The key itself.
    var secret: Secret
    /// Goes along with temporary credentials.
    var sessionToken: Secret?
    /// From when on the store refuses them; `nil` if that is not known or never.
    public var expiry: Timestamp?

    /// Credentials from their parts.
    public init(accessKeyID: String, secret: String, sessionToken: String? = nil, expiry: Timestamp? = nil) {
        self.accessKeyID = accessKeyID
        self.secret = Secret(secret)
        self.sessionToken = sessionToken.map(Secret.init)
        self.expiry = expiry
    }

    /// No credentials: requests go out unsigned, as public buckets allow.
    public static let anonymous = Credentials(accessKeyID: "", secret: "")

    /// Requests go out unsigned.
    public var isAnonymous: Bool { accessKeyID.isEmpty }

    /// Whether the store refuses them at that moment. The fraction of the last second counts as over.
    func isExpired(at now: Timestamp) -> Bool { expiry.map { now.seconds >= $0.seconds } ?? false }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The access key id and the expiry.
    public var description: String {
        isAnonymous ? "anonymous" : accessKeyID + (expiry?.text.map { ", expires " + $0 } ?? "")
    }

    /// The same.
    public var debugDescription: String { description }

    /// The same.
    public var customMirror: Mirror {
        Mirror(self, children: ["accessKeyID": accessKeyID, "expiry": expiry as Any], displayStyle: .struct)
    }
}

extension JSON {
    /// What a service or a program answered with.
    init(parsingAnswer bytes: [UInt8], place: String) throws(DESError) {
        do throws(DESError) { self = try JSON(parsing: bytes.span.bytes) } catch { throw error.at(place) }
    }
}

extension Credentials {
    /// The object that `credential_process`, container endpoints and the instance metadata service answer with.
    /// - Parameter tokenKey: what the session token is called there.
    /// - Parameter place: what messages call the source.
    init(_ json: JSON, tokenKey: String, place: String) throws(DESError) {
        func text(_ key: String) throws(DESError) -> String? {
            switch json[key] {
            case nil, .null: return nil
            case .string(let text): return try text.checkedForHeader(key, place: place)
            default: throw DESError(.invalidArgument, "\"\(key)\" is no string", place: place)
            }
        }
        func required(_ key: String) throws(DESError) -> String {
            guard let text = try text(key) else {
                throw DESError(.invalidArgument, "expected a JSON object with \"\(key)\"", place: place)
            }
            return text
        }
        self.init(
            accessKeyID: try required("AccessKeyId"), secret: try required("SecretAccessKey"),
            sessionToken: try text(tokenKey),
            expiry: try text("Expiration").map { text throws(DESError) in
                try Timestamp(checking: text, "\"Expiration\"", place: place)
            })
    }
}

extension Timestamp {
    /// The moment `text` states.
    init(checking text: String, _ name: String, place: String) throws(DESError) {
        guard let moment = Timestamp(text) else {
            throw DESError(
                .invalidArgument, "\(name): expected a time in UTC such as 2026-01-31T09:05:00Z", place: place)
        }
        self = moment
    }
}

extension String {
    /// Without the blanks and line ends around it, if the rest can stand in a header: printable ASCII without blanks.
    /// A line break in a token would end the header and begin another.
    func checkedForHeader(_ name: String, place: String? = nil) throws(DESError) -> String {
        let text = Array(utf8).trimmed
        guard !text.isEmpty, text.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw DESError(.invalidArgument, "\(name): expected printable ASCII without blanks", place: place)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension RandomAccessCollection<UInt8> {
    /// Without blanks, tabs and line ends at both ends.
    var trimmed: SubSequence {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = firstIndex(where: { !isBlank($0) }) else { return self[startIndex..<startIndex] }
        var end = endIndex
        while isBlank(self[index(before: end)]) { end = index(before: end) }
        return self[first..<end]
    }
}
