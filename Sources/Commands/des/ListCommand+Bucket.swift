import DESConsole
import DESCore
import DESStore

extension ListCommand {
    /// Lists the objects of a bucket below a prefix, what lies deeper as prefixes, page by page.
    func list(_ location: S3Location, _ console: Console) async throws -> ExitStatus {
        let store = try await Place.bucket(location.bucket)
        var (token, isEmpty): (String?, Bool) = (nil, true)
        // A listing that goes round in circles is an error, and not printed for ever.
        var tokens: Set<String> = []
        repeat {
            let page = try await store.list(location.key, isFlat: false, after: token)
            for prefix in page.prefixes { try print(prefix: prefix, store, console) }
            for object in page.objects { try print(object, store, console) }
            isEmpty = isEmpty && page.objects.isEmpty && page.prefixes.isEmpty
            token = page.next
            if let token, !tokens.insert(token).inserted {
                throw DESError(.unavailable, "the listing does not end", place: location.text)
            }
        } while token != nil
        if isEmpty, !location.key.isEmpty {
            throw DESError(.notFound, "there is nothing below this prefix", place: location.text)
        }
        return .done
    }

    private func print(prefix: String, _ store: some ObjectStore, _ console: Console) throws {
        if console.isJSON {
            try console.print("prefix", [JSON.Member("url", .string(store.place(prefix)))])
        } else {
            let url = store.place(prefix).escapingControlCharacters
            try console.print(long ? String(repeating: " ", count: 14 + 19 + 2) + url : url)
        }
    }

    private func print(_ object: ObjectInfo, _ store: some ObjectStore, _ console: Console) throws {
        let url = store.place(object.key)
        let time = object.modified?.text
        if console.isJSON {
            try console.print(
                "object",
                [
                    JSON.Member("url", .string(url)), JSON.Member("size", .integer(object.byteCount)),
                    JSON.Member("etag", .string(object.etag.description)),
                    JSON.Member("modified", time.map { .string($0) } ?? .null),
                ])
        } else if long {
            let size = String(object.byteCount)
            let shown = time.map { $0.prefix(10) + " " + $0.dropFirst(11).prefix(8) } ?? "-"
            try console.print(
                String(repeating: " ", count: max(0, 12 - size.count)) + size + "  " + shown
                    + String(repeating: " ", count: max(0, 19 - shown.count)) + "  " + url.escapingControlCharacters)
        } else {
            try console.print(url.escapingControlCharacters)
        }
    }
}
