import DESCore
import TestServers

/// Files of the repository.
enum Files {
    /// A container of docs/vectors.
    static func vector(_ name: String) throws -> [UInt8] {
        let root = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
        return try SmallFile.contents(of: "\(root)/docs/vectors/\(name)")
    }
}
