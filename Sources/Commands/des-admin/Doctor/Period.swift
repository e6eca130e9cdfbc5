import ArgumentParser
import DESRuntime

/// A time on the command line.
enum Period {
    /// Parses `12h` or `30d`; a number alone could be anything, and is refused.
    static func parse(_ text: String) throws -> Duration {
        let kind = SettingKind<Duration>.duration(.zero...(.seconds(86_400 * 36_500)))
        guard text.utf8.last.map({ !(0x30...0x39).contains($0) }) == true,
            let value = try? kind.value(of: [text])
        else { throw ValidationError("expected a time with its unit, such as 12h or 30d") }
        return value
    }
}
