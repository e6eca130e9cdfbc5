import DESCatalog
import DESCore

/// Somebody who looks for what was left behind: he gives containers up that nobody seems to go on with, and deletes an object
/// of one that was given up once each of its entries is readable in a container that is committed.
extension Simulation {
    static let doctor = Life(host: -1, number: 0)

    mutating func doctor() {
        agenda.add(.doctor, at: now + Int.random(in: 1_000...20_000, using: &generator))
        for number in catalog.containers.keys.sorted() {
            guard let container = catalog.containers[number] else { continue }
            // He may well be wrong: its packer may only have been slow.
            if container.isOpen, chance(1, of: 4) {
                givenUpByDoctor.insert(number)
                send(.abandonStale(number), from: Simulation.doctor, .survey)
            }
            let isGivenUp = container.state == .abandoned || breakage.contains(.doctorDeletesOpen) && container.isOpen
            if isGivenUp, let object = store.objects[container.key], chance(1, of: 2) { delete(container.key, object) }
        }
    }

    private mutating func delete(_ key: String, _ object: SimulatedObject) {
        let isElsewhere = object.entries.allSatisfy { entry in
            catalog.files.contains { file in
                guard file.entry.name == entry.name, let other = catalog.containers[file.container] else {
                    return false
                }
                return other.key != key && other.state == .committed
                    && store.objects[other.key]?.entries.contains(file.entry) == true
            }
        }
        let isOpen = catalog.containers[object.container]?.isOpen == true
        guard isElsewhere || isOpen || breakage.contains(.doctorDeletesUnread) else {
            coverage.count(.doctorRefused)
            return
        }
        coverage.count(.doctorDeleted)
        journal?.note("doctor deletes c\(object.container)", at: now)
        store.delete(key)
        checker.deleted(object, isGivenUp: !isOpen, isElsewhere: isElsewhere)
    }
}
