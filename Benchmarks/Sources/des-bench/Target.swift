/// What a row has to reach, and what stands in the way if it does not.
struct Target {
    enum Bound {
        case atLeast(Double)
        case atMost(Double)
        case under(Double)
    }

    var bound: Bound
    /// Follows the number: `x`, ` MiB`.
    var unit: String
    /// What is known of the limit, for a target that is missed.
    var limit: String?

    static func atLeast(_ value: Double, _ unit: String, limit: String? = nil) -> Target {
        Target(bound: .atLeast(value), unit: unit, limit: limit)
    }

    static func atMost(_ value: Double, _ unit: String, limit: String? = nil) -> Target {
        Target(bound: .atMost(value), unit: unit, limit: limit)
    }

    static func under(_ value: Double, _ unit: String, limit: String? = nil) -> Target {
        Target(bound: .under(value), unit: unit, limit: limit)
    }

    /// Decided by the number that was measured, not by the one that is printed. What is no number meets nothing.
    func isMet(by value: Double) -> Bool {
        switch bound {
        case .atLeast(let low): value >= low
        case .atMost(let high): value <= high
        case .under(let high): value < high
        }
    }

    /// `at least 2x`.
    var text: String {
        switch bound {
        case .atLeast(let value): "at least " + number(value) + unit
        case .atMost(let value): "at most " + number(value) + unit
        case .under(let value): "under " + number(value) + unit
        }
    }

    private func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(value)
    }
}
