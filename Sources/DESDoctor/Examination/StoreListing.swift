import DESCatalog
import DESCore
import DESStore

/// The objects of one day.
struct DayListing: Sendable {
    /// Those whose keys are those of containers.
    var containers: [ContainerKey: ObjectInfo] = [:]
    /// All others: bodies outside of their containers, and what others have put there.
    var otherCount = 0
}

extension Deployment {
    /// The days that the store has keys of.
    func listedDays() async throws -> Set<CalendarDay> {
        var days: Set<CalendarDay> = []
        var token: String?
        var tokens: Set<String> = []
        repeat {
            let page = try await store.list(root, isFlat: false, after: token)
            for prefix in page.prefixes {
                if let day = CalendarDay(String(prefix.dropFirst(root.count).dropLast())),
                    prefix.utf8.elementsEqual(ContainerKey.dayPrefix(layout.keyPrefix, day).utf8)
                {
                    days.insert(day)
                }
            }
            token = page.next
            if let token, !tokens.insert(token).inserted {
                throw DESError(.unavailable, "lists a page a second time", place: store.place(root))
            }
        } while token != nil
        return days
    }

    /// The objects of a day.
    func listing(of day: CalendarDay) async throws -> DayListing {
        var listing = DayListing()
        for try await info in store.objects(withPrefix: ContainerKey.dayPrefix(layout.keyPrefix, day)) {
            if let key = containerKey(info.key), key.day == day {
                listing.containers[key] = info
            } else {
                listing.otherCount += 1
            }
        }
        return listing
    }
}
