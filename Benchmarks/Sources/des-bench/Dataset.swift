import Glibc
import TestServers

/// The trees that are packed. The same on every machine: sizes and bytes come from a fixed seed.
enum Dataset {
    /// Files with log-normal sizes in directories of 100; the total of their sizes.
    static func logNormalTree(at root: String, fileCount: Int, medianByteCount: Double) throws -> Int {
        var random = SeededGenerator(seed: 1)
        let bytes = (0..<4 << 20).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        var total = 0
        for file in 0..<fileCount {
            // Sigma such that 100,000 files around a median of 4 KiB have about 0.66 GB.
            let size = min(Int(medianByteCount * exp(0.976 * random.normal())), bytes.count)
            total += size
            try write(bytes[..<size], to: root, name: "d\(file / 100 % 32)/d\(file / 100)/f\(file).bin")
        }
        return total
    }

    /// Files of one size in directories of 1,000, each with bytes of its own.
    static func uniformTree(at root: String, fileCount: Int, byteCount: Int) throws {
        var random = SeededGenerator(seed: 2)
        var bytes = (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for file in 0..<fileCount {
            withUnsafeBytes(of: file) { bytes.replaceSubrange(0..<8, with: $0) }
            try write(bytes[...], to: root, name: name(file))
        }
    }

    /// The name of a file of ``uniformTree(at:fileCount:byteCount:)``.
    static func name(_ file: Int) -> String { "d\(file / 1_000)/file-\(file).bin" }

    private static func write(_ bytes: ArraySlice<UInt8>, to root: String, name: String) throws {
        let path = root + "/" + name
        var descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        if descriptor < 0 {
            try Command(["/bin/mkdir", "-p", String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])]).run()
            descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        guard count == bytes.count else { throw Command.Failure(line: "write \(path)") }
    }
}

extension SeededGenerator {
    /// A standard normal variate (Box and Muller).
    mutating func normal() -> Double {
        let (a, b) = (Double.random(in: 1e-12..<1, using: &self), Double.random(in: 0..<1, using: &self))
        return (-2 * log(a)).squareRoot() * cos(2 * .pi * b)
    }
}
