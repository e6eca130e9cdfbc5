import ArgumentParser

@main
struct DES: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "des")
}
