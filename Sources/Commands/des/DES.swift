import ArgumentParser
import DESCore
import Glibc

@main
struct DES: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "des",
        abstract: "Packs many small files into one container and reads any of them back at once.",
        discussion: """
            EXAMPLES
              des pack photos -o photos.des        pack a directory
              des ls photos.des '*.jpg'            list what is in it
              des cat photos.des 2024/a.jpg        write one file to standard output
              des extract photos.des -C restored   write files to a directory
              des verify photos.des                check every byte
              des name new --node-id 0-15          make a name that no other file has

            EXIT STATUS
            \(ExitStatus.table)
            """,
        version: DESVersion.text,
        subcommands: [
            PackCommand.self, ListCommand.self, CatCommand.self, ExtractCommand.self, InfoCommand.self,
            VerifyCommand.self, CopyCommand.self, LocateCommand.self, NameCommand.self,
        ]
    )

    static func main() async {
        occupyStandardDescriptors()
        signal(SIGXFSZ, SIG_IGN)  // a file over its limit is an error of write(2), and reported
        raiseDescriptorLimit()
        Memory.shareFreedParts()
        do {
            try checkArguments()
            var command = try parseAsRoot()
            guard let verb = command as? any Verb else {
                try command.run()
                return
            }
            Glibc.exit(await run(verb).rawValue)
        } catch {
            exit(withError: error)
        }
    }

    /// As many open files as the system allows: each directory that is packed is held open.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
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

    /// Opens /dev/null for standard streams that are closed, so that no file gets their numbers and their output.
    private static func occupyStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The wrong way round: data that comes from or goes to nowhere is an error, not a success.
            _ = open(
                "/dev/null", descriptor == STDERR_FILENO ? O_RDWR : descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Runs a verb and reports what it throws.
    private static func run(_ verb: any Verb) async -> ExitStatus {
        let console = Console(verb.output)
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

/// A subcommand: it prints to the console it is given and says how it went.
protocol Verb: AsyncParsableCommand {
    /// How it prints.
    var output: OutputOptions { get }

    /// Does the work.
    func run(_ console: Console) async throws -> ExitStatus
}
