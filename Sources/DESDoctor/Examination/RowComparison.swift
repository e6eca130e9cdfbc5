import DESCatalog
import DESCore

/// The entries of a committed container next to the files that the catalog has.
struct RowComparison: Sendable, Hashable {
    /// Entries whose file is here, as the index says.
    private(set) var agreeingCount = 0
    /// Entries whose file is here, but not as the index says.
    private(set) var differingCount = 0
    /// Entries whose file is in another container.
    private(set) var supersededCount = 0
    /// Entries without a file.
    private(set) var missingCount = 0
    /// The first that is wrong.
    private(set) var example: String?

    /// Compares an entry with the file of its name.
    mutating func add(_ entry: Entry, _ file: FileRecord?, in container: ContainerID) {
        guard let file else {
            missingCount += 1
            example = example ?? "\(entry.name.quoted) has no row"
            return
        }
        guard file.container == container else {
            supersededCount += 1
            return
        }
        if file.place == entry.place {
            agreeingCount += 1
        } else {
            differingCount += 1
            example = example ?? "\(entry.name.quoted) lies elsewhere, or has another length, flags or checksum"
        }
    }

    /// Files that say that they are here.
    var hereCount: Int { agreeingCount + differingCount }
}
