import DESCore
import Testing

/// A damaged container of `docs/vectors`, and what its description says of it.
struct BadVector: CustomTestStringConvertible, Sendable {
    let name: String
    /// The step that must fail: open, lookup, body, meta or verify.
    let step: String
    let isUnsupported: Bool
    /// The name that meets the damage, or one of its entries.
    let entry: String
    /// Byte count and CRC32C of the bodies that read right, by name.
    let bodies: [String: Body]

    struct Body: Sendable, Equatable {
        var byteCount: Int
        var crc32c: Int
    }

    var path: String { "\(Repository.vectors)/\(name).des" }
    var testDescription: String { name }
    /// The exit status of a verb that meets the damage.
    var status: Int32 { isUnsupported ? 1 : 11 }

    static let all: [BadVector] = {
        let names = (try? Files.names(in: Repository.vectors)) ?? []
        return names.filter { $0.hasPrefix("bad-") && $0.hasSuffix(".json") }.compactMap { file in
            guard let bytes = try? Files.read("\(Repository.vectors)/\(file)"),
                let json = try? JSON(parsing: bytes.span.bytes)
            else { return nil }
            return BadVector(String(file.dropLast(5)), json)
        }
    }()

    static func at(_ steps: String...) -> [BadVector] { all.filter { steps.contains($0.step) } }

    private init?(_ name: String, _ json: JSON) {
        guard let step = json["detected_at"]?.stringValue else { return nil }
        var bodies: [String: Body] = [:]
        if case .array(let entries) = json["entries"] {
            for entry in entries {
                guard let name = entry["name"]?.stringValue, let size = entry["size"]?.integerValue,
                    let crc = entry["crc32c"]?.integerValue
                else { return nil }
                bodies[name] = Body(byteCount: size, crc32c: crc)
            }
        }
        (self.name, self.step, self.bodies) = (name, step, bodies)
        isUnsupported = json["code"] == .string("unsupported")
        entry = json["name"]?.stringValue ?? bodies.keys.min() ?? "alpha"
    }
}
