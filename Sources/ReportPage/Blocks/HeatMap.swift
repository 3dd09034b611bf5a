/// Counts in a grid, the darker the more, each with its number: for at most some fifteen rows and columns.
public struct HeatMap: Block {
    /// What the map shows.
    public var title: String
    /// A smaller line below the title.
    public var note: String
    /// What the rows are.
    public var rowLabel: String
    /// What the columns are.
    public var columnLabel: String
    /// Names of the rows, from top to bottom.
    public var rows: [String]
    /// Names of the columns, from left to right.
    public var columns: [String]
    /// `[rows][columns]`, none negative.
    public var counts: [[Int]]

    /// A map. Traps if the counts are not one for each row and column.
    public init(
        _ title: String, note: String = "", rowLabel: String, columnLabel: String, rows: [String], columns: [String], counts: [[Int]]
    ) {
        precondition(
            counts.count == rows.count && counts.allSatisfy { $0.count == columns.count },
            "HeatMap: counts for \(counts.count) rows, of \(rows.count) rows and \(columns.count) columns")
        (self.title, self.note, self.rowLabel, self.columnLabel) = (title, note, rowLabel, columnLabel)
        (self.rows, self.columns, self.counts) = (rows, columns, counts)
    }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        let c = NumberText.coordinate
        let left = min(330, 24 + 7.0 * Double(rows.map(\.count).max() ?? 0))
        // Names of columns rise at 40 degrees; the last needs room at the right, the longest above.
        let longest = 6.6 * Double(columns.map(\.count).max() ?? 0)
        let top = 40 + min(230, longest * 0.65)
        let right = min(210, longest * 0.77) + 8
        let cell = (width: min(70, (900 - left - right) / Double(max(1, columns.count))), height: 30.0)
        let height = top + Double(rows.count) * cell.height + 8
        let most = max(1, counts.flatMap(\.self).max() ?? 1)
        Marks.open(
            &out, id: id, title: title, note: note,
            description: "\(rowLabel) by \(columnLabel): \(rows.count) rows and \(columns.count) columns of counts, the greatest \(most). "
                + "Numbers follow in a table.", height: height)
        out.raw("<text x=\"0\" y=\"14\">")
        out.text("Rows: \(rowLabel). Columns: \(columnLabel).")
        out.raw("</text>\n")
        for (index, name) in columns.enumerated() {
            let x = left + (Double(index) + 0.5) * cell.width
            out.raw("<text class=\"name\" transform=\"translate(\(c(x)) \(c(top - 8))) rotate(-40)\">")
            out.text(name)
            out.raw("</text>\n")
        }
        for (row, name) in rows.enumerated() {
            let y = top + Double(row) * cell.height
            out.raw("<text class=\"name\" text-anchor=\"end\" x=\"\(c(left - 10))\" y=\"\(c(y + 19))\">")
            out.text(name)
            out.raw("</text>")
            for (column, count) in counts[row].enumerated() {
                let x = left + Double(column) * cell.width
                // Never so dark that the number on it could not be read.
                let shade = count <= 0 ? 0 : 8 + 47 * min(1, Double(count) / Double(most))
                out.raw(
                    "<rect class=\"cell\" x=\"\(c(x + 1))\" y=\"\(c(y + 1))\" width=\"\(c(cell.width - 2))\" "
                        + "height=\"\(c(cell.height - 2))\" rx=\"3\""
                )
                out.raw(shade > 0 ? " style=\"fill:\(Marks.colour(0));fill-opacity:.\(shade < 10 ? "0" : "")\(Int(shade))\"/>" : "/>")
                if count > 0 {
                    out.raw("<text class=\"value\" text-anchor=\"middle\" x=\"\(c(x + cell.width / 2))\" y=\"\(c(y + 19))\">")
                    out.raw("\(NumberText.count(count))</text>")
                }
            }
            out.raw("\n")
        }
        out.raw("</svg>\n")
        let numbers = Table(
            columns: [.init("\(rowLabel) / \(columnLabel)")] + columns.map { .init($0, .right) },
            rows: zip(rows, counts).map { [$0] + $1.map(NumberText.count) })
        Marks.writeNumbers(to: &out, numbers, id: id)
        out.raw("</figure>\n")
    }
}
