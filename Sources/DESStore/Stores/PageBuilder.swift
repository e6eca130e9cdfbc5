/// Makes one page of a listing from keys in ascending order: which of them are wanted, as what, and where to go on.
///
/// A page's token is the last key or common prefix on it. Pure: what walks the keys asks and obeys.
struct PageBuilder {
    /// What a key is on a page.
    enum Unit: Equatable {
        case object
        /// One of the keys below a common prefix.
        case prefix([UInt8])
    }

    /// What to do with the keys that begin with some bytes up to a `/`.
    enum Descent: Equatable {
        case skip
        case enter
        /// All of them are one common prefix, if there are any.
        case prefix
    }

    private let prefix: [UInt8]
    private let isFlat: Bool
    private let after: [UInt8]?
    private let countMax: Int
    private var last: [UInt8] = []
    /// What is on the page so far, and the token of the next once this one is full.
    private(set) var page = ListPage(objects: [])

    init(prefix: String, isFlat: Bool, after token: String?, countMax: Int) {
        (self.prefix, self.isFlat, self.countMax) = (Array(prefix.utf8), isFlat, countMax)
        after = token.map { Array($0.utf8) }
    }

    /// What `key` is on this page; `nil` if it is not on it.
    func unit(of key: [UInt8]) -> Unit? {
        guard key.starts(with: prefix) else { return nil }
        if !isFlat, let slash = key[prefix.count...].firstIndex(of: UInt8(ascii: "/")) {
            let common = Array(key[...slash])
            return isBehind(common) ? .prefix(common) : nil
        }
        return isBehind(key) ? .object : nil
    }

    /// What to do with the keys that begin with `directory`, which ends with a `/`.
    func descent(into directory: [UInt8]) -> Descent {
        if prefix.starts(with: directory) { return .enter }
        guard directory.starts(with: prefix) else { return .skip }
        if !isFlat { return isBehind(directory) ? .prefix : .skip }
        guard let after, !after.starts(with: directory) else { return .enter }
        return precedes(directory, after) ? .skip : .enter
    }

    /// Adds an object; `false` if the page was full before it, and is done.
    mutating func add(_ info: ObjectInfo) -> Bool {
        guard hasRoom() else { return false }
        page.objects.append(info)
        last = Array(info.key.utf8)
        return true
    }

    /// Adds a common prefix, which may be the one before; `false` if the page was full before it, and is done.
    mutating func add(prefix common: [UInt8]) -> Bool {
        if common == last { return true }
        guard hasRoom() else { return false }
        page.prefixes.append(String(decoding: common, as: UTF8.self))
        last = common
        return true
    }

    private mutating func hasRoom() -> Bool {
        if page.objects.count + page.prefixes.count < countMax { return true }
        page.next = String(decoding: last, as: UTF8.self)
        return false
    }

    private func isBehind(_ bytes: [UInt8]) -> Bool { after.map { precedes($0, bytes) } ?? true }
}
