import DESConsole
import DESCore
import DESDoctor
import Glibc

/// What became of the steps of a plan: a line each as it happens, or one document of JSON at the end.
struct OutcomeReport {
    private let type: String
    private let console: Console
    private var steps: [JSON] = []
    private var status = ExitStatus.done

    /// - Parameter type: of the document.
    init(_ type: String, _ console: Console) { (self.type, self.console) = (type, console) }

    mutating func add(_ action: String, _ what: String, _ outcome: Repairer.Outcome) throws {
        status = status.worse(outcome.status)
        let (word, detail): (String, String?) =
            switch outcome {
            case .done: ("done", nil)
            case .already: ("already", nil)
            case .skipped(let reason): ("skipped", reason)
            case .failed(let reason): ("failed", reason)
            }
        if console.isJSON {
            steps.append(
                .object([
                    JSON.Member("action", .string(action)), JSON.Member("what", .string(what)),
                    JSON.Member("outcome", .string(word)),
                    JSON.Member("detail", detail.map { .string($0) } ?? .null),
                ]))
        } else {
            let words = [word, action, what] + (detail.map { [$0] } ?? [])
            try console.print(words.map(\.escapingControlCharacters).joined(separator: "\t"))
            // Work of hours that ends half way has said what it did.
            try console.flush()
        }
    }

    func finish() throws -> ExitStatus {
        if console.isJSON {
            let document = JSON.object([
                JSON.Member("type", .string(type)), JSON.Member("steps", .array(steps)),
                JSON.Member("exit_status", .integer(Int(status.rawValue))),
            ])
            try console.print(document.text)
        }
        return status
    }
}

/// Who leases shards, for those who look at leases.
enum Holder {
    static func name(_ verb: String) -> String {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "des \(verb), \(name), process \(getpid())"
    }
}
