internal import DESCatalog
internal import DESCore

/// What becomes of a row that could not be packed.
struct RowPolicy: Sendable, Hashable {
    /// How often it is tried again.
    var retriesMax = 3
    /// Seconds before the first of these are this to the power of 0, before the second to the power of 1, and so on.
    var backoffBase = 2.0
    /// It rests no longer than this.
    static let secondsMax = 3_600.0

    /// An attempt at `row` failed through its own fault.
    func fate(_ row: ClaimedRow, _ error: DESError) -> UnpackedRow {
        let reason = error.description
        guard row.attempts < retriesMax else { return UnpackedRow(rowID: row.id, .failed(reason: reason)) }
        var seconds = 1.0
        for _ in 0..<row.attempts where seconds < RowPolicy.secondsMax { seconds *= backoffBase }
        let pause = Duration.seconds(min(seconds, RowPolicy.secondsMax))
        return UnpackedRow(rowID: row.id, .repeated(reason: reason, after: pause))
    }
}

extension DESError {
    /// Whether it may well be that nothing of the source can be read now, whichever row it is.
    var isOfSource: Bool { code == .unavailable || code == .denied }
}
