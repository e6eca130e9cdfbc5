/// What a statement gave, copied.
struct SQLiteRows: SQLRows {
    var rows: [[SQLValue]] = []
    var changedCount = 0

    var count: Int { rows.count }
    var columnCount: Int { rows.first?.count ?? 0 }

    func text(_ row: Int, _ column: Int) -> String? {
        switch rows[row][column] {
        case .null: nil
        case .text(let text): text
        case .integer(let number): String(number)
        }
    }

    func integer(_ row: Int, _ column: Int) -> Int? {
        switch rows[row][column] {
        case .null: nil
        case .text(let text): Int(text)
        case .integer(let number): number
        }
    }
}
