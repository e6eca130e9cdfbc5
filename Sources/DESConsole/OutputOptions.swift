import ArgumentParser

/// How a verb prints: the same for all of them.
package struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON object per line, errors too.")
    package var json = false

    @Flag(name: .shortAndLong, help: "Print no progress and no summary, only data and errors.")
    package var quiet = false

    /// No flags.
    package init() {}
}
