import DESCore
import Glibc

/// Runs the verbs of other programs, as git does: `des catalog …` is `des-admin catalog …`. So `des` needs no database library
/// to start.
enum SiblingProgram {
    /// Becomes the program that has the verb on the command line; returns if that is `des` itself.
    static func runIfMeant() {
        let arguments = (1..<max(1, Int(CommandLine.argc))).compactMap { CommandLine.unsafeArgv[$0] }
        // `des help catalog` as well.
        let words = arguments.prefix(2).map { String(cString: $0) }
        guard let verb = words.first == "help" ? words.dropFirst().first : words.first,
            let program = SiblingVerbs.programs[verb]
        else { return }
        let places = candidates(program)
        for place in places where isProgram(place) {
            // The arguments as they came, byte by byte.
            var pointers: [UnsafeMutablePointer<CChar>?] = [strdup(place)] + arguments.map { $0 } + [nil]
            execv(place, &pointers)
            fail("cannot start \(place): \(DESError.reason(errno))")
        }
        let directories = places.map { SpoolFile.directory(of: $0) }.joined(separator: ", ")
        fail(
            "'des \(verb)' needs the program \(program), which is not installed: it was looked for in \(directories); "
                + "`make services` builds it, `make install` installs it")
    }

    /// Beside this program, then in the directories of PATH.
    private static func candidates(_ program: String) -> [String] {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = max(0, readlink("/proc/self/exe", &target, target.count))
        let own = String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        var places: [String] = own.isEmpty ? [] : [SpoolFile.directory(of: own) + "/" + program]
        // An empty directory in PATH would be the current one: nobody means that.
        for directory in path.split(separator: ":") where !places.contains("\(directory)/\(program)") {
            places.append("\(directory)/\(program)")
        }
        return places
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    private static func fail(_ message: String) -> Never {
        let line = Array("des: \(message.escapingControlCharacters)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        exit(ExitStatus.failed.rawValue)
    }
}
