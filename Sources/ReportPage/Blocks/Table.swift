/// Rows and columns of text.
public struct Table: Block {
    /// A column's heading and how its cells stand.
    public struct Column: Sendable, Equatable {
        /// Where cells stand in their column.
        public enum Alignment: String, Sendable {
            case left, right, centre
        }

        /// Heading.
        public var title: String
        /// Numbers usually stand right.
        public var alignment: Alignment

        /// A column.
        public init(_ title: String, _ alignment: Alignment = .left) { (self.title, self.alignment) = (title, alignment) }
    }

    /// What the table shows; empty for none.
    public var caption: String
    /// From left to right.
    public var columns: [Column]
    /// Cells, one array of `columns.count` texts a row; the first cell heads the row.
    public var rows: [[String]]
    /// Rows set in bold.
    public var strongRows: Set<Int>

    /// A table. Traps if a row has more or fewer cells than there are columns.
    public init(caption: String = "", columns: [Column], rows: [[String]], strongRows: Set<Int> = []) {
        for (index, row) in rows.enumerated() {
            precondition(row.count == columns.count, "Table: row \(index) has \(row.count) cells for \(columns.count) columns")
        }
        (self.caption, self.columns, self.rows, self.strongRows) = (caption, columns, rows, strongRows)
    }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        out.raw("<div class=\"scroll\"><table>\n")
        if !caption.isEmpty { out.element("caption", caption) }
        out.raw("<thead><tr>")
        for column in columns {
            out.raw("<th scope=\"col\" class=\"\(column.alignment.rawValue)\">")
            out.text(column.title)
            out.raw("</th>")
        }
        out.raw("</tr></thead>\n<tbody>\n")
        for (index, row) in rows.enumerated() {
            out.raw(strongRows.contains(index) ? "<tr class=\"strong\">" : "<tr>")
            for (place, cell) in row.enumerated() {
                let name = place == 0 ? "th scope=\"row\"" : "td"
                out.raw("<\(name) class=\"\(columns[place].alignment.rawValue)\">")
                out.text(cell)
                out.raw(place == 0 ? "</th>" : "</td>")
            }
            out.raw("</tr>\n")
        }
        out.raw("</tbody>\n</table></div>\n")
    }
}
