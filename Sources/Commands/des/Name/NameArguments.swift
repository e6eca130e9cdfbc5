import ArgumentParser
import DESConsole
import DESCore

/// The names that a verb is asked about.
struct NameArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The names; - reads them from standard input, one a line.", valueName: "name"))
    var names: [String]

    /// Calls `body` with each name, in order. A name that it calls invalid is reported, and the others go on.
    func forEach(_ console: Console, _ body: (String) throws -> Void) throws -> ExitStatus {
        var (good, bad) = (0, 0)
        func take(_ name: () throws -> String) throws {
            do {
                try body(name())
                good += 1
            } catch let error as DESError where error.code == .invalidArgument {
                console.report(error)
                bad += 1
            }
        }
        for name in names {
            guard name == "-" else {
                try take { name }
                continue
            }
            var input = InputLines()
            while let lines = try input.next() {
                for line in lines { try take { try line.text() } }
                try console.flush()  // whoever asks through pipes waits for the answer before asking again
            }
        }
        return bad == 0 ? .done : good == 0 ? .failed : .partial
    }
}
