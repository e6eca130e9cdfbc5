internal import DESCatalog
internal import DESCore

/// Which days and shards are looked at next: all of them in turn, so many at a time that it does not take long.
struct SurveyWindow: Sendable {
    private(set) var after: PackPlace?
    private(set) var width = 32

    private static let widths = 8...1_024
    /// A survey that takes longer is of fewer places next time.
    private static let timeMax = Duration.milliseconds(500)

    /// - Parameter start: any place: packers that begin at different ones are less in each other's way.
    init(after start: PackPlace?) { after = start }

    /// The survey was made, and took so long.
    mutating func took(_ time: Duration, _ survey: PackSurvey) {
        after = survey.last
        width = time > SurveyWindow.timeMax ? max(width / 2, SurveyWindow.widths.lowerBound) : width
        if time < SurveyWindow.timeMax / 4 { width = min(width * 2, SurveyWindow.widths.upperBound) }
    }

    /// It took too long to come to an end.
    mutating func failed() { width = max(width / 4, SurveyWindow.widths.lowerBound) }

    /// Nothing lies after it: the next survey begins with the first place.
    var isAtStart: Bool { after == nil }
}
