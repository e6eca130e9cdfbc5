extension UInt8 {
    /// RFC 3986: stands for itself everywhere in a URL.
    var isUnreserved: Bool { isLetterOrDigit || "-._~".utf8.contains(self) }

    /// Of ASCII.
    var isLetterOrDigit: Bool { isLowerOrDigit || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }

    /// Of ASCII.
    var isLowerOrDigit: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}

extension String {
    /// Every byte that RFC 3986 does not leave unreserved as `%XX`, as S3 does for its signatures.
    /// - Parameter keepsSlash: `/` stays, as in the path of an object.
    func percentEncoded(keepsSlash: Bool = false) -> String {
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
