/// Node ids as they are written in settings and flags: `7`, or `0-15`.
public enum NodeRange {
    /// Completes "expected ".
    public static let expected = "a node id such as 7, or a range of them such as 0-15, within 0 to 255"
    /// Why there is no id that is taken unless another is given.
    public static let reasonForNoDefault =
        "there is no default, because two processes with one node id would hand out the same names"

    /// The ids that `text` says; `nil` for anything else.
    public static func parse(_ text: String) -> ClosedRange<UInt8>? {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let ends = parts.map { part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt8(part) : nil }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else { return nil }
        return first...last
    }
}
