import CDESCore
import Testing

@testable import DESCore

/// One container of docs/vectors with what docs/vectors/README.md says must become of it.
struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let json: JSON

    var testDescription: String { name }

    /// An entry as the vector describes it.
    struct Expected {
        let json: JSON

        var name: String { json["name"]?.stringValue ?? "" }
        var size: Int? { json["size"]?.integerValue }
        var sha256: String? { json["sha256"]?.stringValue }
        var flags: UInt32 { UInt32(json["flags"]?.integerValue ?? 0) }
        var dataOffset: Int? { json["data_offset"]?.integerValue }
        var crc32c: UInt32? { (json["crc32c"]?.integerValue).map { UInt32($0) } }
        var metaText: String? { json["meta_text"]?.stringValue }
        var isReadable: Bool { json["readable"] != .bool(false) }
    }

    var entries: [Expected] { Vector.array(json["entries"]).map { Expected(json: $0) } }
    var isGood: Bool { json["outcome"]?.stringValue == "good" }
    /// The step at which a bad one must fail.
    var detectedAt: String? { json["detected_at"]?.stringValue }
    var code: String? { json["code"]?.stringValue }
    var offset: Int? { json["offset"]?.integerValue }
    var mayFailEarlier: Bool { json["earlier"] == .bool(true) }
    func integer(_ key: String) -> Int? { json[key]?.integerValue }

    static func array(_ json: JSON?) -> [JSON] { if case .array(let values) = json { values } else { [] } }

    /// All of docs/vectors, and separately those of another implementation.
    static let ours = all(in: "docs/vectors")
    static let foreign = all(in: "docs/vectors/foreign")
    static let good = ours.filter(\.isGood)
    static let bad = ours.filter { !$0.isGood }
    static let withRecipe = good.filter { $0.json["recipe"] != nil }

    /// Every container of a folder; one that cannot be read is left out, and missed by the test that counts them.
    private static func all(in folder: String) -> [Vector] {
        let path = Repository.root + "/" + folder
        return listing(of: path).filter { $0.hasSuffix(".json") }.sorted().compactMap { file in
            let name = String(file.dropLast(5))
            guard let text = try? contents(of: "\(path)/\(file)"), let json = try? JSON(parsing: text.span.bytes),
                let bytes = try? contents(of: "\(path)/\(name).des")
            else { return nil }
            return Vector(name: name, bytes: bytes, json: json)
        }
    }

    /// How many containers the folders hold, whatever their JSON looks like.
    static var fileCount: Int {
        ["docs/vectors", "docs/vectors/foreign"].reduce(0) { count, folder in
            count + listing(of: Repository.root + "/" + folder).filter { $0.hasSuffix(".des") }.count
        }
    }
}

/// SHA-256 as the vectors write it.
func sha256(_ bytes: RawSpan) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    bytes.withUnsafeBytes { des_sha256($0.baseAddress, $0.count, &digest) }
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// The bytes of hexadecimal digits, `nil` if there is anything else.
func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = text.map(\.hexDigitValue)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
        guard let high = digits[place], let low = digits[place + 1] else { return nil }
        bytes.append(UInt8(high << 4 | low))
    }
    return bytes
}
