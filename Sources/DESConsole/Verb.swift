package import ArgumentParser
package import DESCore

/// A subcommand: it prints to the console it is given and says how it went.
package protocol Verb: AsyncParsableCommand {
    /// How it prints.
    var output: OutputOptions { get }

    /// Does the work.
    func run(_ console: Console) async throws -> ExitStatus
}
