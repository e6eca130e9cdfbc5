import DESCore

/// What a name on the command line selects: a name, everything below a directory, or a glob.
///
/// * Without `*`, `?`, `[`: the entry of that name, and the entries below it as a directory.
/// * A glob without `/` is matched against every component: `*.txt` selects text files at any depth.
/// * A glob with `/` is matched from the start; `*` and `?` stay within a component, `**` crosses them. What it matches
///   as a directory is selected with everything below.
///
/// `[abc]`, `[a-z]` and `[!a-z]` match one character, `\` takes the next one literally.
struct NamePattern {
    let text: String
    private let components: [[Character]]
    private let isLiteral: Bool

    init(_ text: String) {
        self.text = text
        var trimmed = text[...]
        while trimmed.hasSuffix("/") { trimmed.removeLast() }
        components = trimmed.split(separator: "/", omittingEmptySubsequences: false).map(Array.init)
        isLiteral = !text.contains { "*?[".contains($0) }
    }

    func matches(_ name: EntryName) -> Bool {
        // Bytes decide for a name; a glob speaks of characters.
        let bytes = name.string.utf8
        if bytes.elementsEqual(text.utf8) { return true }
        if isLiteral {
            let directory = (text.hasSuffix("/") ? text : text + "/").utf8
            return bytes.starts(with: directory)
        }
        let parts = name.string.split(separator: "/", omittingEmptySubsequences: false).map(Array.init)
        if components.count == 1 { return parts.contains { NamePattern.matches($0[...], components[0][...]) } }
        return matches(parts[...], components[...])
    }

    /// Matches leading components of a name; what is left over lies below the directory that matched.
    private func matches(_ parts: ArraySlice<[Character]>, _ patterns: ArraySlice<[Character]>) -> Bool {
        guard let pattern = patterns.first else { return true }
        if pattern == ["*", "*"] {
            let rest = patterns.dropFirst()
            if rest.isEmpty { return !parts.isEmpty }
            return (0...parts.count).contains { matches(parts.dropFirst($0), rest) }
        }
        guard let part = parts.first, NamePattern.matches(part[...], pattern[...]) else { return false }
        return matches(parts.dropFirst(), patterns.dropFirst())
    }

    /// Matches one component. Linear: a failed match goes back to the last `*` only.
    private static func matches(_ text: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
        var (text, pattern) = (text, pattern)
        var retry: (text: ArraySlice<Character>, pattern: ArraySlice<Character>)?
        while true {
            if pattern.first == "*" {
                pattern = pattern.dropFirst()
                retry = (text, pattern)
            } else if let first = text.first, let rest = matchOne(first, pattern) {
                (text, pattern) = (text.dropFirst(), rest)
            } else if text.isEmpty && pattern.isEmpty {
                return true
            } else if let back = retry, !back.text.isEmpty {
                text = back.text.dropFirst()
                pattern = back.pattern
                retry = (text, pattern)
            } else {
                return false
            }
        }
    }

    /// Matches one character; the rest of the pattern if it fits.
    private static func matchOne(_ character: Character, _ pattern: ArraySlice<Character>) -> ArraySlice<Character>? {
        guard let first = pattern.first else { return nil }
        let rest = pattern.dropFirst()
        switch first {
        case "?": return rest
        case "\\": return rest.first == character ? rest.dropFirst() : nil
        case "[":
            guard let close = rest.dropFirst().firstIndex(of: "]") else { return character == "[" ? rest : nil }
            let isInverted = rest.first == "!" || rest.first == "^"
            var set = rest[(isInverted ? rest.startIndex + 1 : rest.startIndex)..<close]
            var isIn = false
            while let low = set.popFirst() {
                if set.count >= 2, set.first == "-" {
                    let high = set[set.startIndex + 1]
                    set = set.dropFirst(2)
                    isIn = isIn || low <= character && character <= high
                } else {
                    isIn = isIn || low == character
                }
            }
            return isIn != isInverted ? rest[(close + 1)...] : nil
        default: return first == character ? rest : nil
        }
    }
}

extension [NamePattern] {
    /// Whether any of them selects `name`; an empty list selects everything.
    func select(_ name: EntryName) -> Bool { isEmpty || contains { $0.matches(name) } }
}
