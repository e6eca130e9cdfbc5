/// What the first bytes of a reply say about the rest of it.
///
/// hiredis buffers as much as a server announces, and allocates arrays from their announced count. So nothing is given
/// to its parser before this has seen that the reply is of a kind and a size that was asked for.
enum ReplyAnnouncement: Equatable {
    /// More bytes are needed to tell.
    case unknown
    /// One value of at most the allowed size.
    case acceptable
    case refused(String)

    /// A status, an error or a number is one line, which ends within these bytes.
    static let lineByteCountMax = 4_096
    /// `$`, the digits of a length, CR.
    private static let lengthByteCountMax = 22

    /// Looks at the beginning of a reply whose value may have `valueByteCountMax` bytes.
    init(_ start: some RandomAccessCollection<UInt8>, valueByteCountMax: Int) {
        let line = start.prefix(Self.lineByteCountMax).prefix { $0 != UInt8(ascii: "\r") }
        let isWhole = line.count < start.count && line.count < Self.lineByteCountMax
        switch line.first {
        case nil:
            self = start.isEmpty ? .unknown : .refused("an empty line")
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"):
            let isTooLong = line.count >= Self.lineByteCountMax
            self = isWhole ? .acceptable : isTooLong ? .refused("a line without end") : .unknown
        case UInt8(ascii: "$"):
            guard isWhole, line.count < Self.lengthByteCountMax else {
                self = line.count < Self.lengthByteCountMax ? .unknown : .refused("a length without end")
                return
            }
            guard let length = Int(String(decoding: line.dropFirst(), as: UTF8.self)), length >= -1 else {
                self = .refused("a length that is no number")
                return
            }
            self = length <= valueByteCountMax ? .acceptable : .refused("a value of \(length) bytes")
        default:
            self = .refused("neither a value nor a status")
        }
    }
}
