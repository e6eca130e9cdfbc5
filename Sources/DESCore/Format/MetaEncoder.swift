/// Writes the META object of one entry: the caller's members in the caller's order, then `"size"`.
///
/// `"size"` is always that of the original body, so a member of that name is dropped.
public struct MetaEncoder {
    private var bytes: [UInt8]

    /// Goes on after what `bytes` holds.
    init(after bytes: consuming [UInt8]) {
        self.bytes = bytes
        self.bytes.append(UInt8(ascii: "{"))
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

    /// Adds a whole number.
    public mutating func set(_ key: String, _ value: Int) {
        guard begin(key) else { return }
        bytes += String(value).utf8
        bytes.append(UInt8(ascii: ","))
    }

    // Every member ends with a comma: "size" always follows.
    private mutating func begin(_ key: String) -> Bool {
        if key == "size" { return false }
        JSON.encode(key, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        return true
    }

    /// Ends the object and hands the buffer back.
    consuming func finish(size: Int) -> [UInt8] {
        JSON.encode("size", into: &bytes)
        bytes += ":\(size)}".utf8
        return bytes
    }
}
