internal import Glibc

/// The name of an entry: 1 to 65,535 bytes of UTF-8, compared as unsigned bytes.
///
/// Swift compares strings by canonical equivalence; two forms of one visible name are two entries here.
public struct EntryName: Sendable {
    /// The name as text.
    public let string: String

    /// A name as found in a container: any UTF-8 of a legal length, `nil` otherwise.
    public init?(_ bytes: RawSpan) {
        guard (1...Limits.nameByteCountMax).contains(bytes.byteCount),
            let string = bytes.withUnsafeBytes({ String(validating: $0, as: UTF8.self) })
        else { return nil }
        self.string = string
    }

    /// A name to look up.
    /// - Throws: ``DESError/Code/invalidArgument`` if it has no byte or too many.
    public init(_ string: String) throws(DESError) {
        var string = string
        string.makeContiguousUTF8()
        guard (1...Limits.nameByteCountMax).contains(string.utf8.count) else {
            throw DESError(.invalidArgument, "a name has 1 to 65,535 bytes of UTF-8, this one has \(string.utf8.count)")
        }
        self.string = string
    }

    /// A name that is known to have a legal length.
    init(unchecked string: String) { self.string = string }

    /// Calls `body` with the UTF-8 bytes.
    @inline(__always)
    public func withBytes<R>(_ body: (RawSpan) throws -> R) rethrows -> R {
        var string = string
        return try string.withUTF8 { try body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer($0))) }
    }

    /// The sort key.
    public var key: EntryKey { withBytes { EntryKey($0) } }

    /// Why this name may not be written or extracted, `nil` if it may: a relative path of components separated by
    /// `/`, none empty, `.` or `..`, and no NUL.
    public var pathFault: String? { withBytes { EntryName.pathFault($0) } }

    static func pathFault(_ bytes: RawSpan) -> String? {
        let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
        return bytes.withUnsafeBytes { bytes in
            var length = 0  // of the component so far
            var dots = 0  // of its leading dots
            for position in 0...bytes.count {
                let byte = position < bytes.count ? bytes[position] : slash
                if byte == slash {
                    if length == 0 { return position == 0 ? "is an absolute path" : "has an empty component" }
                    if dots == length, dots <= 2 {
                        return dots == 1 ? "has a component \".\"" : "has a component \"..\""
                    }
                    (length, dots) = (0, 0)
                } else {
                    if byte == 0 { return "contains NUL" }
                    if byte == dot, dots == length { dots += 1 }
                    length += 1
                }
            }
            return nil
        }
    }
}

extension EntryName: Hashable, Comparable, CustomStringConvertible {
    /// Equal bytes.
    public static func == (a: EntryName, b: EntryName) -> Bool { a.withBytes { x in b.withBytes { x.equals($0) } } }

    /// Ascending as unsigned bytes.
    public static func < (a: EntryName, b: EntryName) -> Bool { a.string.utf8.lexicographicallyPrecedes(b.string.utf8) }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        withBytes { $0.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    /// The name as text.
    public var description: String { string }

    /// The name in quotes, safe to print: for messages.
    public var quoted: String {
        "\"" + string.replacingScalars { $0 == "\"" || $0 == "\\" ? "\\" + String($0) : nil }.escapingControlCharacters
            + "\""
    }
}

extension String {
    /// The text with control characters, and those that change the writing direction, as `\u{…}`: a file name cannot
    /// forge a message, steer the terminal or look like another one.
    package var escapingControlCharacters: String {
        guard unicodeScalars.contains(where: \.isHarmfulToPrint) else { return self }
        return replacingScalars { $0.isHarmfulToPrint ? "\\u{" + String($0.value, radix: 16) + "}" : nil }
    }

    fileprivate func replacingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
        unicodeScalars.reduce(into: "") { text, scalar in
            if let other = replacement(scalar) { text += other } else { text.unicodeScalars.append(scalar) }
        }
    }
}

extension Unicode.Scalar {
    /// Controls, line and paragraph separators, and the marks of the bidirectional algorithm.
    fileprivate var isHarmfulToPrint: Bool {
        switch value {
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: properties.generalCategory == .control
        }
    }
}
