import DESCore

/// Reads what is behind `http:` and `https:` URLs, in ranges, without credentials. A few redirections are followed.
///
/// A server that does not know ranges is read as well, as long as what it has is not longer than what is asked for.
public final class WebReader: Sendable {
    private let client: HTTPClient

    private static let redirectionCountMax = 5

    /// - Parameter certificates: to trust in place of the system's, a file in PEM.
    public init(certificates: String? = nil) throws {
        var options = HTTPClient.Options()
        options.certificates = certificates
        client = try HTTPClient(options)
    }

    /// Those bytes of `range` that are there. The version is the server's ETag, else its Last-Modified; if it gives neither,
    /// an empty text that fits any.
    /// - Parameter etag: the version that is wanted.
    /// - Throws: ``DESError``, as ``ObjectStore/get(_:_:ifMatch:)``.
    public func get(_ url: String, _ range: ObjectRange, ifMatch etag: ETag?) async throws -> ObjectBytes {
        var target = url
        for _ in 0...WebReader.redirectionCountMax {
            let response: HTTPResponse
            do { response = try await client.send(request(target, range)) } catch let error as DESError {
                throw error.at(url)
            }
            if (300..<400).contains(response.status), let place = response.headers["location"] {
                guard let next = WebReader.resolve(place, against: target) else {
                    throw DESError(.invalidArgument, "is redirected to \"\(place)\", which is no URL", place: url)
                }
                target = next
                continue
            }
            return try bytes(of: response, range, etag, url)
        }
        throw DESError(.invalidArgument, "is redirected more than \(WebReader.redirectionCountMax) times", place: url)
    }

    private func request(_ url: String, _ range: ObjectRange) -> HTTPRequest {
        var request = HTTPRequest(url: url)
        switch range {
        case .bytes(let range): request.headers = [("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")]
        case .suffix(let count): request.headers = [("Range", "bytes=-\(count)")]
        }
        request.answerByteCountMax = max(range.byteCountMax, 1 << 16)
        return request
    }

    private func bytes(
        of response: HTTPResponse, _ range: ObjectRange, _ etag: ETag?, _ url: String
    ) throws -> ObjectBytes {
        guard [200, 206, 416].contains(response.status) else {
            throw S3Failure(response, "GET", url).error
        }
        let version = response.headers["etag"] ?? response.headers["last-modified"] ?? ""
        let found = ETag(version.hasPrefix("\"") ? String(version.dropFirst().dropLast()) : version)
        if let etag, !etag.description.isEmpty, found != etag {
            throw DESError(.changed, "is \"\(found)\" now, \"\(etag)\" was expected", place: url)
        }
        if response.status == 416 {
            // `bytes */0`: there is nothing.
            let text = response.headers["content-range"]?.split(separator: "/").last
            guard let byteCount = text.flatMap({ Int($0) }) else {
                throw DESError(.unsupported, "the server does not say how long it is", place: url)
            }
            return ObjectBytes(bytes: [], start: byteCount, byteCount: byteCount, etag: found)
        }
        let part = try RangeAnswer(response, range).bytes(url)
        return ObjectBytes(bytes: part.bytes, start: part.start, byteCount: part.byteCount, etag: found)
    }

    /// Where a redirection leads: a whole URL, a path, or one beside what was asked for.
    static func resolve(_ place: String, against url: String) -> String? {
        let lowered = place.lowercased()
        if lowered.hasPrefix("http://") || lowered.hasPrefix("https://") { return place }
        guard let scheme = url.range(of: "://") else { return nil }
        if place.hasPrefix("//") { return url[..<scheme.lowerBound] + ":" + place }
        let path = url[scheme.upperBound...].firstIndex { "/?#".contains($0) } ?? url.endIndex
        if place.hasPrefix("/") { return url[..<path] + place }
        guard !place.contains("://"), !place.isEmpty else { return nil }
        let end = url[path...].firstIndex { "?#".contains($0) } ?? url.endIndex
        guard let slash = url[path..<end].lastIndex(of: "/") else { return url[..<path] + "/" + place }
        return url[...slash] + place
    }
}

extension String {
    /// The first place of a text, without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
