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

    /// `nil` if there is nothing in it.
    let root: Node?

    /// - Throws: ``DESCore/DESError`` with the line of what is no YAML, or too much of it.
    init(_ text: [UInt8], path: String) throws(DESError) {
        root = try text.withUnsafeBufferPointer { text throws(DESError) in
            let events = try YAMLEvents(text, path: path)
            _ = try events.next()  // the stream begins
            guard try events.next().kind == .document else { return nil }
            let root = try YAMLDocument.node(events.next(), of: events, depth: 3)
            _ = try events.next()  // the document ends
            let next = try events.next()
            guard next.kind != .document else {
                throw events.error("expected one YAML document, found a second one", next.line)
            }
            return root
        }
    }

    /// - Parameter depth: levels that are wanted. What is below them is read over.
    private static func node(
        _ event: YAMLEvents.Event, of events: YAMLEvents, depth: Int
    ) throws(DESError) -> Node {
        switch event.kind {
        case .sequence:
            var items: [Node] = []
            guard depth > 0 else { return Node(content: .sequence(try skip(events)), line: event.line) }
            while case let next = try events.next(), next.kind != .end {
                items.append(try node(next, of: events, depth: depth - 1))
            }
            return Node(content: .sequence(items), line: event.line)
        case .mapping:
            var pairs: [(Node, Node)] = []
            guard depth > 0 else { return Node(content: .sequence(try skip(events)), line: event.line) }
            while case let next = try events.next(), next.kind != .end {
                let key = try node(next, of: events, depth: depth - 1)
                pairs.append((key, try node(events.next(), of: events, depth: depth - 1)))
            }
            return Node(content: .mapping(pairs), line: event.line)
        case .scalar: return Node(content: .scalar(event.text), line: event.line)
        // They could make much of a small file.
        default: throw events.error("expected a value, not an alias of one", event.line)
        }
    }

    /// To the end of what has begun.
    private static func skip(_ events: YAMLEvents) throws(DESError) -> [Node] {
        var depth = 1
        while depth > 0 {
            let event = try events.next()
            switch event.kind {
            case .sequence, .mapping: depth += 1
            case .end: depth -= 1
            default: continue
            }
            guard depth <= 100 else { throw events.error("it is nested too deeply", event.line) }
        }
        return []
    }
}
