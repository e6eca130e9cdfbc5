/// Writes the META object of one entry: the caller's members in the caller's order, then `"size"`.
///
/// `"size"` is always that of the original body, so a member of that name is dropped.
public struct MetaEncoder: ~Copyable {
    private var bytes: [UInt8]

    /// Takes the buffer and goes on after what it holds, until ``finish(size:returning:)`` gives it back.
    ///
    /// Swapped, never assigned: a second reference would copy the whole buffer for every entry.
    init(borrowing buffer: inout [UInt8]) {
        bytes = []
        swap(&bytes, &buffer)
        bytes.append(UInt8(ascii: "{"))
    }

    /// Adds a member.
    public mutating func set(_ key: String, _ value: JSON) {
        guard begin(key) else { return }
        value.encode(into: &bytes)
        bytes.append(UInt8(ascii: ","))
    }

    /// Adds a string.
    public mutating func set(_ key: String, _ value: String) {
        guard begin(key) else { return }
        JSON.encode(value, into: &bytes)
        bytes.append(UInt8(ascii: ","))
    }

    /// Adds members that were encoded before, each ended by a comma; none of them may be `"size"`.
    package mutating func set(encoded members: [UInt8]) { bytes += members }

    /// Adds `"mode"`: permission bits, as in `stat.st_mode & 07777`.
    package mutating func set(mode: Int) {
        bytes.append(#""mode":"#)
        bytes.append(decimal: mode)
        bytes.append(UInt8(ascii: ","))
    }

    /// Adds `"mtime"`, unless RFC 3339 has no form for it.
    package mutating func set(modified time: Timestamp) {
        guard time.isInYearRange else { return }
        bytes.append(#""mtime":""#)
        time.encode(into: &bytes)
        bytes.append(#"","#)
    }

    // Every member ends with a comma: "size" always follows.
    private mutating func begin(_ key: String) -> Bool {
        if key == "size" { return false }
        JSON.encode(key, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        return true
    }

    /// Ends the object and hands the buffer back.
    consuming func finish(size: Int, returning buffer: inout [UInt8]) {
        bytes.append(#""size":"#)
        bytes.append(decimal: size)
        bytes.append(UInt8(ascii: "}"))
        swap(&bytes, &buffer)
    }
}
