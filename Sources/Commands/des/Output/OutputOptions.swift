import ArgumentParser

/// How a verb prints: the same for all of them.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON object per line, errors too.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print no progress and no summary, only data and errors.")
    var quiet = false
}
