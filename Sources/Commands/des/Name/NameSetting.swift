import ArgumentParser
import DESCore

/// Something about names that a flag says, or else a variable that the services read too.
struct NameSetting<Value> {
    private let flag: String
    /// In the order in which they are asked: the name of the setting, then that of the earlier system.
    private let variables: [String]
    /// Completes "expected ".
    private let expected: String
    private let parse: (String) throws(DESError) -> Value?

    /// The value; `nil` if it is set nowhere.
    /// - Throws: `ValidationError`: wrong usage, also where a variable is wrong.
    func value(_ text: String?, _ environment: Environment) throws -> Value? {
        if let text { return try value(text, from: flag) }
        for variable in variables {
            if let text = environment[variable] { return try value(text, from: variable) }
        }
        return nil
    }

    private func value(_ text: String, from origin: String) throws -> Value {
        let written = "\"" + text.escapingControlCharacters + "\""
        do {
            if let value = try parse(text) { return value }
        } catch {
            throw ValidationError("\(origin): \(error.message), not \(written)")
        }
        throw ValidationError("\(origin): expected \(expected), not \(written)")
    }
}

extension NameSetting where Value == ClosedRange<UInt8> {
    static var nodes: Self {
        Self(
            flag: "--node-id", variables: ["DES_NAMES_NODE_ID", "DES_NODE_ID"], expected: NodeRange.expected,
            parse: { NodeRange.parse($0) })
    }
}

extension NameSetting where Value == NamePrefix {
    static var prefix: Self {
        Self(
            flag: "--prefix", variables: ["DES_NAMES_PREFIX", "DES_NAME_PREFIX"], expected: "ASCII letters and digits",
            parse: { text throws(DESError) in try NamePrefix(text) })
    }
}

extension NameSetting where Value == ShardBits {
    static func shardBits(_ flag: String) -> Self {
        Self(
            flag: flag, variables: ["DES_NAMES_SHARD_BITS", "DES_SHARD_BITS"],
            expected: "a whole number from 1 to 16", parse: { text in Int(text).flatMap { try? ShardBits($0) } })
    }
}

extension NameSetting where Value == String {
    static var state: Self {
        Self(
            flag: "--state", variables: ["DES_NAMES_STATE_DIRECTORY"], expected: "a path",
            parse: { $0.isEmpty ? nil : $0 })
    }

    static var keyPrefix: Self {
        Self(
            flag: "--key-prefix", variables: ["DES_NAMES_KEY_PREFIX"],
            expected: "a prefix of keys, without a slash at either end",
            parse: { $0.hasPrefix("/") || $0.hasSuffix("/") ? nil : $0 })
    }
}
