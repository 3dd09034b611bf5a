/// Points of several categories on two axes.
public struct ScatterPlot: Block {
    /// One point.
    public struct Point: Sendable, Equatable {
        /// Horizontal place.
        public var x: Double
        /// Vertical place.
        public var y: Double
        /// Index into the categories.
        public var category: Int

        /// A point.
        public init(x: Double, y: Double, category: Int) { (self.x, self.y, self.category) = (x, y, category) }
    }

    /// What the plot shows.
    public var title: String
    /// A smaller line below the title.
    public var note: String
    /// Name of the horizontal axis.
    public var xLabel: String
    /// Name of the vertical axis.
    public var yLabel: String
    /// Names of the categories. Beyond 40 marks repeat.
    public var categories: [String]
    /// The points.
    public var points: [Point]
    /// More points than this are thinned evenly; the plot says so.
    public var cap: Int

    /// A plot. Traps if a point's category is not one of the categories.
    public init(
        _ title: String, note: String = "", xLabel: String, yLabel: String, categories: [String], points: [Point], cap: Int = 4000
    ) {
        for point in points {
            precondition(categories.indices.contains(point.category), "ScatterPlot: category \(point.category) of \(categories.count)")
        }
        precondition(cap > 0, "ScatterPlot: cap \(cap) must be positive")
        (self.title, self.note, self.xLabel, self.yLabel) = (title, note, xLabel, yLabel)
        (self.categories, self.points, self.cap) = (categories, points, cap)
    }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        // Evenly by position in the list: deterministic, and every category keeps its share if the list is not sorted by it.
        let shown = points.count <= cap ? points : (0..<cap).map { points[$0 * points.count / cap] }
        let frame = PlotFrame(x: Axis(shown.map(\.x), wanted: 8), y: Axis(shown.map(\.y), wanted: 7), height: 620)
        let thinned = points.count > cap ? "\(NumberText.count(cap)) of \(NumberText.count(points.count)) points are drawn." : ""
        Marks.open(
            &out, id: id, title: title, note: [note, thinned].filter { !$0.isEmpty }.joined(separator: " "),
            description: "\(NumberText.count(shown.count)) points in \(categories.count) categories. Counts and centres follow in a table.",
            height: frame.height)
        frame.write(to: &out, xLabel: xLabel, yLabel: yLabel)
        for category in categories.indices {
            out.raw("<g fill=\"\(Marks.colour(category))\" fill-opacity=\"0.62\"><title>")
            out.text(categories[category])
            out.raw("</title>")
            for point in shown where point.category == category {
                if let place = frame.point(point.x, point.y) { out.raw(Marks.shape(category, x: place.x, y: place.y, radius: 3)) }
            }
            out.raw("</g>\n")
        }
        out.raw("</svg>\n")
        Marks.writeLegend(to: &out, categories, lines: false)
        Marks.writeNumbers(to: &out, numbers, id: id)
        out.raw("</figure>\n")
    }

    private var numbers: Table {
        Table(
            columns: [.init("Category"), .init("Points", .right), .init("Centre, horizontal", .right), .init("Centre, vertical", .right)],
            rows: categories.indices.map { category in
                let own = points.filter { $0.category == category }
                let n = Double(max(1, own.count))
                let (x, y) = (own.reduce(0) { $0 + $1.x } / n, own.reduce(0) { $0 + $1.y } / n)
                let places = own.isEmpty ? ["", ""] : [NumberText.fixed(x, digits: 3), NumberText.fixed(y, digits: 3)]
                return [categories[category], NumberText.count(own.count)] + places
            })
    }
}
