import Glibc
import TestServers

/// A tree of files with everything that is hard about trees of files. The same seed gives the same tree.
struct RandomTree {
    private var random: SeededGenerator
    private let block: [UInt8]
    private var serial = 0

    /// Names that something on the way could mistake for something else.
    static let hardNames = [
        "caf\u{E9}.txt", "cafe\u{301}.txt", "two words.md", "line\nbreak.log", "tab\there", "quote\"d'.json",
        "-rf", "--help", "*.txt", "[a-z]?", "back\\slash", "\u{1F600}.png", ".hidden", "..two", "...", "a.b.c", "~",
        "$HOME",
        "\u{202E}txt.exe", "\u{1}control", "\u{7F}", "%00", "CON", "trailing.", " leading", "trailing ", "#1",
        String(repeating: "\u{E4}", count: 127),
    ]

    /// Byte counts around which a writer or a reader changes its ways.
    static let hardSizes = [
        0, 1, 127 << 10, (128 << 10) - 1, 128 << 10, (128 << 10) + 1, (256 << 10) - 1, 256 << 10, (256 << 10) + 1,
        300_000, 310_001, 320_002,
    ]

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var block: [UInt8] = []
        block.reserveCapacity(1 << 16)
        while block.count < 1 << 16 { withUnsafeBytes(of: random.next()) { block += $0 } }
        (self.random, self.block) = (random, block)
    }

    /// Makes the tree at `path`, with one file of `largeByteCount` bytes.
    mutating func make(at path: String, largeByteCount: Int = 0) throws {
        try Files.makeDirectory(path)
        var directories = [path]
        for number in 0..<12 {
            let parent = directories[Int.random(in: 0..<directories.count, using: &random)]
            let directory = "\(parent)/\(RandomTree.hardNames[number]) dir"
            try Files.makeDirectory(directory)
            directories.append(directory)
        }
        for name in RandomTree.hardNames {
            try makeFile(in: directories, name, Int.random(in: 0...9_000, using: &random))
        }
        for size in RandomTree.hardSizes { try makeFile(in: directories, "size-\(size)", size) }
        for number in 0..<150 {
            try makeFile(in: directories, "file\(number).txt", Int.random(in: 0...6_000, using: &random))
        }
        if largeByteCount > 0 { try makeFile(in: directories, "large.bin", largeByteCount) }
        for target in ["file0.txt", "/etc/passwd", "../../outside", "no/such/file", ".", "caf\u{E9}", " "] {
            serial += 1
            let link = "\(directories[Int.random(in: 0..<directories.count, using: &random)])/link\(serial)"
            try Files.link(link, to: target)
            try setTime(link)
        }
        for mode in [0o755, 0o700, 0o555] as [mode_t] {
            serial += 1
            let directory = "\(directories[Int.random(in: 0..<directories.count, using: &random)])/empty\(serial)"
            try Files.makeDirectory(directory, mode: mode)
            try setTime(directory)
        }
    }

    /// `count` bytes that differ from those of every other call.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + block.count)
        while bytes.count < count {
            withUnsafeBytes(of: random.next()) { bytes += $0 }
            bytes += block
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private mutating func makeFile(in directories: [String], _ name: String, _ byteCount: Int) throws {
        let path = "\(directories[Int.random(in: 0..<directories.count, using: &random)])/\(name)"
        let modes: [mode_t] = [0o600, 0o644, 0o755, 0o444]
        try Files.write(path, bytes(byteCount), mode: modes[Int.random(in: 0..<modes.count, using: &random)])
        try setTime(path)
    }

    private mutating func setTime(_ path: String) throws {
        let nanoseconds = [0, 1, 999_999_999, Int.random(in: 0..<1_000_000_000, using: &random)]
        try Files.setTime(
            path, seconds: Int.random(in: -100_000_000...2_000_000_000, using: &random),
            nanoseconds: nanoseconds[Int.random(in: 0..<4, using: &random)])
    }
}
