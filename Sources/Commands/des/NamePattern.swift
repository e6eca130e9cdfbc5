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
    /// The text without slashes at its end.
    private let path: String
    /// The components of a glob, `nil` for a plain name. Unicode scalars, as `/` is one whatever follows it.
    private let globs: [[Unicode.Scalar]]?

    init(_ text: String) {
        self.text = text
        var scalars = text.unicodeScalars[...]
        while scalars.last == "/" { scalars.removeLast() }
        path = String(scalars)
        let isGlob = scalars.contains { "*?[".unicodeScalars.contains($0) }
        globs = isGlob ? NamePattern.components(path) : nil
    }

    private static func components(_ path: String) -> [[Unicode.Scalar]] {
        path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map(Array.init)
    }

    func matches(_ name: EntryName) -> Bool {
        // A name that holds glob characters is selected by itself too. Bytes decide for names.
        let bytes = name.string.utf8
        if bytes.elementsEqual(path.utf8) || bytes.starts(with: (path + "/").utf8) { return true }
        guard let globs else { return false }
        let parts = NamePattern.components(name.string)
        if globs.count == 1 { return parts.contains { NamePattern.matches($0[...], globs[0][...]) } }
        return NamePattern.matches(parts, globs)
    }

    /// Matches leading components of a name; what is left over lies below the directory that matched.
    ///
    /// Follows all ways through the pattern at once, so that many `**` cost no more than one.
    private static func matches(_ parts: [[Unicode.Scalar]], _ globs: [[Unicode.Scalar]]) -> Bool {
        let anyDepth: [Unicode.Scalar] = ["*", "*"]
        var places: Set<Int> = [0]  // globs matched so far, on each way
        for part in parts {
            // `**` may stand for no component at all, except at the end.
            for place in places.sorted() {
                var next = place
                while next + 1 < globs.count, globs[next] == anyDepth {
                    next += 1
                    places.insert(next)
                }
            }
            var after: Set<Int> = []
            for place in places {
                if globs[place] == anyDepth {
                    if place + 1 == globs.count { return true }
                    after.insert(place)
                } else if matches(part[...], globs[place][...]) {
                    if place + 1 == globs.count { return true }
                    after.insert(place + 1)
                }
            }
            places = after
        }
        return false
    }

    /// Matches one component. Linear: a failed match goes back to the last `*` only.
    private static func matches(_ text: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        var (text, pattern) = (text, pattern)
        var retry: (text: ArraySlice<Unicode.Scalar>, pattern: ArraySlice<Unicode.Scalar>)?
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
    private static func matchOne(_ character: Unicode.Scalar, _ pattern: ArraySlice<Unicode.Scalar>) -> ArraySlice<
        Unicode.Scalar
    >? {
        guard let first = pattern.first else { return nil }
        let rest = pattern.dropFirst()
        switch first {
        case "?": return rest
        case "\\": return rest.first == character ? rest.dropFirst() : nil
        case "[":
            let isInverted = rest.first == "!" || rest.first == "^"
            let members = isInverted ? rest.dropFirst() : rest
            // A bracket that comes first is a member.
            guard let close = members.dropFirst().firstIndex(of: "]") else { return character == "[" ? rest : nil }
            var set = members[..<close]
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
