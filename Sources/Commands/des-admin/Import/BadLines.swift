import DESConsole
import DESCore

/// Reports lines that are no rows: the first ones, then how many there were.
struct BadLines {
    private(set) var count = 0
    private let console: Console

    static let shownCount = 20

    init(_ console: Console) { self.console = console }

    mutating func report(_ problem: ImportBatch.Problem) {
        count += 1
        guard count <= BadLines.shownCount else { return }
        if console.isJSON {
            console.report(DESError(.invalidArgument, problem.message, place: problem.place), status: .partial)
        } else {
            console.message("\(problem.place): \(problem.message)".escapingControlCharacters)
        }
    }

    func finish() {
        guard count > BadLines.shownCount, !console.isJSON else { return }
        console.message("… and \(Amounts.count(count - BadLines.shownCount)) more bad lines")
    }
}
