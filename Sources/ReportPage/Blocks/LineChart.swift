/// Lines over a common horizontal axis, with the numbers in a table below.
public struct LineChart: Block {
    /// One line.
    public struct Series: Sendable, Equatable {
        /// As in the legend.
        public var name: String
        /// From left to right; points that are not finite interrupt the line.
        public var points: [(x: Double, y: Double)]

        /// A line.
        public init(_ name: String, _ points: [(x: Double, y: Double)]) { (self.name, self.points) = (name, points) }

        /// Same name and same points.
        public static func == (a: Series, b: Series) -> Bool {
            a.name == b.name && a.points.count == b.points.count && zip(a.points, b.points).allSatisfy { $0 == $1 }
        }
    }

    /// What the chart shows.
    public var title: String
    /// A smaller line below the title.
    public var note: String
    /// Name and unit of the horizontal axis.
    public var xLabel: String
    /// Name and unit of the vertical axis.
    public var yLabel: String
    /// The lines.
    public var series: [Series]
    /// Whether the vertical axis is logarithmic; values at or below zero are then left out.
    public var logarithmic: Bool

    /// A chart.
    public init(_ title: String, note: String = "", xLabel: String, yLabel: String, series: [Series], logarithmic: Bool = false) {
        (self.title, self.note, self.xLabel, self.yLabel) = (title, note, xLabel, yLabel)
        (self.series, self.logarithmic) = (series, logarithmic)
    }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        let all = series.flatMap(\.points)
        let frame = PlotFrame(x: Axis(all.map(\.x), padded: false, wanted: 8), y: Axis(all.map(\.y), logarithmic: logarithmic))
        let names = series.map(\.name).joined(separator: ", ")
        Marks.open(
            &out, id: id, title: title, note: note, description: "Lines of \(yLabel) over \(xLabel): \(names). Numbers follow in a table.",
            height: frame.height)
        frame.write(to: &out, xLabel: xLabel, yLabel: yLabel + (logarithmic ? " (log scale)" : ""))
        let c = NumberText.coordinate
        for (index, line) in series.enumerated() {
            var path = ""
            var lonely: (x: Double, y: Double)?
            var connected = false
            for point in line.points {
                guard let place = frame.point(point.x, point.y) else {
                    connected = false
                    continue
                }
                path += "\(connected ? "L" : "M")\(c(place.x)) \(c(place.y))"
                lonely = line.points.count == 1 ? place : nil
                connected = true
            }
            let dash = Marks.dash(index).isEmpty ? "" : " stroke-dasharray=\"\(Marks.dash(index))\""
            out.raw("<path class=\"series\" stroke=\"\(Marks.colour(index))\"\(dash) d=\"\(path)\"/>\n")
            if let lonely { out.raw("<circle cx=\"\(c(lonely.x))\" cy=\"\(c(lonely.y))\" r=\"4\" fill=\"\(Marks.colour(index))\"/>\n") }
        }
        out.raw("</svg>\n")
        if series.count > 1 { Marks.writeLegend(to: &out, series.map(\.name)) }
        Marks.writeNumbers(to: &out, numbers, id: id)
        out.raw("</figure>\n")
    }

    /// At most some fifty rows: every n-th point, and always the last.
    private var numbers: Table {
        let all = series.flatMap { line in line.points.map(\.x) }
        let places = Set(all).sorted()
        let stride = max(1, (places.count + 49) / 50)
        let shown = places.enumerated().filter { $0.offset.isMultiple(of: stride) || $0.offset == places.count - 1 }.map(\.element)
        let lookups = series.map { line in Dictionary(line.points.map { ($0.x, $0.y) }, uniquingKeysWith: { $1 }) }
        return Table(
            columns: [.init(xLabel, .right)] + series.map { .init($0.name, .right) },
            rows: shown.map { x in
                [NumberText.fixed(x, digits: x == x.rounded() ? 0 : 3)]
                    + lookups.map { $0[x].map { NumberText.fixed($0, digits: 4) } ?? "" }
            })
    }
}
