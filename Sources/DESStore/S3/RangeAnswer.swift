import DESCore

/// What an answer to a GET with a Range holds, and whether that is what was asked for.
///
/// The status is not enough: some servers answer a Range with 200 and a Content-Range, some ignore it.
struct RangeAnswer {
    private let response: HTTPResponse
    private let range: ObjectRange

    init(_ response: HTTPResponse, _ range: ObjectRange) { (self.response, self.range) = (response, range) }

    /// - Throws: ``DESError/Code/unavailable``, transient: something between here and the store has spoilt the answer.
    func bytes(_ place: String) throws(DESError) -> (bytes: [UInt8], start: Int, byteCount: Int) {
        guard let text = response.headers["content-range"] else {
            guard response.status == 200 else {
                throw fault("status \(response.status) comes without a Content-Range", place)
            }
            return whole()
        }
        guard let stated = RangeAnswer.parse(text) else { throw fault("Content-Range is \"\(text)\"", place) }
        let expected = range.bounds(in: stated.byteCount)
        guard stated.range == expected, response.body.count == expected.count else {
            throw fault(
                "\(response.body.count) bytes came as \"\(text)\", \(expected.lowerBound) to \(expected.upperBound - 1) "
                    + "were asked for", place)
        }
        return (response.body, expected.lowerBound, stated.byteCount)
    }

    /// The Range was ignored, and the object is not longer than what was asked for.
    private func whole() -> (bytes: [UInt8], start: Int, byteCount: Int) {
        let expected = range.bounds(in: response.body.count)
        return (Array(response.body[expected]), expected.lowerBound, response.body.count)
    }

    private func fault(_ message: String, _ place: String) -> DESError {
        var error = DESError(.unavailable, "the answer does not fit the request: " + message, place: place)
        error.isTransient = true
        return error
    }

    /// `bytes 0-9/100`.
    static func parse(_ text: String) -> (range: Range<Int>, byteCount: Int)? {
        guard text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        let bounds = parts.first?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, bounds.count == 2, let byteCount = Int(parts[1]), let first = Int(bounds[0]),
            let last = Int(bounds[1]), first >= 0, last >= first, last < byteCount
        else { return nil }
        return (first..<last + 1, byteCount)
    }
}
