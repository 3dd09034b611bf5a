/// Some shares or changes side by side for each of many rows, each a mark with its interval: what bars would make too heavy.
public struct DotPlot: Block {
    /// What the axis spans.
    public enum Scale: Sendable, Equatable {
        /// From 0 to 1.
        case share
        /// Relative changes, as far as the values and their intervals reach, with a line at none.
        case change
    }

    /// One share or change.
    public struct Value: Sendable, Equatable {
        /// Between 0 and 1 for shares; not drawn where it is not a number.
        public var value: Double
        /// Ends of its whisker.
        public var interval: ClosedRange<Double>?

        /// A share.
        public init(_ value: Double, interval: ClosedRange<Double>? = nil) { (self.value, self.interval) = (value, interval) }
    }

    /// One row.
    public struct Row: Sendable, Equatable {
        /// What it stands for.
        public var name: String
        /// At the right end, such as how many sessions it rests on.
        public var note: String
        /// One share a series.
        public var values: [Value]

        /// A row.
        public init(_ name: String, note: String = "", _ values: [Value]) { (self.name, self.note, self.values) = (name, note, values) }
    }

    /// What the chart shows.
    public var title: String
    /// A smaller line below the title.
    public var note: String
    /// Name of the axis.
    public var label: String
    /// What the rows are, above the names in the table.
    public var rowLabel: String
    /// What the notes are, above them.
    public var noteLabel: String
    /// Names of the shares.
    public var series: [String]
    /// From top to bottom.
    public var rows: [Row]
    /// What the axis spans.
    public var scale: Scale

    /// A chart. Traps if a row has more or fewer values than there are series.
    public init(
        _ title: String, note: String = "", label: String, rowLabel: String, noteLabel: String = "", series: [String], rows: [Row],
        scale: Scale = .share
    ) {
        for (index, row) in rows.enumerated() {
            precondition(
                row.values.count == series.count, "DotPlot: row \(index) has \(row.values.count) values for \(series.count) series")
        }
        (self.title, self.note, self.label, self.rowLabel, self.noteLabel) = (title, note, label, rowLabel, noteLabel)
        (self.series, self.rows, self.scale) = (series, rows, scale)
    }

    /// Where values stand on the axis, from 0 to 1, and its ticks.
    private var axis: Axis {
        guard scale == .change else { return Axis([0, 1]) }
        let values = rows.flatMap(\.values)
        return Axis(
            values.map(\.value) + values.flatMap { $0.interval.map { [$0.lowerBound, $0.upperBound] } ?? [] }, includingZero: true,
            wanted: 6)
    }

    private func text(_ value: Double) -> String {
        (scale == .change && value > 0 ? "+" : "") + NumberText.percent(value)
    }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        let c = NumberText.coordinate
        let step = 10 + 11.0 * Double(max(1, series.count))
        let left = min(330, 24 + 7.0 * Double(rows.map(\.name.count).max() ?? 0))
        let right = 24 + 7.4 * Double((rows.map(\.note.count) + [noteLabel.count]).max() ?? 0)
        let top = 26.0
        let height = top + Double(rows.count) * step + 50
        Marks.open(
            &out, id: id, title: title, note: note,
            description: "\(series.joined(separator: " and ")) of \(rows.count) rows on an axis "
                + (scale == .share ? "from 0 to 100 per cent." : "of changes in per cent.") + " Numbers follow in a table.",
            height: height)
        let axis = axis
        func at(_ value: Double) -> Double { left + min(1, max(0, axis.place(value) ?? 0)) * (900 - left - right) }
        for tick in axis.ticks {
            let x = c(at(tick.value))
            let style = scale == .change && tick.value == 0 ? "axis" : "grid"
            out.raw("<line class=\"\(style)\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(c(top))\" y2=\"\(c(height - 44))\"/>")
            let name = (scale == .change && tick.value > 0 ? "+" : "") + NumberText.tick(tick.value * 100, step: axis.digitStep * 100)
            out.raw("<text text-anchor=\"middle\" x=\"\(x)\" y=\"\(c(height - 26))\">\(name) %</text>\n")
        }
        out.raw("<text text-anchor=\"end\" x=\"892\" y=\"14\">")
        out.text(noteLabel)
        out.raw("</text>\n")
        for (index, row) in rows.enumerated() {
            let y = top + Double(index) * step
            if index.isMultiple(of: 2) {
                out.raw("<rect class=\"band\" x=\"0\" y=\"\(c(y))\" width=\"900\" height=\"\(c(step))\"/>")
            }
            out.raw("<text class=\"name\" text-anchor=\"end\" x=\"\(c(left - 12))\" y=\"\(c(y + step / 2 + 4))\">")
            out.text(row.name)
            out.raw("</text>")
            for (number, value) in row.values.enumerated() where value.value.isFinite {
                let middle = y + 10.5 + 11 * Double(number)
                out.raw("<g fill=\"\(Marks.colour(number))\" stroke=\"\(Marks.colour(number))\">")
                if let interval = value.interval {
                    out.raw("<path stroke-width=\"1.8\" d=\"M\(c(at(interval.lowerBound))) \(c(middle))H\(c(at(interval.upperBound)))\"/>")
                }
                out.raw(Marks.shape(number, x: at(value.value), y: middle, radius: 4) + "</g>")
            }
            out.raw("<text text-anchor=\"end\" x=\"892\" y=\"\(c(y + step / 2 + 4))\">")
            out.text(row.note)
            out.raw("</text>\n")
        }
        out.raw("<text text-anchor=\"middle\" x=\"\(c((left + 900 - right) / 2))\" y=\"\(c(height - 6))\">")
        out.text(label)
        out.raw("</text>\n</svg>\n")
        Marks.writeLegend(to: &out, series, marks: series.indices.map { ($0, $0) })
        Marks.writeNumbers(to: &out, numbers, id: id)
        out.raw("</figure>\n")
    }

    private var numbers: Table {
        Table(
            columns: [.init(rowLabel)] + series.map { .init($0, .right) } + [.init(noteLabel, .right)],
            rows: rows.map { row in
                [row.name]
                    + row.values.map { value in
                        guard let interval = value.interval, value.value.isFinite else { return text(value.value) }
                        let between = scale == .share ? "–" : "to"
                        return "\(text(value.value)) (\(text(interval.lowerBound)) \(between) \(text(interval.upperBound)))"
                    } + [row.note]
            })
    }
}
