import DESCore
import Testing

@testable import DESConsole
@testable import des

@Suite("Amounts, media types and texts")
struct TextTests {
    @Test(
        "bytes have one decimal and steps of 1,024",
        arguments: [
            (0, "0 B"), (1, "1 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"), (1 << 20, "1.0 MiB"),
            ((1 << 20) * 5 / 2, "2.5 MiB"), (3 << 30, "3.0 GiB"), (1 << 40, "1.0 TiB"), (1 << 50, "1.0 PiB"),
            (1 << 60, "1024.0 PiB"), (1_126, "1.1 KiB"),
        ])
    func bytes(count: Int, text: String) {
        #expect(Amounts.bytes(count) == text)
    }

    @Test(
        "what rounds up to the next unit is shown in it",
        arguments: [(1_048_575, "1.0 MiB"), ((1 << 30) - 1, "1.0 GiB")])
    func rounding(count: Int, text: String) {
        #expect(Amounts.bytes(count) == text)
    }

    @Test(
        "counts are grouped by three",
        arguments: [
            (0, "0"), (7, "7"), (999, "999"), (1_000, "1,000"), (123_456, "123,456"), (1_234_567, "1,234,567"),
            (-1, "-1"), (-999, "-999"), (-1_000, "-1,000"), (-123_456, "-123,456"), (.max, "9,223,372,036,854,775,807"),
        ])
    func counts(count: Int, text: String) {
        #expect(Amounts.count(count) == text)
    }

    @Test(
        "durations",
        arguments: [
            (.milliseconds(3), "3.0 ms"), (.microseconds(250), "0.3 ms"), (.milliseconds(100), "0.1 s"),
            (.milliseconds(1_550), "1.6 s"), (.seconds(59), "59.0 s"), (.seconds(60), "1 min 0 s"),
            (.seconds(125), "2 min 5 s"), (.seconds(3_599), "59 min 59 s"), (.seconds(3_600), "1 h 0 min"),
            (.seconds(86_399), "23 h 59 min"), (.seconds(2 * 86_400 + 5 * 3_600), "2 d 5 h"),
        ] as [(Duration, String)])
    func durations(duration: Duration, text: String) {
        #expect(Amounts.duration(duration) == text)
    }

    @Test(
        "the media type is guessed from the extension, in any case",
        arguments: [
            ("a.txt", "text/plain"), ("A.TXT", "text/plain"), ("dir/b.json", "application/json"),
            ("x.tar.gz", "application/gzip"),
            ("photo.JPEG", "image/jpeg"), ("a.b/c.png", "image/png"), ("..txt", "text/plain"),
            ("page.html", "text/html"),
            ("t.parquet", "application/vnd.apache.parquet"), ("\u{E9}.md", "text/markdown"),
        ])
    func mediaTypes(name: String, type: String) throws {
        #expect(MediaType.guess(name) == type)
    }

    @Test(
        "without a known extension there is no media type",
        arguments: [
            "txt", ".txt", "dir/.txt", "a.", "a.unknown", "a.txt/b", "a.txt ", "a.parquett", "a.tx\u{74}\u{301}", "...",
            "a.t",
        ])
    func noMediaType(name: String) throws {
        #expect(MediaType.guess(name) == nil)
    }

    @Test(
        "control characters are escaped, everything else stays",
        arguments: [
            ("plain text", "plain text"), ("caf\u{E9} \u{1F600}", "caf\u{E9} \u{1F600}"), ("a\nb", #"a\u{a}b"#),
            ("\u{1B}[2J", #"\u{1b}[2J"#), ("\u{7F}\u{0}\t", #"\u{7f}\u{0}\u{9}"#), ("\u{9B}31m", #"\u{9b}31m"#),
            ("\r\n", #"\u{d}\u{a}"#),
        ])
    func escaping(text: String, expected: String) {
        #expect(text.escapingControlCharacters == expected)
    }

    @Test(
        "characters that change the writing direction are escaped: a name cannot look like another one",
        arguments: [
            "\u{202E}", "\u{202A}", "\u{2066}", "\u{2069}", "\u{200F}",
        ])
    func writingDirection(mark: String) throws {
        #expect(!"a\(mark)txt.exe".escapingControlCharacters.contains(mark))
        #expect(!(try EntryName("a\(mark)txt.exe").quoted.contains(mark)))
    }

    @Test(
        "exit statuses follow from the codes of errors",
        arguments: [
            (.notFound, .notFound), (.corrupt, .corrupt), (.unavailable, .unavailable), (.conflict, .conflict),
            (.invalidArgument, .failed), (.unsupported, .failed),
        ] as [(DESError.Code, DESCore.ExitStatus)])
    func exitStatuses(code: DESError.Code, status: DESCore.ExitStatus) {
        #expect(DESCore.ExitStatus(DESError(code, "")) == status)
    }

    @Test("of several failures of an extraction corrupt is the worst, then a name that is taken, then the rest")
    func worst() {
        func status(_ codes: DESError.Code...) -> DESCore.ExitStatus {
            var summary = Extractor.Summary()
            for code in codes { summary.fail(DESError(code, ""), { _ in }) }
            return summary.status
        }
        #expect(status() == .done)
        #expect(status(.unsupported) == .partial)
        #expect(status(.unavailable, .conflict, .notFound) == .conflict)
        #expect(status(.conflict, .corrupt, .conflict, .unavailable) == .corrupt)
    }
}
