import DESCore

/// A packed file, as its container has it.
struct PackedCopy: Sendable {
    let deployment: Deployment
    /// That found the entry.
    let reader: ContainerReader
    let entry: Entry
    /// Of the container.
    let key: String

    /// Whether its bytes, which are right by their checksum, are those of the source. Both are read in pieces.
    /// - Throws: ``DESError`` of the source: it says nothing about the copy.
    func compare(with source: any ByteSource) async throws -> Evidence<Bool> {
        guard entry.location.bodyCRC != nil else { return .unknown("the packed copy has no checksum") }
        var failure: (any Error)?
        var isFirst = true
        let evidence = try await deployment.look {
            // A second look begins with a reader that holds no bytes of the first.
            let reader = isFirst ? reader : try await deployment.open(key)
            isFirst = false
            // Without it nobody would know any more where the file came from.
            _ = try await reader.metadata(of: entry)
            do { return try await isEqual(source, reader) } catch let error as SourceFailure {
                failure = error.error
                return false
            }
        }
        if let failure { throw failure }
        return evidence
    }

    private struct SourceFailure: Error {
        let error: any Error
    }

    private func isEqual(_ source: any ByteSource, _ reader: ContainerReader) async throws -> Bool {
        var start = 0
        var isEqual = true
        // To the end, also when they differ: only then it is known whether the copy is right.
        for try await piece in reader.pieces(of: entry) {
            let range = start..<start + piece.count
            if isEqual {
                do { isEqual = try await source.read(range) == piece } catch { throw SourceFailure(error: error) }
            }
            start = range.upperBound
        }
        return isEqual
    }
}
