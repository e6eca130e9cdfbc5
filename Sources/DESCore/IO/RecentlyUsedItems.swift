/// Items within a bound of bytes; the least recently used go first. Every operation is O(1).
///
/// The order is a ring of indices through `slots`, so that no item is an object of its own.
struct RecentlyUsedItems {
    private struct Slot {
        var key: IndexCacheKey
        var bytes: [UInt8]
        var newer: Int
        var older: Int
    }

    /// What an item costs besides its bytes and the text of its key: a slot, its share of the dictionary at its usual
    /// load, the headers of two heap blocks. An estimate, on the large side.
    static let overheadByteCount = 256

    let byteCountMax: Int
    /// What all items cost together.
    private(set) var byteCount = 0
    /// Slot 0 is no item: the newest is its `older` neighbour, the oldest its `newer` one.
    private var slots = [Slot(key: IndexCacheKey(object: "", range: 0..<0), bytes: [], newer: 0, older: 0)]
    private var unused: [Int] = []
    private var places: [IndexCacheKey: Int] = [:]

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    /// What keeping `bytes` under `key` costs.
    static func byteCount(of bytes: [UInt8], for key: IndexCacheKey) -> Int {
        bytes.count + key.object.utf8.count + overheadByteCount
    }

    /// The bytes under `key`, which become the most recently used.
    mutating func bytes(for key: IndexCacheKey) -> [UInt8]? {
        guard let place = places[key] else { return nil }
        unlink(place)
        linkAsNewest(place)
        return slots[place].bytes
    }

    /// Keeps `bytes` as the most recently used.
    /// - Returns: the count of items that went for it; `nil` if it is larger than the bound, and nothing was changed.
    mutating func store(_ bytes: [UInt8], for key: IndexCacheKey) -> Int? {
        let cost = Self.byteCount(of: bytes, for: key)
        guard cost <= byteCountMax else { return nil }
        if let place = places[key] { remove(place) }
        var evictionCount = 0
        while byteCount + cost > byteCountMax {
            remove(slots[0].newer)
            evictionCount += 1
        }
        insert(bytes, for: key)
        byteCount += cost
        return evictionCount
    }

    private mutating func insert(_ bytes: [UInt8], for key: IndexCacheKey) {
        let slot = Slot(key: key, bytes: bytes, newer: 0, older: 0)
        let place: Int
        if let free = unused.popLast() {
            place = free
            slots[place] = slot
        } else {
            place = slots.count
            slots.append(slot)
        }
        places[key] = place
        linkAsNewest(place)
    }

    private mutating func remove(_ place: Int) {
        unlink(place)
        let slot = slots[place]
        byteCount -= Self.byteCount(of: slot.bytes, for: slot.key)
        places[slot.key] = nil
        slots[place] = slots[0]  // lets go of the bytes
        unused.append(place)
    }

    private mutating func linkAsNewest(_ place: Int) {
        let newest = slots[0].older
        slots[place].older = newest
        slots[place].newer = 0
        slots[newest].newer = place
        slots[0].older = place
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (slots[place].newer, slots[place].older)
        slots[newer].older = older
        slots[older].newer = newer
    }
}
