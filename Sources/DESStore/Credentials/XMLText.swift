internal import DESCore

/// The text of an element in a small answer of a service that is trusted: no more of XML than that.
enum XMLText {
    /// The text of the only element `name`, which must have no attribute, no element and no entity in it.
    ///
    /// Whatever is written otherwise, or there twice, is an error, so that nothing can be taken for something else.
    static func only(_ name: String, in body: [UInt8], place: String) throws(DESError) -> String {
        let (start, end) = (Array("<\(name)>".utf8), Array("</\(name)>".utf8))
        let starts = body.indices.filter { body[$0...].starts(with: start) }
        if starts.count == 1, let first = starts.first {
            let content = body[(first + start.count)...]
            let text = content.prefix { $0 != UInt8(ascii: "<") }
            if content[text.endIndex...].starts(with: end), !text.contains(UInt8(ascii: "&")),
                let text = String(validating: text, as: UTF8.self)
            {
                return text
            }
        }
        throw DESError(.invalidArgument, "expected XML with one element \(name) that has plain text", place: place)
    }
}
