/// Cuts bytes into the fields of one record (RFC 4180): commas between them, a line end behind the last, and in quotes any of
/// these, a quote as two.
struct CSVScanner {
    /// A field, as it stands among the bytes; without its quotes.
    struct Field: Equatable {
        var range: Range<Int>
        /// A quote in it is written twice.
        var hasQuotes = false
        /// It stands in quotes, so that an empty one is meant.
        var isQuoted = false
    }

    enum Outcome: Equatable {
        /// Up to and with the end of the line.
        case record(byteCount: Int)
        /// The same, but what is there is no record.
        case malformed(byteCount: Int, String)
        /// More bytes are needed.
        case incomplete
    }

    private(set) var fields: [Field] = []
    /// Line ends in quotes, and the last.
    private(set) var lineCount = 0

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// Finds the fields of the record at the start.
    mutating func scan(_ bytes: Span<UInt8>, isAtEnd: Bool) -> Outcome {
        fields.removeAll(keepingCapacity: true)
        lineCount = 0
        var place = 0
        while true {
            let isQuoted = place < bytes.count && bytes[place] == CSVScanner.quote
            if isQuoted {
                guard let field = quoted(bytes, from: place + 1, isAtEnd: isAtEnd) else { return .incomplete }
                fields.append(field)
                place = field.range.upperBound + 1
            } else {
                let start = place
                while place < bytes.count, !CSVScanner.isSpecial(bytes[place]) { place += 1 }
                fields.append(Field(range: start..<place))
            }
            guard place < bytes.count else { return isAtEnd ? .record(byteCount: place) : .incomplete }
            switch bytes[place] {
            case CSVScanner.comma: place += 1
            case CSVScanner.lineFeed: return ended(place)
            case CSVScanner.carriageReturn where place + 1 == bytes.count:
                return isAtEnd ? .record(byteCount: place + 1) : .incomplete
            case CSVScanner.carriageReturn where bytes[place + 1] == CSVScanner.lineFeed: return ended(place + 1)
            case CSVScanner.carriageReturn:
                return malformed(bytes, place, isAtEnd, "a carriage return without a line feed, expected both")
            default:
                let what =
                    isQuoted
                    ? "text behind a closing quote, expected a comma"
                    : "a quote inside of a field, expected it around the field and doubled in it"
                return malformed(bytes, place, isAtEnd, what)
            }
        }
    }

    private mutating func quoted(_ bytes: Span<UInt8>, from start: Int, isAtEnd: Bool) -> Field? {
        var (place, hasQuotes) = (start, false)
        while place < bytes.count {
            if bytes[place] == CSVScanner.quote {
                guard place + 1 < bytes.count else {
                    // Whether it is the closing one is not known before the next byte.
                    return isAtEnd ? Field(range: start..<place, hasQuotes: hasQuotes, isQuoted: true) : nil
                }
                guard bytes[place + 1] == CSVScanner.quote else {
                    return Field(range: start..<place, hasQuotes: hasQuotes, isQuoted: true)
                }
                hasQuotes = true
                place += 1
            } else if bytes[place] == CSVScanner.lineFeed {
                lineCount += 1
            }
            place += 1
        }
        return nil
    }

    private mutating func ended(_ place: Int) -> Outcome {
        lineCount += 1
        return .record(byteCount: place + 1)
    }

    /// The rest of the line goes with it.
    private mutating func malformed(_ bytes: Span<UInt8>, _ place: Int, _ isAtEnd: Bool, _ what: String) -> Outcome {
        guard let end = bytes.firstIndex(of: CSVScanner.lineFeed, from: place) else {
            return isAtEnd ? .malformed(byteCount: bytes.count, what) : .incomplete
        }
        lineCount += 1
        return .malformed(byteCount: end + 1, what)
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == comma || byte == lineFeed || byte == carriageReturn || byte == quote
    }
}
