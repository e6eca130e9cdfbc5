import DESCore
import Glibc

/// META of a file of the tree: the user's members first, then what the file system says and the user did not.
struct FileMeta {
    var kind = Metadata.Kind.file
    var status: stat
    var user: [JSON.Member]
    /// Path of the file, whose extension says its media type.
    var path: String
    /// Where it comes from, if that is to be kept.
    var source: String?

    func encode(_ meta: inout MetaEncoder) {
        for member in user { meta.set(member.key, member.value) }
        if kind != .symlink, isOurs("mode") { meta.set(mode: Int(status.st_mode & 0o7777)) }
        if isOurs("mtime") {
            meta.set(modified: Timestamp(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec))
        }
        if kind == .file, isOurs("mime"), let member = MediaType.member(for: path) { meta.set(encoded: member) }
        if kind != .file { meta.set("type", kind.rawValue) }
        if let source, isOurs("source") { meta.set("source", source) }
    }

    private func isOurs(_ key: String) -> Bool { user.isEmpty || !user.contains { $0.key == key } }
}

/// Media types by file name extension: the common ones, as registered with IANA.
enum MediaType {
    /// The media type for the extension of a file, `nil` if it has none that we know.
    static func guess(_ path: String) -> String? {
        packedExtension(path).flatMap { extensionsByPacking[$0] }.flatMap { types[$0] }
    }

    /// The same as an encoded member of META: `"mime":"text/plain",`.
    static func member(for path: String) -> [UInt8]? { packedExtension(path).flatMap { members[$0] } }

    /// The bytes after the last dot of the last component, in lower case, as an integer: no string is made per file.
    private static func packedExtension(_ path: String) -> UInt64? {
        var path = path
        return path.withUTF8 { pack(UnsafeRawBufferPointer($0)) }
    }

    private static func pack(_ name: UnsafeRawBufferPointer) -> UInt64? {
        var packed: UInt64 = 0
        for (count, byte) in name.reversed().prefix(9).enumerated() {
            if byte == UInt8(ascii: ".") {
                let isHidden = count + 1 == name.count || name[name.count - count - 2] == UInt8(ascii: "/")
                return count == 0 || isHidden ? nil : packed
            }
            if byte == UInt8(ascii: "/") { return nil }
            packed = packed << 8 | UInt64((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte)
        }
        return nil
    }

    private static let extensionsByPacking = Dictionary(
        uniqueKeysWithValues: types.keys.map { key in
            (Array(("x." + key).utf8).withUnsafeBytes { pack($0) } ?? 0, key)
        })

    private static let members = extensionsByPacking.mapValues { key in
        Array("\"mime\":\"\(types[key] ?? "")\",".utf8)
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
