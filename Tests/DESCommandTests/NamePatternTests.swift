import DESCore
import Testing

@testable import des

@Suite("Name patterns")
struct NamePatternTests {
    private func matches(_ pattern: String, _ name: String) throws -> Bool {
        NamePattern(pattern).matches(try EntryName(name))
    }

    @Test(
        "without glob characters it is a name, or a directory of the name",
        arguments: [
            ("a", "a", true), ("a", "a/b", true), ("a", "a/b/c", true), ("a/b", "a/b/c", true), ("a/", "a/b", true),
            ("a", "ab", false), ("a", "b/a", false), ("a/b", "a", false), ("a/b", "a/bc", false), ("A", "a", false),
            ("caf\u{E9}", "caf\u{E9}", true), ("caf\u{E9}", "cafe\u{301}", false), ("a\nb", "a\nb", true),
            ("", "a", false),
        ] as [(String, String, Bool)])
    func literal(pattern: String, name: String, expected: Bool) throws {
        #expect(try matches(pattern, name) == expected)
    }

    @Test(
        "a glob without a slash is matched against every component",
        arguments: [
            ("*.txt", "a.txt", true), ("*.txt", "b/a.txt", true), ("*.txt", "b/a.txt/c", true),
            ("*.txt", "a.txt.gz", false),
            ("*", "anything/at all", true), ("?", "a", true), ("?", "ab", false), ("?", "ab/c", true),
            ("??", "ab", true),
            ("a*c", "ac", true), ("a*c", "abbbc", true), ("a*c", "abbb", false), ("*a*b*", "xxaxxbxx", true),
            ("*aab", "aaaab", true), ("a*a*a*b", "aaaaaaaaaaaaaaac", false), ("*.*", "name", false),
            (".*", ".hidden", true),
            ("**", "a/b", true), ("*\n*", "a\nb", true),
        ] as [(String, String, Bool)])
    func component(pattern: String, name: String, expected: Bool) throws {
        #expect(try matches(pattern, name) == expected)
    }

    @Test(
        "a glob with a slash is matched from the start, and selects what lies below",
        arguments: [
            ("a/*.txt", "a/b.txt", true), ("a/*.txt", "x/a/b.txt", false), ("a/*.txt", "a/b/c.txt", false),
            ("a/*", "a/b/c/d", true), ("*/b", "a/b", true), ("*/b", "a/b/c", true), ("*/b", "b", false),
            ("a/**/b", "a/b", true), ("a/**/b", "a/x/b", true), ("a/**/b", "a/x/y/b", true),
            ("a/**/b", "a/x/y/bc", false),
            ("a/**/b", "x/a/b", false), ("**/b", "b", true), ("**/b", "x/y/b", true), ("a/**", "a/b", true),
            ("a/**", "b/a", false), ("**/a/**/b", "x/a/y/z/b/below", true), ("a/x**", "a/xyz", true),
            ("?/b", "a/b", true),
            ("a/*/", "a/b/c", true),
        ] as [(String, String, Bool)])
    func path(pattern: String, name: String, expected: Bool) throws {
        #expect(try matches(pattern, name) == expected)
    }

    @Test(
        "brackets match one character of a set, a backslash takes the next one as it is",
        arguments: [
            ("[abc]", "b", true), ("[abc]", "d", false), ("[a-c]x", "bx", true), ("[a-c]x", "dx", false),
            ("[!a-c]", "d", true), ("[!a-c]", "b", false), ("[^a]", "b", true), ("[a-cx-z]", "y", true),
            ("[]a]", "]", true),
            ("[]a]", "a", true), ("[!]a]", "b", true), ("[!]a]", "]", false), ("[a-]", "-", true), ("[-a]", "-", true),
            ("[a", "[a", true), ("[", "[", true), (#"\*"#, "*", true), (#"\*"#, "a", false), (#"a\?c"#, "a?c", true),
            (#"\[a]*"#, "[a]b", true), ("[*]", "*", true), ("[*]", "a", false), ("x[a-z]", "xA", false),
        ] as [(String, String, Bool)])
    func brackets(pattern: String, name: String, expected: Bool) throws {
        #expect(try matches(pattern, name) == expected)
    }

    @Test(
        "a pattern that is exactly the name selects it, whatever characters it has",
        arguments: [
            "*", "a?b", "[x].txt", "d[1]/[a-z]", #"back\slash*"#, "[", "a/**/b", "\u{301}*",
        ])
    func exact(name: String) throws {
        #expect(try matches(name, name))
    }

    @Test(
        "a slash is a slash, also before a combining mark",
        arguments: [
            ("a/*", "a/\u{301}b", true), ("*/c", "a/\u{301}b", false), ("*b", "a/\u{301}b", true),
            ("a", "a/\u{301}b", true),
            ("a/", "a/\u{301}b", true), ("a/\u{301}b/*", "a/\u{301}b/c", true),
        ] as [(String, String, Bool)])
    func combiningMark(pattern: String, name: String, expected: Bool) throws {
        #expect(try matches(pattern, name) == expected)
    }

    @Test("a pattern of many stars and a long name are decided soon: the work does not explode")
    func manyStars() throws {
        #expect(try !matches(String(repeating: "*a", count: 20) + "c", String(repeating: "a", count: 500)))
    }

    @Test("an empty list selects everything, a list what any of its patterns selects")
    func lists() throws {
        #expect([NamePattern]().select(try EntryName("a")))
        let patterns = ["*.a", "b"].map(NamePattern.init)
        #expect(patterns.select(try EntryName("x.a")))
        #expect(patterns.select(try EntryName("b/c")))
        #expect(!patterns.select(try EntryName("c")))
    }
}
