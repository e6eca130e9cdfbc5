package import ArgumentParser
import DESCore
import Glibc

/// How a program of verbs begins and ends.
package enum CommandProgram {
    /// Parses the command line, runs its verb and ends the process.
    /// - Parameter program: what messages begin with.
    package static func run(_ root: any AsyncParsableCommand.Type, as program: String) async -> Never {
        do {
            try checkArguments()
            var command = try root.parseAsRoot()
            guard let verb = command as? any Verb else {
                try command.run()
                Glibc.exit(ExitStatus.done.rawValue)
            }
            Glibc.exit(await run(verb, as: program).rawValue)
        } catch {
            root.exit(withError: error)
        }
    }

    /// Opens /dev/null for standard streams that are closed, so that no file gets their numbers and their output.
    package static func occupyStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The wrong way round: data that comes from or goes to nowhere is an error, not a success.
            _ = open(
                "/dev/null", descriptor == STDERR_FILENO ? O_RDWR : descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Refuses arguments that are not UTF-8: as text they would be changed, and name another file.
    private static func checkArguments() throws {
        for number in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[number] else { break }
            let bytes = UnsafeRawBufferPointer(start: argument, count: strlen(argument))
            if String(validating: bytes, as: UTF8.self) == nil {
                let shown = String(decoding: bytes, as: UTF8.self).escapingControlCharacters
                throw ValidationError("argument \(number), \"\(shown)\", is not UTF-8")
            }
        }
    }

    /// Runs a verb and reports what it throws.
    private static func run(_ verb: any Verb, as program: String) async -> ExitStatus {
        let console = Console(verb.output, program: program)
        do {
            let status = try await verb.run(console)
            try console.flush()
            return status
        } catch let error as DESError {
            try? console.flush()  // what was written before is good
            console.report(error)
            return ExitStatus(error)
        } catch {
            console.report(DESError(.unavailable, "\(error)"))
            return .failed
        }
    }
}
