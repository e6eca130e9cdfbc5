/// Numbers at which arithmetic goes wrong.
enum HostileValue {
    static let all: [UInt64] = [
        0, 1, 15, 16, 17, 38, 39, 127, 128, 1 << 16, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 44, 1 << 60,
        1 << 62, (1 << 63) - 73, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, .max - 72, .max - 1, .max,
    ]

    /// One of them, or a number around `count`.
    static func random(near count: Int, using generator: inout SeededGenerator) -> UInt64 {
        if Bool.random(using: &generator) { return UInt64.random(in: 0...UInt64(count + 2), using: &generator) }
        return all[Int.random(in: 0..<all.count, using: &generator)]
    }
}
