import DESCatalog
import DESCore
import DESStore

/// A plan as JSON: whose it is, when it was made, and a checksum that no edited plan has.
///
/// The checksum is over the document without it, written compactly: other blanks and lines change nothing.
struct PlanDocument: Sendable {
    /// Its members, without the checksum.
    let members: [JSON.Member]

    private static let version = 1
    private static let checksumKey = "checksum"

    /// A plan that is made now.
    /// - Parameter type: what kind of plan it is.
    init(_ type: String, of deployment: Deployment, _ members: [JSON.Member]) {
        self.members =
            [
                JSON.Member("type", .string(type)), JSON.Member("version", .integer(PlanDocument.version)),
                JSON.Member("made_at", .string(Timestamp(milliseconds: deployment.identity.now).text ?? "")),
                JSON.Member("deployment", PlanDocument.identity(of: deployment)),
            ] + members
    }

    /// Whose it is: the store, the layout, and which catalog.
    private static func identity(of deployment: Deployment) -> JSON {
        let layout = deployment.layout
        return .object([
            JSON.Member("store", .string(deployment.store.name)),
            JSON.Member("key_prefix", .string(layout.keyPrefix)),
            JSON.Member("name_prefix", .string(layout.namePrefix.description)),
            JSON.Member("shard_bits", .integer(layout.shardBits.count)),
            JSON.Member("catalog_since", .string(deployment.identity.since)),
        ])
    }

    /// With its checksum.
    var json: JSON {
        .object(members + [JSON.Member(PlanDocument.checksumKey, .string(PlanDocument.checksum(of: members)))])
    }

    private static func checksum(of members: [JSON.Member]) -> String {
        SHA256.of(JSON.object(members).encoded).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Reads a plan that is to be done.
    /// - Parameters:
    ///   - type: what kind of plan it has to be.
    ///   - maxAge: older ones are refused: what they say may not hold any more.
    /// - Throws: ``DESError/Code/invalidArgument`` for what is no plan, ``DESError/Code/conflict`` for one that was edited, is
    ///   of another deployment, or too old.
    init(parsing bytes: [UInt8], _ type: String, for deployment: Deployment, maxAge: Duration) throws(DESError) {
        let json: JSON
        do { json = try JSON(parsing: bytes.span.bytes) } catch {
            throw DESError(.invalidArgument, "is no plan: \(error.message)", offset: error.offset)
        }
        guard case .object(let all) = json, json["type"]?.stringValue == type,
            json["version"]?.integerValue == PlanDocument.version
        else { throw DESError(.invalidArgument, "is no plan of the kind \(type), version \(PlanDocument.version)") }
        members = all.filter { $0.key != PlanDocument.checksumKey }
        guard json[PlanDocument.checksumKey]?.stringValue == PlanDocument.checksum(of: members) else {
            throw DESError(.conflict, "was changed after it was made: its checksum is another; make a new one")
        }
        let identity = PlanDocument.identity(of: deployment)
        guard json["deployment"] == identity else {
            throw DESError(
                .conflict,
                "was made for \(json["deployment"]?.text ?? "nothing"), this is \(identity.text): make one here")
        }
        guard let made = json["made_at"]?.stringValue.flatMap({ Timestamp($0) })?.milliseconds else {
            throw DESError(.invalidArgument, "does not say when it was made")
        }
        let age = Duration.milliseconds(deployment.identity.now - made)
        guard age <= maxAge, age >= .zero else {
            let seconds = Int(age / .seconds(1))
            throw DESError(
                .conflict,
                "was made \(abs(seconds)) s \(seconds < 0 ? "in the future" : "ago"), more than --max-age: make a new one"
            )
        }
    }

    /// A member of the plan.
    subscript(_ key: String) -> JSON? { JSON.object(members)[key] }

    /// The elements of a list, each decoded.
    /// - Throws: ``DESError/Code/invalidArgument`` if one is not as it has to be.
    func list<Element>(_ key: String, _ decode: (JSON) -> Element?) throws(DESError) -> [Element] {
        guard case .array(let values) = self[key] else {
            throw DESError(.invalidArgument, "is no plan: it has no \"\(key)\"")
        }
        var elements: [Element] = []
        for value in values {
            guard let element = decode(value) else {
                throw DESError(.invalidArgument, "is no plan: \"\(key)\" has \(value.text)")
            }
            elements.append(element)
        }
        return elements
    }
}

extension Timestamp {
    /// From milliseconds since 1970.
    init(milliseconds: Int) {
        let seconds = Int((Double(milliseconds) / 1_000).rounded(.down))
        self.init(seconds: seconds, nanoseconds: (milliseconds - seconds * 1_000) * 1_000_000)
    }

    /// Milliseconds since 1970.
    var milliseconds: Int { seconds * 1_000 + nanoseconds / 1_000_000 }
}

extension JSON {
    /// A number, or `null`.
    static func integer(ifAny value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
    /// A text, or `null`.
    static func string(ifAny value: String?) -> JSON { value.map { .string($0) } ?? .null }

    /// The elements of an array.
    var elements: [JSON]? { if case .array(let values) = self { values } else { nil } }
}
