import DESCatalog
import DESCore

/// CSV: a header that names the columns, in any order, then a row a record. An empty field says nothing.
struct CSVRecords: RecordFormat {
    private var scanner = CSVScanner()
    private var columns: [RowFields.Name] = []

    var needsHeader: Bool { columns.isEmpty }

    mutating func takeHeader(
        _ bytes: Span<UInt8>, isAtEnd: Bool
    ) throws(RowProblem) -> (byteCount: Int, lineCount: Int)? {
        switch scanner.scan(bytes, isAtEnd: isAtEnd) {
        case .incomplete:
            guard !isAtEnd else { throw RowProblem("the header: a quoted field does not end") }
            return nil
        case .malformed(_, let message): throw RowProblem("the header: \(message)")
        case .record(let byteCount):
            var found: [RowFields.Name] = []
            for field in scanner.fields {
                let text = try CSVRecords.text(of: field, bytes)
                guard let name = RowFields.Name(rawValue: text) else {
                    throw RowProblem("unknown column \(RowFields.shown(text)), expected \(RowFields.Name.list)")
                }
                guard !found.contains(name) else { throw RowProblem("two columns \(name.rawValue), expected one") }
                found.append(name)
            }
            guard found.contains(.source) else { throw RowProblem("no column source, expected a header that has one") }
            columns = found
            return (byteCount, scanner.lineCount)
        }
    }

    mutating func take(_ bytes: Span<UInt8>, isAtEnd: Bool) -> Record {
        switch scanner.scan(bytes, isAtEnd: isAtEnd) {
        case .incomplete:
            return Record(content: .incomplete, whyUnended: "a quoted field does not end, expected a quote")
        case .malformed(let byteCount, let message):
            return Record(content: .problem(message), byteCount: byteCount, lineCount: scanner.lineCount)
        case .record(let byteCount):
            return Record(content: content(bytes), byteCount: byteCount, lineCount: scanner.lineCount)
        }
    }

    private func content(_ bytes: Span<UInt8>) -> Record.Content {
        if scanner.fields.count == 1, scanner.fields[0].range.isEmpty, !scanner.fields[0].isQuoted { return .blank }
        do throws(RowProblem) { return .file(try file(bytes)) } catch { return .problem(error.message) }
    }

    private func file(_ bytes: Span<UInt8>) throws(RowProblem) -> NewFile {
        guard scanner.fields.count == columns.count else {
            throw RowProblem("fields: found \(scanner.fields.count), expected \(columns.count) as in the header")
        }
        var fields = RowFields()
        for (name, field) in zip(columns, scanner.fields) where !field.range.isEmpty || name == .source {
            let text = try CSVRecords.text(of: field, bytes)
            switch name {
            case .source: try fields.setSource(text)
            case .sourceID: try fields.setSourceID(text)
            case .size: try fields.setSize(text)
            case .createdAt: try fields.setCreatedAt(text)
            case .meta:
                let value: JSON
                do throws(DESError) { value = try JSON(parsing: text) } catch {
                    throw RowProblem("meta: \(error.message)")
                }
                try fields.setMeta(value)
            }
        }
        return try fields.file()
    }

    private static func text(of field: CSVScanner.Field, _ bytes: Span<UInt8>) throws(RowProblem) -> String {
        let text = bytes.extracting(field.range).withUnsafeBufferPointer { buffer in
            guard field.hasQuotes else { return String(validating: buffer, as: UTF8.self) }
            var unquoted: [UInt8] = []
            unquoted.reserveCapacity(buffer.count)
            var isSecond = false
            for byte in buffer {
                isSecond = byte == UInt8(ascii: "\"") && !isSecond
                // The first of two quotes stands for both.
                if byte != UInt8(ascii: "\"") || isSecond { unquoted.append(byte) }
            }
            return String(validating: unquoted, as: UTF8.self)
        }
        guard let text else { throw RowProblem("not UTF-8, expected that") }
        return text
    }
}
