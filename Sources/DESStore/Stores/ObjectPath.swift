/// Where ``DirectoryStore`` keeps the object of a key: the names of directories and, last, of a file.
///
/// The mapping is reversible, and every name is an ordinary one of 1 to 255 bytes. See ``DirectoryStore`` for its rules.
struct ObjectPath: Equatable {
    /// From the root on, at least one.
    var names: [String]

    /// What a name says about the key it is part of.
    enum Name: Equatable {
        /// A whole component, or the end of one.
        case component([UInt8])
        /// The beginning of a component that goes on in the directory of this name.
        case beginning([UInt8])
        /// The object whose key is that of the directory it is in.
        case ownObject
    }

    /// The file name of the object whose key is that of the directory it is in. No component has a `/`.
    static let ownObject = "%2F"
    /// The directory below the root that has what is being written.
    static let workspace = ".des-tmp"

    /// What an empty component is called, and what a name ends with that goes on. No key has a NUL.
    private static let nothing = Array("%00".utf8)
    private static let nameByteCountMax = 255
    /// An escape makes five bytes of three, so that a piece of this size always fits.
    private static let pieceByteCountMax = 144

    /// The path of a key.
    init(key: String) {
        names = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .flatMap { ObjectPath.names(ofComponent: Array($0)) }
    }

    /// The names of the directories.
    var directories: ArraySlice<String> { names.dropLast() }
    /// The name of the file.
    var file: String { names.last ?? ObjectPath.ownObject }

    private static func names(ofComponent component: [UInt8]) -> [String] {
        let whole = escaped(component)
        if whole.count <= nameByteCountMax { return [String(decoding: whole, as: UTF8.self)] }
        var names: [String] = []
        var rest = component[...]
        while rest.count > pieceByteCountMax {
            // Not within a character: names are text.
            var end = rest.startIndex + pieceByteCountMax
            while rest[end] & 0xC0 == 0x80 { end -= 1 }
            names.append(String(decoding: escaped(Array(rest[..<end])) + nothing, as: UTF8.self))
            rest = rest[end...]
        }
        return names + [String(decoding: escaped(Array(rest)), as: UTF8.self)]
    }

    private static func escaped(_ component: [UInt8]) -> [UInt8] {
        if component.isEmpty { return nothing }
        var name: [UInt8] = []
        for (place, byte) in component.enumerated() {
            let isDot =
                place == 0 && ([".", "..", workspace] as [String]).contains { component.elementsEqual($0.utf8) }
            let isEscape = escape(in: component[place...]) != nil
            if isDot || isEscape {
                name += Array(isDot ? "%2E".utf8 : "%25".utf8)
            } else {
                name.append(byte)
            }
        }
        return name
    }

    /// The byte that `bytes` begin with in escaped form: a `%` and two upper-case hexadecimal digits.
    private static func escape(in bytes: ArraySlice<UInt8>) -> UInt8? {
        guard bytes.count >= 3, bytes.first == UInt8(ascii: "%"),
            let high = digit(bytes[bytes.startIndex + 1]), let low = digit(bytes[bytes.startIndex + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// What a name in a directory says; whether a store would have given it that name is known once the key is.
    static func meaning(of name: String) -> Name {
        if name == ownObject { return .ownObject }
        var bytes = Array(name.utf8)
        if bytes == nothing { return .component([]) }
        let isBeginning = bytes.suffix(nothing.count).elementsEqual(nothing)
        if isBeginning { bytes.removeLast(nothing.count) }
        var component: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let escaped = escape(in: bytes[place...])
            component.append(escaped ?? bytes[place])
            place += escaped == nil ? 1 : 3
        }
        return isBeginning ? .beginning(component) : .component(component)
    }

    /// Whether both are the same files: strings that look alike may be different names.
    static func == (first: ObjectPath, second: ObjectPath) -> Bool {
        first.names.count == second.names.count
            && zip(first.names, second.names).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }
}
