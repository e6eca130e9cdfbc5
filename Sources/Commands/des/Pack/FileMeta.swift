import DESCore
import Glibc

/// META of a file of the tree: the user's members first, then what the file system says and the user did not.
struct FileMeta {
    var kind = Metadata.Kind.file
    var status: stat
    var user: [JSON.Member]
    var name: EntryName

    func encode(_ meta: inout MetaEncoder) {
        for member in user { meta.set(member.key, member.value) }
        func isOurs(_ key: String) -> Bool { user.isEmpty || !user.contains { $0.key == key } }
        if kind != .symlink, isOurs("mode") { meta.set("mode", Int(status.st_mode & 0o7777)) }
        if isOurs("mtime") {
            let time = Timestamp(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
            if let text = time.text { meta.set("mtime", text) }
        }
        if kind == .file, isOurs("mime"), let type = MediaType.guess(name) { meta.set("mime", type) }
        // The type is not the user's to change: extraction acts on it.
        if kind != .file { meta.set("type", kind.rawValue) }
    }
}

/// Media types by file name extension: the common ones, as registered with IANA.
enum MediaType {
    /// The media type for the extension of `name`, `nil` if it has none that we know.
    static func guess(_ name: EntryName) -> String? {
        let bytes = name.string.utf8
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot != bytes.startIndex,
            bytes[bytes.index(before: dot)] != UInt8(ascii: "/")
        else { return nil }
        let ending = name.string[bytes.index(after: dot)...]
        guard (1...7).contains(ending.utf8.count) else { return nil }
        return types[ending.lowercased()]
    }

    private static let types: [String: String] = [
        "aac": "audio/aac", "avif": "image/avif", "bin": "application/octet-stream", "bmp": "image/bmp",
        "bz2": "application/x-bzip2", "c": "text/x-c", "css": "text/css", "csv": "text/csv",
        "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "flac": "audio/flac", "gif": "image/gif", "gz": "application/gzip", "h": "text/x-c", "heic": "image/heic",
        "htm": "text/html", "html": "text/html", "ico": "image/vnd.microsoft.icon", "ics": "text/calendar",
        "jar": "application/java-archive", "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript",
        "json": "application/json", "jsonl": "application/jsonl", "log": "text/plain", "m4a": "audio/mp4",
        "md": "text/markdown", "mid": "audio/midi", "mjs": "text/javascript", "mov": "video/quicktime",
        "mp3": "audio/mpeg", "mp4": "video/mp4", "mpeg": "video/mpeg", "odt": "application/vnd.oasis.opendocument.text",
        "oga": "audio/ogg", "ogg": "audio/ogg", "opus": "audio/opus", "otf": "font/otf",
        "parquet": "application/vnd.apache.parquet", "pdf": "application/pdf", "png": "image/png",
        "ppt": "application/vnd.ms-powerpoint",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "py": "text/x-python", "rtf": "application/rtf", "sh": "application/x-sh", "svg": "image/svg+xml",
        "tar": "application/x-tar", "tif": "image/tiff", "tiff": "image/tiff", "ts": "video/mp2t", "ttf": "font/ttf",
        "txt": "text/plain", "wasm": "application/wasm", "wav": "audio/wav", "webm": "video/webm",
        "webp": "image/webp", "woff": "font/woff", "woff2": "font/woff2", "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xml": "text/xml",
        "yaml": "application/yaml", "yml": "application/yaml", "zip": "application/zip",
        "zst": "application/zstd",
    ]
}
