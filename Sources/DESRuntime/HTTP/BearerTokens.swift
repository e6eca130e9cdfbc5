internal import CDESCore
public import HTTPTypes

/// Who may come in. Only digests of the tokens are kept.
public struct BearerTokens: Sendable {
    private let digests: [[UInt8]]

    /// Any of `tokens` lets in.
    public init(_ tokens: [String]) { digests = tokens.map(BearerTokens.digest) }

    /// Whether a request with these headers may come in.
    ///
    /// Takes as long whichever token it is, and whatever part of it is right: digests of equal length are compared whole.
    public func admit(_ headers: HTTPFields) -> Bool {
        guard let field = headers[.authorization], field.utf8.count > 7, field.prefix(7).lowercased() == "bearer "
        else {
            return false
        }
        let given = BearerTokens.digest(String(field.dropFirst(7)))
        var isAdmitted = false
        for digest in digests {
            let difference = zip(digest, given).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) }
            isAdmitted = isAdmitted || difference == 0
        }
        return isAdmitted
    }

    private static func digest(_ token: String) -> [UInt8] {
        var token = token
        return token.withUTF8 { bytes in
            [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
                des_sha256(bytes.baseAddress, bytes.count, digest.baseAddress)
                count = 32
            }
        }
    }
}
