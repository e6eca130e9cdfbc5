import DESCore

extension ListPage {
    /// The answer to ListObjectsV2 with `encoding-type=url`.
    init(_ document: XMLElement, place: String) throws(DESError) {
        guard document.name == "ListBucketResult" else {
            throw DESError(
                .unsupported, "a listing begins with <\(document.name)>, not <ListBucketResult>", place: place)
        }
        let isEncoded = document.text("EncodingType") == "url"
        func key(_ text: String?) throws(DESError) -> String {
            guard let text, let key = isEncoded ? text.decodingListing : text else {
                throw DESError(.unsupported, "a listing has a key that cannot be decoded", place: place)
            }
            return key
        }
        self.init(objects: [])
        for child in document.children {
            switch child.name {
            case "Contents":
                guard let byteCount = child.text("Size").flatMap({ Int($0) }), byteCount >= 0 else {
                    throw DESError(.unsupported, "a listing has an object without Size", place: place)
                }
                objects.append(
                    ObjectInfo(
                        key: try key(child.text("Key")), byteCount: byteCount,
                        etag: ETag(child.text("ETag")?.filter { $0 != "\"" } ?? ""),
                        modified: child.text("LastModified").flatMap { Timestamp($0) }))
            case "CommonPrefixes": prefixes.append(try key(child.text("Prefix")))
            default: break
            }
        }
        if document.text("IsTruncated") == "true" {
            next = document.text("NextContinuationToken")
            guard next?.isEmpty == false else {
                throw DESError(.unsupported, "a listing goes on, but does not say from where", place: place)
            }
        }
    }
}
