/// What will happen, and when: the only thing that moves time.
struct Agenda {
    enum Item: Sendable {
        /// A request gets to its server.
        case arrival(Call)
        /// Its transaction commits, or what it asks is done.
        case effect(Call)
        /// An answer gets to a process, or a time that it waits for comes.
        case delivery(Life, Waiting, Reply)
        case start(host: Int)
        case produce(Int)
        case mark(Int)
        case doctor
    }

    private var items: [(time: Int, order: Int, item: Item)] = []
    private var count = 0

    mutating func add(_ item: Item, at time: Int) {
        count += 1
        items.append((time, count, item))
    }

    /// The next, in the order of time, and of coming where times are equal.
    mutating func next() -> (time: Int, item: Item)? {
        guard var first = items.first else { return nil }
        var place = 0
        for (index, item) in items.enumerated() where (item.time, item.order) < (first.time, first.order) {
            (first, place) = (item, index)
        }
        items.swapAt(place, items.count - 1)
        items.removeLast()
        return (first.time, first.item)
    }
}
