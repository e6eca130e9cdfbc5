internal import DESCore
internal import Hummingbird

/// Writes names as the service answers them: `{"name": ..., "shard_id": ..., "day": ...}`, one, or a list of them.
struct AssignedNameWriter {
    private(set) var bytes = ByteBuffer()
    private let shardBits: ShardBits
    private var day: CalendarDay?
    private var dayText = ""

    init(prefix: NamePrefix, shardBits: ShardBits, count: Int) {
        self.shardBits = shardBits
        bytes.reserveCapacity(count * (prefix.description.utf8.count + 80) + 16)
    }

    mutating func append(_ name: DESName) { append(name.description, name.day) }

    mutating func append(_ names: NameReservation) {
        bytes.writeStaticString(#"{"names":["#)
        var isFirst = true
        names.forEachText { text, day in
            if !isFirst { bytes.writeStaticString(",") }
            isFirst = false
            append(text, day)
        }
        bytes.writeStaticString("]}")
    }

    /// No character of a name needs an escape.
    private mutating func append(_ name: String, _ day: CalendarDay) {
        if day != self.day { (self.day, dayText) = (day, day.description) }
        bytes.writeStaticString(#"{"name":""#)
        bytes.writeString(name)
        bytes.writeStaticString(#"","shard_id":"#)
        bytes.writeString(String(ShardID(of: name, bits: shardBits).number))
        bytes.writeStaticString(#","day":""#)
        bytes.writeString(dayText)
        bytes.writeStaticString(#""}"#)
    }
}
