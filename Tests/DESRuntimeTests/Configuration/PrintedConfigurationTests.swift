import DESCore
import TestServers
import Testing

@testable import DESRuntime

@Suite("--print-config")
struct PrintedConfigurationTests {
    @Test("all settings are shown, each with where it comes from, and those that are not set as comments")
    func everything() throws {
        let given = Given(
            flags: ["assign.listen": "[::1]:1"], environment: ["DES_NAME_PREFIX": "A"],
            file: "names:\n  key-prefix: a b\nassign:\n  tokens: [0123456789abcdef]\n")
        #expect(
            try given.configuration(Settings.names + Settings.assign + Settings.service).printed == """
                names:
                  node-id: 0  # DES_NAMES_NODE_ID
                  # state-directory: not set; $STATE_DIRECTORY/nodes, else $XDG_STATE_HOME/des/nodes, else \
                ~/.local/state/des/nodes
                  node-count-max: 4  # default
                  prefix: A  # DES_NAME_PREFIX
                  shard-bits: 8  # default
                  wrap-bits: 32  # default
                  key-prefix: "a b"  # des.yaml:2
                assign:
                  listen: "[::1]:1"  # --set assign.listen
                  tokens: (not shown)  # des.yaml:4
                  body-limit: 64KiB  # default
                  request-timeout: 10s  # default
                  idle-timeout: 60s  # default
                  connections-max: 10000  # default
                service:
                  drain-timeout: 25s  # default
                  drain-delay: 1s  # default
                  log-level: info  # default

                """)
    }

    @Test("what is printed, read back as a file, gives the same values")
    func readBack() throws {
        var random = SeededGenerator(seed: 0xC0FF_EE01)
        for round in 0..<2_000 {
            let given = RandomSettings.given(using: &random)
            let configuration = try given.configuration()
            var again = Given(file: configuration.printed)
            again.environment = [:]
            let message = "seed 0xC0FFEE01, round \(round): \(configuration.printed)"
            #expect(again.problems() == [], "\(message)")
            let values = try PrintedConfigurationTests.values(again.configuration())
            #expect(try values == PrintedConfigurationTests.values(configuration), "\(message)")
        }
    }

    @Test("lists are read back too, whatever is in them")
    func lists() throws {
        // A key that files may have.
        let setting = Setting("names.key-prefix", .list(of: .text), unset: "none", help: "")
        let nodes = Setting("names.node-id", .text, unset: "none", help: "")
        for texts in [
            ["a"], ["a", "b"], ["a b", ":a", "a:b", "a: b", "[", "]", "{}", "#", "\"", "'", "&a", "*a", "-", "- a"],
        ] {
            let flag = texts.joined(separator: ",")
            let configuration = try Given(flags: [setting.key: flag]).configuration([nodes, setting])
            #expect(configuration[setting] == texts)
            #expect(try Given(file: configuration.printed).configuration([nodes, setting])[setting] == texts)
        }
    }

    @Test("no path of a file can end the comment it stands in")
    func path() throws {
        let file = ConfigurationFile(path: "a\n  shard-bits: 1 #\u{1B}", text: Array("names:\n  node-id: 0\n".utf8))
        let printed = try Configuration(Settings.all, file: file).printed
        #expect(!printed.contains("\u{1B}"))
        #expect(try Given(file: printed).configuration()[Settings.shardBits] == .standard)
    }

    /// Every setting but the secret ones, as bytes: equal strings of Swift may have different bytes.
    private static func values(_ configuration: Configuration) throws -> [[UInt8]] {
        func bytes<Value>(_ setting: Setting<Value>) -> [UInt8] {
            Array(String(reflecting: configuration[setting]).utf8)
        }
        let values = [
            bytes(Settings.nodes), bytes(Settings.stateDirectory), bytes(Settings.nodeCountMax),
            bytes(Settings.namePrefix), bytes(Settings.shardBits), bytes(Settings.wrapBits), bytes(Settings.keyPrefix),
            bytes(Settings.assignListen), bytes(Settings.assignBodyLimit), bytes(Settings.assignRequestTimeout),
            bytes(Settings.assignIdleTimeout), bytes(Settings.assignConnectionsMax), bytes(Settings.drainTimeout),
            bytes(Settings.drainDelay), bytes(Settings.logLevel), bytes(Settings.catalogConnectionsMax),
            bytes(Settings.catalogStatementTimeout), bytes(Settings.sourceTable), bytes(Settings.sourceColumns),
            bytes(Settings.sourceStatuses), bytes(Settings.sourceWhere), bytes(Settings.markerBatchSize),
            bytes(Settings.markerMinimumAge), bytes(Settings.markerInterval), bytes(Settings.markerRetriesMax),
            bytes(Settings.markerRetryBase), bytes(Settings.markerRateLimit), bytes(Settings.markerDeadLetters),
            bytes(Settings.markerDeadLetterTable), bytes(Settings.markerCheckInterval), bytes(Settings.markerNodes),
            bytes(Settings.markerListen), bytes(Settings.storeURL), bytes(Settings.packerContainerSize),
            bytes(Settings.packerContainerCount), bytes(Settings.packerAge), bytes(Settings.packerIdle),
            bytes(Settings.packerLargeSize), bytes(Settings.packerBodiesOutside), bytes(Settings.packerMemory),
            bytes(Settings.packerShardsMax), bytes(Settings.packerFetchesMax), bytes(Settings.packerLease),
            bytes(Settings.packerInterval), bytes(Settings.packerManifestInterval), bytes(Settings.packerRetriesMax),
            bytes(Settings.packerRetryBase), bytes(Settings.packerSpoolDirectory),
            bytes(Settings.packerSourceDirectory),
            bytes(Settings.packerListen),
        ]
        // A new setting belongs here too.
        try #require(values.count == Settings.all.filter { !$0.isSecret }.count)
        return values
    }
}

