@testable import DESCore

/// Two names, found by search, whose keys agree in their top 32 bits: what ROOT cannot tell apart.
enum TiedNames {
    static let pair = ["tie-8515", "tie-52651"]

    /// 65 entries of which the pair is the last of the first page and the only one of the second.
    static func entries() throws -> [TestEntry] {
        var entries = pair.map { TestEntry($0, Array($0.utf8)) }
        let key = try EntryName(pair[0]).key
        var number = 0
        while entries.count < 65 {
            if try EntryName("filler\(number)").key < key { entries.append(TestEntry("filler\(number)", [1])) }
            number += 1
        }
        return entries
    }
}
