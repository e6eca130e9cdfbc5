/// Amounts as people read them. Machines get bytes.
package enum Amounts {
    /// `812 B`, `1.5 KiB`, `3.2 GiB`: 1,024 steps, one decimal.
    package static func bytes(_ count: Int) -> String {
        var value = Double(count)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        while value >= 1_023.95, unit < units.count - 1 {  // 1,023.95 would be shown as 1024.0
            value /= 1_024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(oneDecimal(value)) \(units[unit])"
    }

    /// `1,234,567`.
    package static func count(_ value: Int) -> String {
        if value < 0 { return "-" + count(-value) }
        var text = ""
        for (place, digit) in String(value).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// `0.4 s`, `2 min 5 s`, `3 h 20 min`, `2 d 5 h`.
    package static func duration(_ duration: Duration) -> String {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        if seconds < 0.1 { return "\(oneDecimal(seconds * 1_000)) ms" }
        if seconds < 60 { return "\(oneDecimal(seconds)) s" }
        let whole = Int(seconds)
        if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
        if whole < 86_400 { return "\(whole / 3_600) h \(whole / 60 % 60) min" }
        return "\(whole / 86_400) d \(whole / 3_600 % 24) h"
    }

    private static func oneDecimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
