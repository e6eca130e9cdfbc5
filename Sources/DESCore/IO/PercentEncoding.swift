extension UInt8 {
    /// RFC 3986: stands for itself everywhere in a URL.
    package var isUnreserved: Bool { isLetterOrDigit || "-._~".utf8.contains(self) }

    /// Of ASCII.
    package var isLetterOrDigit: Bool { isLowerOrDigit || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }

    /// Of ASCII.
    package var isLowerOrDigit: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}

extension String {
    /// Every byte that RFC 3986 does not leave unreserved as `%XX`, as S3 does for its signatures.
    /// - Parameter keepsSlash: `/` stays, as in the path of an object.
    package func percentEncoded(keepsSlash: Bool = false) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity(utf8.count)
        for byte in utf8 {
            if byte.isUnreserved || (keepsSlash && byte == UInt8(ascii: "/")) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

extension Sequence<UInt8> {
    /// Every `%XX` as the byte it stands for; `nil` for a `%` without two digits.
    package var percentDecoded: [UInt8]? {
        var bytes: [UInt8] = []
        var rest = Array(self)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
            guard digits.count == 2 else { return nil }
            bytes.append(UInt8(digits[0] << 4 | digits[1]))
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    /// The same as text; `nil` for NUL and what is not UTF-8, too.
    package var percentDecodedText: String? {
        guard let bytes = percentDecoded, !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// The path of `file:///path` or `file://localhost/path`, percent-encoded (RFC 8089); `nil` for anything else.
package func fileURLPath(_ text: String) -> String? {
    for prefix in ["file:///", "file://localhost/"] where text.utf8.starts(with: prefix.utf8) {
        return text.utf8.dropFirst(prefix.utf8.count - 1).percentDecodedText
    }
    return nil
}
