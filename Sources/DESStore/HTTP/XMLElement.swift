import CDESStore
import DESCore

/// An element of an answer: its name without prefix, its text, its children. Attributes are not kept.
struct XMLElement: Sendable, Equatable {
    var name: String
    var text = ""
    var children: [XMLElement] = []

    /// The answers we read are three deep.
    private static let depthMax = 16

    /// The root element of a document.
    /// - Throws: ``DESError/Code/corrupt`` for what is not XML; a DOCTYPE is refused.
    init(_ bytes: [UInt8]) throws(DESError) {
        let builder = Builder()
        let fault = bytes.withUnsafeBytes { buffer in
            des_xml_parse(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count,
                Unmanaged.passUnretained(builder).toOpaque(),
                { context, name in
                    guard let context, let name else { return }
                    Builder.at(context).start(String(cString: name))
                },
                { context in
                    guard let context else { return }
                    Builder.at(context).end()
                },
                { context, bytes, count in
                    guard let context, let bytes else { return }
                    Builder.at(context).add(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
                })
        }
        guard fault == 0, let root = builder.root, !builder.isTooDeep else {
            throw DESError(.corrupt, "the answer is not the XML that was expected (line \(max(1, fault)))")
        }
        self = root
    }

    init(name: String) { self.name = name }

    /// The first child of that name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text of the first child of that name.
    func text(_ name: String) -> String? { self[name]?.text }

    /// The text of the element of that name, anywhere in this one, if there is only one and it has no children.
    func onlyText(_ name: String) -> String? {
        let found = all(name)
        return found.count == 1 && found[0].children.isEmpty ? found[0].text : nil
    }

    private func all(_ name: String) -> [XMLElement] {
        (self.name == name ? [self] : []) + children.flatMap { $0.all(name) }
    }

    private final class Builder {
        var root: XMLElement?
        var isTooDeep = false
        private var open: [XMLElement] = []
        private var text: [[UInt8]] = []

        static func at(_ context: UnsafeMutableRawPointer) -> Builder {
            Unmanaged<Builder>.fromOpaque(context).takeUnretainedValue()
        }

        func start(_ name: String) {
            if open.count >= XMLElement.depthMax { isTooDeep = true }
            open.append(XMLElement(name: name))
            text.append([])
        }

        func add(_ bytes: UnsafeRawBufferPointer) {
            guard !text.isEmpty else { return }
            text[text.count - 1] += bytes
        }

        func end() {
            guard var element = open.popLast() else { return }
            element.text = String(decoding: text.removeLast(), as: UTF8.self)
            if isTooDeep { return }
            if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
        }
    }
}
