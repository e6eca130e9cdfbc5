import ArgumentParser
import DESConsole
import DESCore

struct NameParseCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "parse",
        abstract: "Say what names mean: day, time, node, sequence, shard, and where their containers are.",
        discussion: """
            What is no name is reported with the reason, and the others go on.

            EXAMPLES
              des name parse 'DES_20250101_(21BCAA000100_88)'
              des name parse --json --key-prefix archive 'DES_20250101_(21BCAA000100_88)'
              des name parse - < names.txt
            """)

    @OptionGroup var input: NameArguments
    @OptionGroup var shards: ShardOptions
    @Option(
        help: ArgumentHelp(
            "What keys of containers begin with (default: DES_NAMES_KEY_PREFIX, or nothing).", valueName: "prefix"))
    var keyPrefix: String?
    @OptionGroup var output: OutputOptions

    func validate() throws { _ = try keyPrefix(Environment.process) }

    private func keyPrefix(_ environment: Environment) throws -> String {
        try NameSetting.keyPrefix.value(keyPrefix, environment) ?? ""
    }

    func run(_ console: Console) async throws -> ExitStatus {
        let (bits, keyPrefix) = (try shards.bits(Environment.process), try keyPrefix(Environment.process))
        var isFirst = true
        return try input.forEach(console) { text in
            let name = try DESName(text)
            if console.isJSON {
                try console.print("parsed_name", name.members(bits: bits, keyPrefix: keyPrefix))
                return
            }
            if !isFirst { try console.print("") }
            isFirst = false
            try console.print(text)
            for line in NameParseCommand.lines(name, ShardLocator(of: name, bits: bits, keyPrefix: keyPrefix)) {
                try console.print(line)
            }
        }
    }

    private static func lines(_ name: DESName, _ locator: ShardLocator) -> [String] {
        // A name counts milliseconds: six of the nine digits of a second say nothing.
        let time = name.time.text.map { $0.dropLast(7) + "Z" } ?? "\(name.milliseconds) ms"
        return [
            row("prefix", name.prefix.description), row("day", name.day.description), row("time", time),
            row("node", "\(name.value.node)"), row("sequence", "\(name.value.sequence)"),
            row("shard", locator.shard.description), row("containers", locator.prefix.escapingControlCharacters),
        ]
    }

    private static func row(_ label: String, _ value: String) -> String {
        "  " + label + String(repeating: " ", count: max(1, 12 - label.count)) + value
    }
}
