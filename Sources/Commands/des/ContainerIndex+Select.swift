import DESCore

extension ContainerIndex {
    /// The positions that `patterns` select, in DATA order.
    /// - Throws: ``DESError/Code/notFound`` that lists the patterns which select nothing.
    func select(_ patterns: [NamePattern], archive: String) throws(DESError) -> [Int] {
        if patterns.isEmpty { return inDataOrder() }
        var isUsed = [Bool](repeating: false, count: patterns.count)
        let selected = inDataOrder().filter { position in
            let name = self[position].name
            var isSelected = false
            for (number, pattern) in patterns.enumerated() where pattern.matches(name) {
                isUsed[number] = true
                isSelected = true
            }
            return isSelected
        }
        let unused = zip(patterns, isUsed).filter { !$1 }.map(\.0.text)
        guard unused.isEmpty else {
            throw DESError(.notFound, "nothing there is named " + unused.joined(separator: ", "), place: archive)
        }
        return selected
    }
}
