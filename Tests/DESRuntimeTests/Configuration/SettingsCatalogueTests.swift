import DESCore
import Logging
import Testing

@testable import DESRuntime

@Suite("The settings there are")
struct SettingsCatalogueTests {
    @Test("keys are a section and a name of small letters, digits and single hyphens")
    func keys() {
        for setting in Settings.all {
            let isWellFormed = setting.key.wholeMatch(of: /[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*/) != nil
            #expect(isWellFormed, "\(setting.key)")
            #expect("\(setting.section).\(setting.name)" == setting.key)
        }
    }

    @Test("no two settings have one key")
    func uniqueKeys() {
        #expect(Set(Settings.all.map(\.key)).count == Settings.all.count)
    }

    @Test("no variable means two things: not with its earlier names, those of files of secrets, or that of the file")
    func uniqueVariables() {
        var names = ["DES_CONFIG"]
        for setting in Settings.all {
            let own = [setting.environmentName] + setting.earlierNames
            names += own + (setting.isSecret ? own.map { $0 + "_FILE" } : [])
        }
        #expect(Set(names).count == names.count)
        for name in names {
            let isWellFormed = name.wholeMatch(of: /[A-Z][A-Z0-9_]*/) != nil
            #expect(isWellFormed, "\(name)")
        }
    }

    @Test("names of variables follow from keys")
    func variableNames() {
        #expect(Settings.nodes.environmentName == "DES_NAMES_NODE_ID")
        #expect(Settings.assignRequestTimeout.environmentName == "DES_ASSIGN_REQUEST_TIMEOUT")
    }

    @Test("every default is a value of its setting")
    func defaults() throws {
        let configuration = try Given().configuration()
        for setting in Settings.all {
            guard case .standard(let text) = setting.presence else { continue }
            // Lists have none: the text of one would have to be split here.
            #expect(!setting.isList, "\(setting.key)")
            _ = try setting.value(of: [text])
        }
        // Some that clients rely on.
        #expect(configuration[Settings.assignListen] == Endpoint(host: "127.0.0.1", port: 8_000))
        #expect(configuration[Settings.namePrefix].description == "DES")
        #expect(configuration[Settings.shardBits] == .standard)
        #expect(configuration[Settings.wrapBits] == 32)
        #expect(configuration[Settings.assignBodyLimit] == 65_536)
        #expect(configuration[Settings.drainTimeout] == .seconds(25))
        #expect(configuration[Settings.logLevel] == .info)
    }

    @Test("what is named as an example of a value is one")
    func examples() throws {
        for setting in Settings.all {
            guard let place = setting.expected.firstRange(of: "such as ")?.upperBound else { continue }
            let words = setting.expected[place...].split { $0 == " " || $0 == "," }.map(String.init)
            let examples = words.filter { $0.contains { $0.isNumber } }.prefix(3)
            #expect(!examples.isEmpty)
            for example in examples {
                #expect(throws: Never.self, "\(setting.key): \(example)") { try setting.value(of: [example]) }
            }
        }
    }

    @Test("helps are sentences")
    func helps() {
        for setting in Settings.all {
            #expect(setting.help.hasSuffix(".") && setting.help.first?.isUppercase == true, "\(setting.key)")
            #expect(!setting.expected.hasSuffix(".") && !setting.expected.isEmpty, "\(setting.key)")
            switch setting.presence {
            case .required(let why): #expect(!why.isEmpty && !why.hasSuffix("."), "\(setting.key)")
            case .optional(let what): #expect(!what.isEmpty && !what.hasSuffix("."), "\(setting.key)")
            case .standard: break
            }
        }
    }

    @Test("the settings of a section stand together, in their order")
    func order() {
        var sections: [String] = []
        for setting in Settings.all where sections.last != setting.section { sections.append(setting.section) }
        #expect(sections == ["names", "assign", "catalog", "source", "marker", "store", "packer", "service"])
    }

    @Test("what is a secret is marked as one")
    func secrets() {
        let secrets = Settings.all.filter(\.isSecret).map(\.key)
        #expect(secrets == ["assign.tokens", "catalog.url"])
        for setting in Settings.all where !setting.isSecret {
            for word in ["token", "secret", "password", "credential"] {
                #expect(!setting.key.contains(word), "\(setting.key)")
            }
        }
    }
}
