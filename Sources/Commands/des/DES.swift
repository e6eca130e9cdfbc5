import ArgumentParser
import DESConsole
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
        ],
        groupedSubcommands: [CommandGroup(name: "Verbs of des-admin", subcommands: SiblingVerbs.all)]
    )

    static func main() async {
        // Before anything is changed that the other program would inherit.
        SiblingProgram.runIfMeant()
        CommandProgram.occupyStandardDescriptors()
        signal(SIGXFSZ, SIG_IGN)  // a file over its limit is an error of write(2), and reported
        DescriptorLimit.raise()  // each directory that is packed is held open
        Memory.shareFreedParts()
        await CommandProgram.run(DES.self, as: "des")
    }
}
