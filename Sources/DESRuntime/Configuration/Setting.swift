/// One thing that can be set: where it is written, what it may be, and why.
///
/// ``Settings`` declares all of them; parsing, `--print-config`, `--help` and docs/configuration.md follow from that.
public struct Setting<Value: Sendable>: SettingDeclaration {
    /// `section.name`, as in a file.
    public let key: String
    /// Its default, or that there is none.
    public let presence: SettingPresence
    /// Never printed.
    public let isSecret: Bool
    /// Environment variables of the earlier system that mean the same.
    public let earlierNames: [String]
    /// One or two sentences.
    public let help: String
    /// Completes "expected ".
    public var expected: String { kind.expected }
    /// Several values.
    public var isList: Bool { kind.isList }

    private let kind: SettingKind<Value>
    /// The value of an optional setting that is not set.
    private let absent: Value?

    private init(
        _ key: String, _ kind: SettingKind<Value>, _ presence: SettingPresence, absent: Value?, isSecret: Bool,
        earlierNames: [String], help: String
    ) {
        (self.key, self.kind, self.presence, self.absent) = (key, kind, presence, absent)
        (self.isSecret, self.earlierNames, self.help) = (isSecret, earlierNames, help)
    }

    /// A setting with a default, written as in a file.
    public init(
        _ key: String, _ kind: SettingKind<Value>, standard: String, earlierNames: [String] = [], help: String
    ) {
        self.init(
            key, kind, .standard(standard), absent: nil, isSecret: false, earlierNames: earlierNames, help: help)
    }

    /// A setting without which the program does not start; `why` there is no default.
    public init(
        _ key: String, _ kind: SettingKind<Value>, required why: String, earlierNames: [String] = [], help: String
    ) {
        self.init(key, kind, .required(why), absent: nil, isSecret: false, earlierNames: earlierNames, help: help)
    }

    /// A setting that need not be set. `unset` says what happens then.
    public init<Wrapped: Sendable>(
        _ key: String, _ kind: SettingKind<Wrapped>, unset: String, isSecret: Bool = false, earlierNames: [String] = [],
        help: String
    ) where Value == Wrapped? {
        // It becomes a comment.
        let unset = unset.split(whereSeparator: \.isNewline).joined(separator: " ")
        self.init(
            key, kind.optional, .optional(unset), absent: .some(nil), isSecret: isSecret, earlierNames: earlierNames,
            help: help)
    }

    /// Parses what was written.
    public func value(of texts: [String]) throws -> any Sendable { try kind.value(of: texts) }

    /// The value of what was found for it, `nil` if nothing was.
    func value(resolved: (any Sendable)?) -> Value? {
        resolved.flatMap { $0 as? Value } ?? absent
    }
}

/// Whether something has to be set.
public enum SettingPresence: Sendable, Equatable {
    /// It has a default.
    case standard(String)
    /// It has none, and this is why.
    case required(String)
    /// It may be left out; this is what happens then.
    case optional(String)
}

/// A ``Setting`` of any type of value.
public protocol SettingDeclaration: Sendable {
    /// `section.name`, as in a file; `section:` is a line of its own there.
    var key: String { get }
    /// Its default, or that there is none.
    var presence: SettingPresence { get }
    /// Never printed.
    var isSecret: Bool { get }
    /// Environment variables of the earlier system that mean the same.
    var earlierNames: [String] { get }
    /// One or two sentences.
    var help: String { get }
    /// Completes "expected ".
    var expected: String { get }
    /// Several values: a sequence in a file, separated by commas elsewhere.
    var isList: Bool { get }

    /// Parses what was written.
    /// - Throws: ``SettingProblem``.
    func value(of texts: [String]) throws -> any Sendable
}

extension SettingDeclaration {
    /// `names`
    public var section: String { String(key.prefix { $0 != "." }) }
    /// `shard-bits`
    public var name: String { String(key.drop { $0 != "." }.dropFirst()) }
    /// `DES_NAMES_SHARD_BITS`
    public var environmentName: String {
        "DES_" + String(key.map { $0 == "." || $0 == "-" ? "_" : $0 }).uppercased()
    }
}

/// Why a text is no value of a setting.
public struct SettingProblem: Error {
    /// What was expected instead.
    public let message: String
}
