import DESCore
import Glibc

/// Files of the project that tests read, and write when they are told to.
enum Repository {
    /// The directory that holds Package.swift.
    static let path = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }

    static func write(_ text: String, to path: String) throws {
        let file = try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(Array(text.utf8).span.bytes)
    }
}
