/// Columns, each as wide as its widest cell.
struct TextTable {
    /// Where the cells of a column stand.
    enum Alignment {
        case left, right
    }

    private let alignments: [Alignment]
    private var rows: [[String]]

    init(_ header: [(String, Alignment)]) {
        alignments = header.map(\.1)
        rows = [header.map(\.0)]
    }

    /// Adds a row with a cell for each column.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The header and the rows.
    var lines: [String] {
        let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                if column > 0 { line += "  " }
                let isLast = column == row.count - 1
                line += alignments[column] == .right ? padding + cell : isLast ? cell : cell + padding
            }
            return line
        }
    }
}
