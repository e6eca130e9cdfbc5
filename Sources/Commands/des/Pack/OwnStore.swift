import DESCore

/// The directory that a pack writes its containers into, should the walk meet it: they are not packed into themselves.
struct OwnStore: Sendable {
    private let directory: FileIdentity
    private let faults: Faults

    init(directory: FileIdentity, faults: Faults) { (self.directory, self.faults) = (directory, faults) }

    /// Whether `children` are those of the store; it is then said that it is left out.
    func isLeftOut(_ children: Children, at path: String) -> Bool {
        guard children.directory == directory else { return false }
        faults.note("des: \(path): is the store itself, not packed")
        return true
    }
}