/// Settings as anybody may write them.
private enum RandomSettings {
    /// Any of the settings, each from a flag, a variable or a file.
    static func given(using random: inout SeededGenerator) -> Given {
        var given = Given()
        given.environment = [:]
        var file: [String: [(String, String)]] = [:]
        for setting in Settings.all where !setting.isSecret {
            guard setting.key == Settings.nodes.key || Bool.random(using: &random) else { continue }
            let text = text(of: setting, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0 where !text.isEmpty: given.environment[setting.environmentName] = text
            case 1 where text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }:
                file[setting.section, default: []].append((setting.name, text))
            default: given.flags[setting.key] = text
            }
        }
        let lines = file.flatMap { section, members in
            ["\(section):"]
                + members.map {
                    "  \($0): '\($1.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
                }
        }
        given.file = Array(lines.joined(separator: "\n").utf8)
        return given
    }

    private static func text(of setting: any SettingDeclaration, using random: inout SeededGenerator) -> String {
        func number(_ range: ClosedRange<Int>) -> String { "\(Int.random(in: range, using: &random))" }
        func one(of texts: String...) -> String { texts.randomElement(using: &random) ?? "" }
        switch setting.key {
        case "names.node-id": return one(of: number(0...255), "0-15", "0-\(number(0...255))")
        case "names.state-directory": return "/" + odd(using: &random)
        case "names.node-count-max": return number(1...256)
        case "names.prefix": return one(of: "null", "true", "0", "1e3", "0x10", "DES", "y", "1970", "07")
        case "names.shard-bits": return number(1...16)
        case "names.wrap-bits": return "32"
        case "names.key-prefix":
            let text = odd(using: &random)
            return text.hasPrefix("/") || text.hasSuffix("/") ? "" : text
        case "assign.listen": return one(of: "[::1]:1", "http://h:2/", "localhost", "0.0.0.0:0", "[fe80::1%eth0]")
        case "assign.body-limit": return one(of: "64KiB", "1MB", number(1_024...1 << 30))
        case "assign.request-timeout", "assign.idle-timeout": return one(of: "1h", "5m", "100ms", number(1...3_600))
        case "assign.connections-max": return number(1...1_000_000)
        case "source.columns", "source.statuses": return one(of: "id=a b", "new=~", "key=[", "a==", "b=null")
        case "source.table", "source.where", "marker.dead-letter-table":
            let text = odd(using: &random)
            return text.isEmpty ? "a" : text
        case "store.url", "packer.spool-directory", "packer.source-directory": return "/" + odd(using: &random)
        case "packer.container-size", "packer.memory": return one(of: "1MiB", "10MB", number(1 << 20...1 << 40))
        case "packer.large-size": return one(of: "1MiB", number(1 << 17...1 << 40))
        case "packer.container-count": return number(1...1 << 20)
        case "packer.age", "packer.idle": return one(of: "0s", "1d", "5m", number(1...3_600))
        case "packer.large-outside": return one(of: "true", "no", "1")
        case "packer.shards-max": return number(1...1_024)
        case "packer.fetches-max": return number(1...4_096)
        case "packer.lease", "packer.interval", "packer.manifest-interval":
            return one(of: "1s", "2m", number(1...3_600))
        case "packer.retries-max": return number(0...1_000)
        case "packer.retry-base": return one(of: "1", "2.5", number(1...3_600))
        case "packer.listen": return one(of: "[::1]:1", "localhost", "9100")
        case "catalog.connections-max": return number(1...100)
        case "marker.batch-size": return number(1...10_000)
        case "marker.retries-max": return number(0...1_000)
        case "marker.retry-base", "marker.rate-limit": return one(of: "2.0", "1", "1.5", number(1...3_600))
        case "marker.dead-letters": return one(of: "true", "False", "no", "1", "off")
        case "marker.minimum-age": return one(of: "0", "1", "0.5", "36h", "90m", "7d")
        case "marker.interval", "marker.check-interval", "catalog.statement-timeout":
            return one(of: "1h", "5m", "100ms", number(1...3_600))
        case "marker.node-ids": return one(of: number(0...255), "0-15", "0-\(number(0...255))")
        case "marker.listen": return one(of: "9101", "[::1]:1", "localhost", "0.0.0.0:0")
        case "service.drain-timeout", "service.drain-delay": return one(of: "0", "0.5", "1.25s", "10m", "7ms")
        default: return one(of: "INFO", "warn", "trace", "Critical")
        }
    }

    /// Anything that a variable can hold, and what YAML takes for something else.
    private static func odd(using random: inout SeededGenerator) -> String {
        let words = [
            "~", "null", "true", "- a", "-", "a: b", "a:", ":a", ": ", "#", " #", "# a", "[", "]", "{", "}", ",", "&a",
            "*a",
            "!a", "|", ">", "'", "\"", "\\", "%", "@", "`", "?", "? a", "---", "...", "<<", "=", " ", "  ", "\t", "\n",
            "\r\n",
            "\u{0}", "\u{7}", "\u{1B}", "\u{7F}", "\u{80}", "\u{85}", "\u{9F}", "\u{A0}", "\u{2028}", "\u{2029}",
            "\u{FEFF}",
            "\u{FFFE}", "\u{FFFF}", "\u{FFFD}", "é", "e\u{301}", "😀", "\u{10FFFF}", "\u{1FFFE}", "/", "a", "b", "\\n",
            "\\u0041",
        ]
        return (0..<Int.random(in: 0...4, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
            .joined()
    }
}
