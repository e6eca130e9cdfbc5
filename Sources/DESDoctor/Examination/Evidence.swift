import DESCore
import DESStore

/// What looking at an object has shown.
///
/// Only what a store says twice, while it answers, is proof that something is missing or damaged. Whatever else goes wrong says
/// nothing about the object.
enum Evidence<Value: Sendable>: Sendable {
    /// It is there, and its checksums are right.
    case sound(Value)
    /// It is not there.
    case missing(String)
    /// Its bytes are wrong.
    case damaged(String)
    /// That could not be found out.
    case unknown(String)

    /// The value of what is sound.
    var value: Value? { if case .sound(let value) = self { value } else { nil } }

    /// Why it is not.
    var reason: String? {
        switch self {
        case .sound: nil
        case .missing(let reason), .damaged(let reason), .unknown(let reason): reason
        }
    }

    /// What one look shows.
    /// - Throws: only what is no ``DESError``: the work is to end, or the catalog fails.
    fileprivate static func of(_ look: () async throws -> Value) async throws -> Evidence {
        do {
            return .sound(try await look())
        } catch let error as DESError {
            switch error.code {
            case .notFound: return .missing(error.description)
            case .corrupt: return .damaged(error.description)
            default: return .unknown(error.description)
            }
        }
    }
}

extension Deployment {
    /// Looks at something in the store; a second time if it seems to be missing or damaged.
    ///
    /// `look` begins anew each time: it keeps no bytes of the first one.
    func look<Value: Sendable>(_ look: () async throws -> Value) async throws -> Evidence<Value> {
        let first = try await Evidence.of(look)
        switch first {
        case .sound, .unknown: return first
        case .missing, .damaged: break
        }
        let second = try await Evidence.of(look)
        switch (first, second) {
        case (_, .sound), (_, .unknown), (.damaged, .damaged): return second
        case (.missing, .missing(let reason)): return try await isThere() ? second : .unknown(reason)
        default: return .unknown("once \(first.reason ?? ""), then \(second.reason ?? "")")
        }
    }

    /// The store still has what it had at the beginning: a bucket that was removed, or a disk that is not mounted any more,
    /// says of every object that it is not there.
    private func isThere() async throws -> Bool {
        try await Evidence.of { try await store.head(recordKey) }.value != nil
    }
}
