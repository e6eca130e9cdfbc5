import DESCatalog
import DESCore

/// JSON lines: an object each.
struct JSONRecords: RecordFormat {
    var needsHeader: Bool { false }

    mutating func takeHeader(_ bytes: Span<UInt8>, isAtEnd: Bool) -> (byteCount: Int, lineCount: Int)? { nil }

    mutating func take(_ bytes: Span<UInt8>, isAtEnd: Bool) -> Record {
        let newline = bytes.firstIndex(of: UInt8(ascii: "\n"))
        guard let end = newline ?? (isAtEnd ? bytes.count : nil) else { return Record(content: .incomplete) }
        let byteCount = newline.map { $0 + 1 } ?? end
        let line = bytes.extracting(..<end)
        return Record(content: JSONRecords.content(of: line), byteCount: byteCount)
    }

    private static func content(of line: Span<UInt8>) -> Record.Content {
        if isBlank(line) { return .blank }
        do throws(RowProblem) { return .file(try file(of: line)) } catch { return .problem(error.message) }
    }

    private static func isBlank(_ line: Span<UInt8>) -> Bool {
        for place in line.indices {
            switch line[place] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): continue
            default: return false
            }
        }
        return true
    }

    private static func file(of line: Span<UInt8>) throws(RowProblem) -> NewFile {
        let json: JSON
        do throws(DESError) { json = try JSON(parsing: line.bytes) } catch {
            throw RowProblem(error.message + (error.offset.map { " (at byte \($0) of the line)" } ?? ""))
        }
        guard case .object(let members) = json else {
            throw RowProblem(#"not an object, expected one such as {"source": "s3://bucket/key"}"#)
        }
        var fields = RowFields()
        var seen: Set<RowFields.Name> = []
        for member in members {
            guard let name = RowFields.Name(rawValue: member.key) else {
                throw RowProblem("unknown member \(RowFields.shown(member.key)), expected \(RowFields.Name.list)")
            }
            guard seen.insert(name).inserted else {
                throw RowProblem("\(name.rawValue): is there twice, expected it once")
            }
            if case .null = member.value, name != .source { continue }
            try set(name, member.value, &fields)
        }
        return try fields.file()
    }

    private static func set(_ name: RowFields.Name, _ value: JSON, _ fields: inout RowFields) throws(RowProblem) {
        switch (name, value) {
        case (.source, .string(let text)): try fields.setSource(text)
        case (.sourceID, .string(let text)): try fields.setSourceID(text)
        case (.size, .number(let digits)): try fields.setSize(digits)
        case (.createdAt, .string(let text)): try fields.setCreatedAt(text)
        case (.meta, _): try fields.setMeta(value)
        case (.size, _): throw RowProblem("size: not a number, expected bytes as a whole number")
        default: throw RowProblem("\(name.rawValue): not a string, expected one")
        }
    }
}
