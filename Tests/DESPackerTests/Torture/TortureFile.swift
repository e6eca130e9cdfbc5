import DESCatalog
import TestServers

/// A file that is to be packed: all about it follows from the seed and its number.
struct TortureFile: Sendable {
    enum Kind: Sendable {
        case small
        /// At least 128 KiB: it lies behind the small ones.
        case middle
        /// It has a container of its own.
        case large
        /// It goes into a bucket in several parts.
        case huge
        /// There is no object.
        case missing
        /// The row says another size.
        case misstated
    }

    let number: Int
    let kind: Kind
    let byteCount: Int

    /// `packer.large-size`.
    static let largeByteCountMin = 1 << 20

    init(_ number: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed &+ UInt64(number))
        self.number = number
        switch Int.random(in: 0..<1_000, using: &generator) {
        case 0: kind = .huge
        case 1..<5: kind = .large
        case 5..<20: kind = .middle
        case 20..<25: kind = .missing
        case 25..<30: kind = .misstated
        default: kind = .small
        }
        let range =
            switch kind {
            case .huge: 9 << 20...10 << 20
            case .large: TortureFile.largeByteCountMin...5 << 19
            case .middle: 128 << 10...300_000
            case .small, .missing, .misstated: 0...6_000
            }
        byteCount = .random(in: range, using: &generator)
    }

    /// It can be packed.
    var isSound: Bool { kind != .missing && kind != .misstated }
    var key: String { "file-\(number)" }
    var sourceID: String? { number % 2 == 0 ? "id-\(number)" : nil }
    var body: [UInt8] { Deployment.body(number, byteCount: byteCount) }

    /// The row of a producer, who knows the size of most files.
    func row(_ sourcePrefix: String) -> NewFile {
        let said: Int? = kind == .misstated ? byteCount + 1 : number % 3 == 0 ? nil : byteCount
        return NewFile(
            source: sourcePrefix + key, sourceID: sourceID, size: said, meta: "{\"number\":\(number)}")
    }
}
