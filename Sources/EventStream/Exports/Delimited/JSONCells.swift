/// Columns of delimited text that stand within cells of JSON: `contexts[com.example/page].id`, `event_properties.title`, `users.0.id`.
///
/// A column that the header does not name is the longest name of the header it begins with, then `.` or `[`, then a path as in JSON Lines.
/// A cell is parsed once a row, whatever number of columns stands in it. An empty cell, and one that ``ExportMapping/missing`` names,
/// holds none of them.
final class JSONCells {
    private final class Cell {
        /// Where it stands in a record.
        let place: Int
        let parser: JSONLineParser
        let row: RowTexts
        /// Where its texts go, in the order of its paths.
        let slots: [Int]
        let paths: [String]

        init(place: Int, paths: [String], slots: [Int], maximumNesting: Int) {
            (self.place, self.paths, self.slots) = (place, paths, slots)
            parser = JSONLineParser(paths: paths, maximumNesting: maximumNesting)
            row = RowTexts(count: paths.count)
        }
    }

    private var cells: [Cell] = []
    private let missing: MissingTexts
    private let mapping: ExportMapping
    private let maximumNesting: Int

    /// The column of the table that a name stands in, and the path within; nil for none.
    static func cell(of column: String, among names: Set<String>) -> (name: String, path: String)? {
        var end = column.endIndex
        while end > column.startIndex {
            end = column.index(before: end)
            let mark = column[end]
            guard mark == "." || mark == "[", end > column.startIndex else { continue }
            let name = String(column[..<end])
            let path = mark == "." ? column[column.index(after: end)...] : column[end...]
            if !path.isEmpty, names.contains(name) { return (name, String(path)) }
        }
        return nil
    }

    /// - Parameter columns: those that stand in cells, each with its place in the record, its path and the slot it goes to.
    init(_ columns: [(place: Int, path: String, slot: Int)], mapping: ExportMapping, maximumNesting: Int) {
        self.mapping = mapping
        self.maximumNesting = maximumNesting
        missing = MissingTexts(mapping.missing)
        for place in Set(columns.map(\.place)).sorted() {
            let own = columns.filter { $0.place == place }
            add(place, own.map(\.path), own.map(\.slot))
        }
    }

    /// The same with scratch of its own, for another thread.
    init(_ other: JSONCells) {
        (mapping, missing, maximumNesting) = (other.mapping, other.missing, other.maximumNesting)
        for cell in other.cells { add(cell.place, cell.paths, cell.slots) }
    }

    private func add(_ place: Int, _ paths: [String], _ slots: [Int]) {
        cells.append(Cell(place: place, paths: paths, slots: slots, maximumNesting: maximumNesting))
    }

    /// Sets the texts of a record; what is wrong with the first cell that cannot be read, and its place.
    /// - Parameter text: gives the text at a place, unescaped, with ``InputWindow/padding`` readable bytes behind.
    func fill(_ texts: UnsafeMutablePointer<TextSlice>, _ text: (Int) -> TextSlice) -> (RejectReason, String, place: Int)? {
        for cell in cells {
            let content = text(cell.place)
            if missing.contains(content) || content.trimmed.count == 0 {
                for slot in cell.slots { texts[slot] = TextSlice(content.bytes, -1) }
                continue
            }
            let bytes = UnsafeBufferPointer(start: content.bytes, count: content.count)
            if let (reason, _) = cell.parser.parse(cell: bytes, into: cell.row) {
                let hint =
                    reason == .nestedTooDeep
                    ? "the JSON of the cell is nested deeper than the limit"
                    : "the mapping reads JSON in this cell, and it holds none that is whole"
                return (reason, hint, cell.place)
            }
            let found = cell.row.texts
            for index in cell.slots.indices { texts[cell.slots[index]] = found[index] }
        }
        return nil
    }
}
