import DESCatalog
import DESCore

@testable import DESPacker

/// What is asked of the world.
enum Request: Sendable {
    case survey(SurveyOrder)
    case acquire(ShardID)
    case renew(ShardLease)
    case release(ShardLease)
    case claim(ShardLease, SimulatedCatalog.Order)
    case uploaded(Int, ShardLease)
    case commit(Int, [PackedEntry], [UnpackedRow], ShardLease)
    case abandon(Int, [UnpackedRow], ShardLease)
    case state(Int)
    case put(String, SimulatedObject)
    /// Bodies are fetched, and a spool is written.
    case build([ClaimedRow], isLarge: Bool)
    /// Of a doctor.
    case abandonStale(Int)

    /// The transaction locks the lease of this shard before anything else, and holds it to its end.
    func lockedShard(_ catalog: SimulatedCatalog) -> ShardID? {
        switch self {
        case .acquire(let shard): shard
        case .renew(let lease), .release(let lease), .claim(let lease, _), .uploaded(_, let lease),
            .commit(_, _, _, let lease), .abandon(_, _, let lease):
            lease.shard
        case .abandonStale(let number): catalog.containers[number]?.place.shard
        case .survey, .state, .put, .build: nil
        }
    }

    var word: String {
        switch self {
        case .survey: "survey"
        case .acquire(let shard): "acquire \(shard.number)"
        case .renew(let lease): "renew e\(lease.epoch)"
        case .release(let lease): "release e\(lease.epoch)"
        case .claim(let lease, let order): "claim c\(order.container) e\(lease.epoch)"
        case .uploaded(let number, let lease): "uploaded c\(number) e\(lease.epoch)"
        case .commit(let number, let entries, let others, let lease):
            "commit c\(number) e\(lease.epoch) \(entries.map(\.rowID))+\(others.map(\.rowID))"
        case .abandon(let number, let others, let lease): "abandon c\(number) e\(lease.epoch) +\(others.map(\.rowID))"
        case .state(let number): "state c\(number)"
        case .put(_, let object): "put c\(object.container)"
        case .build(let rows, _): "build \(rows.map(\.id))"
        case .abandonStale(let number): "doctor abandons c\(number)"
        }
    }
}

/// What comes back.
enum Reply: Sendable {
    case survey(PackSurvey)
    case lease(ShardLease?)
    case isHeld(Bool)
    case rows([ClaimedRow])
    case built(BuiltContainer)
    case state(ContainerState?)
    case done
    case leaseLost
    /// It was not done.
    case refused
    /// It was not done, and some row is to blame.
    case rowRefused
    /// Nobody knows whether it was done.
    case unknown

    var word: String {
        switch self {
        case .survey(let survey):
            "\(survey.waiting.map { "\($0.place.shard.number)/\($0.place.day.number % 10):\($0.count)" })"
                + " left \(survey.abandonedShards.map(\.number))"
        case .lease(let lease): lease.map { "e\($0.epoch)" } ?? "no"
        case .isHeld(let isHeld): isHeld ? "held" : "lost"
        case .rows(let rows): "\(rows.map(\.id))"
        case .built(let built): "\(built.entries.map(\.rowID))+\(built.others.map(\.rowID))"
        case .state(let state): state?.rawValue ?? "none"
        case .done: "done"
        case .leaseLost: "lease lost"
        case .refused: "refused"
        case .rowRefused: "refused for a row"
        case .unknown: "?"
        }
    }
}

/// What a process waits for: an answer, or a time.
enum Waiting: Sendable, Hashable {
    /// The loop: a survey, or the time of the next. The number tells one that is not waited for any more.
    case survey
    case tick(Int)
    /// Work on a shard, each with a number of its own.
    case acquire(Int)
    case step(Int)
    case pause(Int)
    case renewalTime(Int)
    case renewal(Int)
    case release(Int)
}

/// A process in one of its lives.
struct Life: Sendable, Hashable {
    let host: Int
    let number: Int
}

/// A request on its way.
struct Call: Sendable {
    let number: Int
    let request: Request
    let from: Life
    let waiting: Waiting
    var course: CallCourse
    /// Taken when it arrives, before any lock.
    var epoch = 0
}

/// How a call goes.
enum CallCourse: Sendable, Hashable, CaseIterable {
    case well
    /// It fails on the server, or never gets there; whoever asked knows.
    case refused
    /// It never gets there, and nobody says so.
    case lost
    /// The connection is cut, and the server undoes it.
    case undone
    /// The connection is cut, and the server does it all the same, maybe long after.
    case late
    /// It is done, and the answer is lost.
    case unanswered
}
