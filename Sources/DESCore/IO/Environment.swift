@preconcurrency internal import Glibc  // environ is a global variable

/// The variables of a process. Values are shown nowhere: some are secrets.
public struct Environment: Sendable {
    package let variables: [String: String]

    /// An environment from its variables.
    public init(_ variables: [String: String]) { self.variables = variables }

    /// What this process was started with and has set since.
    public static var process: Environment {
        var variables: [String: String] = [:]
        var next = environ
        while let line = next.pointee {
            let bytes = UnsafeRawBufferPointer(start: line, count: strlen(line))
            let name = bytes.prefix { $0 != UInt8(ascii: "=") }
            let value = bytes[name.endIndex...].dropFirst()
            variables[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
            next += 1
        }
        return Environment(variables)
    }

    /// The value of a variable; `nil` if it is not set or, as for the AWS SDKs, empty.
    public subscript(_ name: String) -> String? {
        guard let value = variables[name], !value.isEmpty else { return nil }
        return value
    }

    /// A variable that is `true` or `false`, in any case of letters; `false` if it is not set.
    package func flag(_ name: String) throws(DESError) -> Bool {
        switch self[name]?.lowercased() {
        case nil, "false", "0": return false
        case "true", "1": return true
        default: throw DESError(.invalidArgument, "\(name): expected true or false")
        }
    }

    /// The path with `~/` resolved; `nil` if it needs a home directory and there is none.
    package func resolve(_ path: String) -> String? {
        guard path.utf8.starts(with: "~/".utf8) else { return path }
        return self["HOME"].map { $0 + String(path.dropFirst(1)) }
    }
}

extension Environment: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The names that are set.
    public var description: String { variables.keys.sorted().joined(separator: " ") }

    /// The same.
    public var debugDescription: String { description }

    /// The same.
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: variables.keys.sorted()) }
}
