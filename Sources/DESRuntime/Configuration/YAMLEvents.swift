internal import CYAML
internal import DESCore

/// What libyaml finds in a text, one after the other.
///
/// Not its tree of a whole document: it takes a time that is quadratic in how deep the text is nested.
final class YAMLEvents {
    /// Where something begins or ends.
    struct Event {
        enum Kind {
            case document, sequence, mapping, scalar, alias, end, other
        }

        let kind: Kind
        /// Of a scalar.
        var text = ""
        /// From 1.
        let line: Int
    }

    private let text: UnsafeBufferPointer<UInt8>
    private let path: String
    /// At one place for as long as it lives: it points to itself.
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)

    /// The events of `text`, which has to outlive them.
    init(_ text: UnsafeBufferPointer<UInt8>, path: String) throws(DESError) {
        (self.text, self.path) = (text, path)
        parser.initialize(to: yaml_parser_t())
        guard yaml_parser_initialize(parser) == 1 else { throw DESError(.unavailable, "no memory", place: path) }
        yaml_parser_set_input_string(parser, text.baseAddress, text.count)
        // libyaml would take UTF-16 too, and says no line.
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if let line = lines.firstIndex(where: { String(validating: $0, as: UTF8.self) == nil }) {
            throw error("expected UTF-8", line + 1)
        }
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// An error at a line.
    func error(_ what: String, _ line: Int) -> DESError {
        DESError(.invalidArgument, what, place: "\(path):\(line)")
    }

    /// The next one. After the last it is ``Event/Kind/other``.
    func next() throws(DESError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem }
        defer { yaml_event_delete(&event) }
        let line = Int(event.start_mark.line) + 1
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: return Event(kind: .document, line: line)
        case YAML_SEQUENCE_START_EVENT: return Event(kind: .sequence, line: line)
        case YAML_MAPPING_START_EVENT: return Event(kind: .mapping, line: line)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return Event(kind: .end, line: line)
        case YAML_ALIAS_EVENT: return Event(kind: .alias, line: line)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            // Without quotes these say that there is no value.
            let isNone = scalar.style == YAML_PLAIN_SCALAR_STYLE && (text == "~" || text == "null")
            return Event(kind: .scalar, text: isNone ? "" : text, line: line)
        default: return Event(kind: .other, line: line)
        }
    }

    /// Why there is no next one.
    private var problem: DESError {
        let what = parser.pointee.problem.map { String(cString: $0) } ?? "no YAML"
        if parser.pointee.error == YAML_READER_ERROR {  // which says no line
            return error(what, text[..<min(text.count, parser.pointee.problem_offset)].count { $0 == 0x0A } + 1)
        }
        let line = Int(max(parser.pointee.problem_mark.line, parser.pointee.context_mark.line))
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let isIndentedByTab = lines.indices.contains(line) && lines[line].first { $0 != 0x20 } == 0x09
        return error(isIndentedByTab ? "expected blanks to indent with, not a tab" : what, line + 1)
    }
}
