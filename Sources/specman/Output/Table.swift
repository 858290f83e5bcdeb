/// Rows under headings, in columns as wide as their widest value.
struct Table {
    let headings: [String]
    private(set) var rows: [[String]] = []

    init(_ headings: [String]) {
        self.headings = headings
    }

    mutating func add(_ row: [String]) {
        // What comes from a registry must not move the cursor or fake a row.
        rows.append(row.map { String($0.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }) })
    }

    /// Headings and rows.
    var text: String { format([headings] + rows) }

    /// The rows alone.
    var body: String { format(rows) }

    private func format(_ lines: [[String]]) -> String {
        let widths = headings.indices.map { column in
            lines.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return lines.map { row in
            var line = ""
            for (column, value) in row.enumerated() {
                line += value
                if column + 1 < row.count { line += String(repeating: " ", count: widths[column] - value.count + 3) }
            }
            return line + "\n"
        }.joined()
    }
}
