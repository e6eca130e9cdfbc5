internal import CDESCore
internal import Glibc

/// Little-endian integers in spans and arrays. The only place that reads or writes one.
extension RawSpan {
    /// The integer at `offset`; traps when it is not inside, so callers check lengths first.
    @inline(__always)
    func integer<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type) -> T {
        T(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// A copy of the bytes.
    public func array() -> [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    /// Asks the CPU for the first 4 KiB at once.
    @inline(__always)
    func prefetch() { withUnsafeBytes { des_prefetch($0.baseAddress, $0.count) } }

    /// Whether both spans hold the same bytes.
    @inline(__always)
    func equals(_ other: RawSpan) -> Bool {
        byteCount == other.byteCount
            && withUnsafeBytes { a in
                other.withUnsafeBytes { b in
                    guard let a = a.baseAddress, let b = b.baseAddress else { return true }
                    return memcmp(a, b, byteCount) == 0
                }
            }
    }
}

extension [UInt8] {
    /// Appends the integer, least significant byte first.
    @inline(__always)
    mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends the digits of a number that is not negative, with zeros in front up to `width`.
    mutating func append(decimal value: Int, width: Int = 1) {
        // From the last digit on: a division by a constant is a multiplication.
        append(addingCapacity: 20) { room in
            room.withUnsafeMutableBufferPointer { buffer, count in
                var rest = UInt(value)
                var first = 20
                repeat {
                    first -= 1
                    buffer[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                } while rest > 0 || 20 - first < width
                count = 20 - first
                for place in 0..<count { buffer[place] = buffer[first + place] }
            }
        }
    }

    /// Appends ASCII text that is known when the program is built.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends the bytes of a span.
    @inline(__always)
    public mutating func append(_ span: RawSpan) {
        span.withUnsafeBytes { self.append(contentsOf: $0) }
    }
}
