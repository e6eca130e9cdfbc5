import DESCore
import DESStore

/// Whether something may be said of an object that nobody committed.
enum UncommittedAge: Sendable, Hashable {
    case young, old
    /// Nobody knows.
    case timeless

    /// - Parameter now: milliseconds since 1970.
    init(of id: ContainerID, _ info: ObjectInfo, grace: Duration, now: Int) {
        guard let begun = id.milliseconds else {
            self = .timeless
            return
        }
        // The identity was made when the container was begun, the object when it was finished.
        let last = max(begun, info.modified?.milliseconds ?? 0)
        self = last + Int(grace / .milliseconds(1)) <= now ? .old : .young
    }
}
