import ArgumentParser
import DESConsole
import DESCore

struct NameShardCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "shard",
        abstract: "Print the shard of names, which may be any text.",
        discussion: """
            SHARD and NAME with a tab between, one a line. The shard is made of the leading bits of the SHA-256 of the name.

            EXAMPLES
              des name shard 'DES_20250101_(21BCAA000100_88)' 2024/a.jpg
              des name new --node-id 7 --count 1000 | des name shard --bits 4 -
            """)

    @OptionGroup var input: NameArguments
    @OptionGroup var shards: ShardOptions
    @OptionGroup var output: OutputOptions

    func run(_ console: Console) async throws -> ExitStatus {
        let bits = try shards.bits(Environment.process)
        return try input.forEach(console) { name in
            let shard = ShardID(of: name, bits: bits)
            if console.isJSON {
                try console.print(
                    "shard", [JSON.Member("name", .string(name)), JSON.Member("shard_id", .integer(shard.number))])
            } else {
                try console.print("\(shard)\t\(console.isTerminal ? name.escapingControlCharacters : name)")
            }
        }
    }
}

/// How many shards there are.
struct ShardOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A day has two to the power of this many shards (default: DES_NAMES_SHARD_BITS, or 8).",
            valueName: "1 to 16"))
    var bits: String?

    func validate() throws { _ = try bits(Environment.process) }

    func bits(_ environment: Environment) throws -> ShardBits {
        try NameSetting.shardBits("--bits").value(bits, environment) ?? .standard
    }
}
