import DESCatalog

/// A container as an object: who wrote it, and what is in it.
struct SimulatedObject: Sendable, Equatable {
    let container: Int
    let entries: [PackedEntry]
}

/// Objects by key. A put makes one that is not there yet, whenever it arrives; it is there as a whole or not at all.
struct SimulatedStore: Sendable {
    let breakage: Breakage
    private(set) var objects: [String: SimulatedObject] = [:]
    /// How often an object was made of a key.
    private(set) var makeCounts: [String: Int] = [:]
    /// Goes up with each change.
    private(set) var version = 0

    init(breakage: Breakage = []) { self.breakage = breakage }

    /// What a client of it is told, which compares what is there when it meets a conflict.
    /// - Returns: whether the object is there now.
    mutating func put(_ key: String, _ object: SimulatedObject) -> Bool {
        if let found = objects[key], !breakage.contains(.putReplaces) { return found == object }
        objects[key] = object
        makeCounts[key, default: 0] += 1
        version += 1
        return true
    }

    mutating func delete(_ key: String) {
        objects[key] = nil
        version += 1
    }
}
