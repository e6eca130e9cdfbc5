import DESCore
import Testing

@testable import DESRuntime

/// docs/configuration.md is written from the declarations: `make docs`.
@Suite("docs/configuration.md")
struct ConfigurationDocumentTests {
    private let path = "\(Repository.path)/docs/configuration.md"

    @Test("it says what the settings are")
    func document() throws {
        if Environment.process["UPDATE_DOCS"] == "1" { try Repository.write(SettingsText.markdown, to: path) }
        let isUpToDate = try SmallFile.contents(of: path) == Array(SettingsText.markdown.utf8)
        #expect(isUpToDate, "docs/configuration.md is out of date: `make docs` makes it again")
    }

    @Test("it has every setting, its variables and its default, and nothing else")
    func settings() {
        let lines = SettingsText.markdown.split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.hasPrefix("### ") } == Settings.all.map { "### `\($0.key)`" })
        let sections = ["names", "assign", "catalog", "source", "marker", "store", "packer", "service"]
        #expect(lines.filter { $0.hasPrefix("## ") } == sections.map { "## \($0)" })
        #expect(lines.contains("* Environment: `DES_NAMES_NODE_ID`, also `DES_NODE_ID`."))
        #expect(lines.contains("* Environment: `DES_ASSIGN_TOKENS`, or a file."))
        #expect(lines.contains { $0.hasSuffix("Default: `127.0.0.1:8000`.") })
        #expect(lines.contains { $0.hasSuffix("Required.") })
        #expect(lines.contains { $0.hasSuffix("Not set: everybody who reaches the port is served.") })
    }

    @Test("the example in it is a configuration")
    func example() throws {
        let parts = SettingsText.markdown.split(separator: "```", omittingEmptySubsequences: false)
        let example = try #require(parts.first { $0.hasPrefix("yaml\n") }).dropFirst(5)
        var given = Given(file: String(example))
        given.environment = [:]
        let configuration = try given.configuration()
        #expect(configuration[Settings.nodes] == 0...15)
        #expect(configuration[Settings.assignTokens]?.count == 2)
    }

    @Test("--help has a line for each setting, in columns")
    func list() {
        let text = SettingsText.list([Settings.nodes, Settings.keyPrefix, Settings.assignTokens], indentation: "  ")
        #expect(
            text == """
                  names.node-id     required
                  names.key-prefix  default: empty
                  assign.tokens     not set: everybody who reaches the port is served
                """)
    }
}
