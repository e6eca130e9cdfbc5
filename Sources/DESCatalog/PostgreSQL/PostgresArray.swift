/// The text of a PostgreSQL array: one value for a whole column of a batch.
struct PostgresArray {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    init() {}

    init(_ numbers: some Sequence<Int>) {
        for number in numbers { append(number) }
    }

    init(_ texts: some Sequence<String>) {
        for text in texts { append(text) }
    }

    /// Texts that mean nothing but themselves: names, days, hexadecimal digits.
    init(plain texts: [String]) {
        bytes.reserveCapacity(texts.count * ((texts.first?.utf8.count ?? 0) + 1) + 2)
        for text in texts {
            separate()
            bytes += text.utf8
        }
    }

    mutating func append(_ number: Int) {
        separate()
        bytes += String(number).utf8
    }

    mutating func append(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func separate() {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    }

    var text: String { String(decoding: bytes + [UInt8(ascii: "}")], as: UTF8.self) }
    var value: SQLValue { .text(text) }
}
