internal import CYAML
internal import DESCore

/// The one document of a YAML text, three levels deep: what configuration needs, and nothing that can be nested for ever.
struct YAMLDocument {
    /// A part of it.
    struct Node {
        indirect enum Content {
            case scalar(String)
            case sequence([Node])
            case mapping([(Node, Node)])
        }

        let content: Content
        /// From 1.
        let line: Int
    }

    let root: Node?

    init(_ text: [UInt8], path: String) throws(DESError) {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { throw DESError(.unavailable, "no memory", place: path) }
        defer { yaml_parser_delete(&parser) }
        var document = yaml_document_t()
        // libyaml keeps the pointer, so the text stays where it is until the document is loaded.
        let (isLoaded, isMore) = text.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            guard yaml_parser_load(&parser, &document) == 1 else { return (false, false) }
            var next = yaml_document_t()
            guard yaml_parser_load(&parser, &next) == 1 else { return (true, true) }
            defer { yaml_document_delete(&next) }
            return (true, yaml_document_get_root_node(&next) != nil)
        }
        guard isLoaded else {
            let what = parser.problem.map { String(cString: $0) } ?? "no YAML"
            let line = max(parser.problem_mark.line, parser.context_mark.line) + 1
            throw DESError(.invalidArgument, what, place: "\(path):\(line)")
        }
        defer { yaml_document_delete(&document) }
        guard !isMore else {
            throw DESError(.invalidArgument, "expected one YAML document, found a second one", place: path)
        }
        root = yaml_document_get_root_node(&document).map { YAMLDocument.node($0.pointee, of: &document, depth: 3) }
    }

    private static func node(_ node: yaml_node_t, of document: inout yaml_document_t, depth: Int) -> Node {
        Node(content: content(node, of: &document, depth: depth), line: Int(node.start_mark.line) + 1)
    }

    private static func content(_ node: yaml_node_t, of document: inout yaml_document_t, depth: Int) -> Node.Content {
        func child(_ index: Int32) -> Node {
            guard let child = yaml_document_get_node(&document, index)?.pointee else {
                return Node(content: .scalar(""), line: 0)
            }
            return YAMLDocument.node(child, of: &document, depth: depth - 1)
        }
        switch node.type {
        case YAML_SEQUENCE_NODE where depth > 0:
            let items = node.data.sequence.items
            return .sequence(
                (items.start..<items.top).map { child($0.pointee) })
        case YAML_MAPPING_NODE where depth > 0:
            let pairs = node.data.mapping.pairs
            return .mapping((pairs.start..<pairs.top).map { (child($0.pointee.key), child($0.pointee.value)) })
        case YAML_SEQUENCE_NODE: return .sequence([])
        case YAML_MAPPING_NODE: return .mapping([])
        default:
            let scalar = node.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            // Without quotes these say that there is no value.
            let isNone = scalar.style == YAML_PLAIN_SCALAR_STYLE && (text == "~" || text == "null")
            return .scalar(isNone ? "" : text)
        }
    }
}
