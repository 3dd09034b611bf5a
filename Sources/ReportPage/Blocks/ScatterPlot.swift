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
    /// Names of the categories. Beyond 60 marks repeat.
    public var categories: [String]
    /// For each category the group whose colour it shares; nil gives each its own.
    public var groups: [Int]?
    /// Whether names stand at the middle of their points: for few categories.
    public var namesPlaces: Bool
    /// The points.
    public var points: [Point]
    /// More points than this are thinned evenly; the plot says so.
    public var cap: Int

    /// A plot. Traps if a point's category is not one of the categories.
    public init(
        _ title: String, note: String = "", xLabel: String, yLabel: String, categories: [String], groups: [Int]? = nil,
        namesPlaces: Bool = false, points: [Point], cap: Int = 4000
    ) {
        precondition(
            groups.map { $0.count == categories.count && $0.allSatisfy { $0 >= 0 } } ?? true,
            "ScatterPlot: groups for \(groups?.count ?? 0) of \(categories.count) categories")
        for point in points {
            precondition(categories.indices.contains(point.category), "ScatterPlot: category \(point.category) of \(categories.count)")
        }
        precondition(cap > 0, "ScatterPlot: cap \(cap) must be positive")
        (self.title, self.note, self.xLabel, self.yLabel) = (title, note, xLabel, yLabel)
        (self.categories, self.points, self.cap) = (categories, points, cap)
        (self.groups, self.namesPlaces) = (groups, namesPlaces)
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
        let marks = Marks.styles(categories.count, groups: groups)
        // Pointing at a name (or reaching it with the keyboard) shows its points alone; no script.
        out.raw("<style>")
        for category in categories.indices {
            let own = "\(id)-\(category)"
            out.raw("figure:has(li.\(own):is(:hover,:focus)) g.\(id):not(.\(own)){opacity:.05}")
        }
        out.raw("</style>\n")
        for category in categories.indices {
            out.raw("<g class=\"\(id) \(id)-\(category)\" fill=\"\(Marks.colour(marks[category].colour))\" fill-opacity=\"0.62\"><title>")
            out.text(categories[category])
            out.raw("</title>")
            for point in shown where point.category == category {
                if let place = frame.point(point.x, point.y) {
                    out.raw(Marks.shape(marks[category].shape, x: place.x, y: place.y, radius: 3))
                }
            }
            out.raw("</g>\n")
        }
        if namesPlaces { writeNames(to: &out, frame) }
        out.raw("</svg>\n")
        Marks.writeLegend(to: &out, categories, marks: marks, id: id)
        Marks.writeNumbers(to: &out, numbers, id: id)
        out.raw("</figure>\n")
    }

    /// Each name at the median of its points, moved down where two would lie on each other.
    private func writeNames(to out: inout HTMLText, _ frame: PlotFrame) {
        var taken: [(x: Double, y: Double, width: Double)] = []
        for category in categories.indices {
            let own = points.filter { $0.category == category }
            guard !own.isEmpty else { continue }
            let (xs, ys) = (own.map(\.x).sorted(), own.map(\.y).sorted())
            guard var place = frame.point(xs[xs.count / 2], ys[ys.count / 2]) else { continue }
            let width = 7.6 * Double(categories[category].count)
            while taken.contains(where: { abs($0.y - place.y) < 15 && abs($0.x - place.x) < ($0.width + width) / 2 }) { place.y += 4 }
            taken.append((place.x, place.y, width))
            out.raw("<text class=\"place\" text-anchor=\"middle\" x=\"\(NumberText.coordinate(place.x))\"")
            out.raw(" y=\"\(NumberText.coordinate(place.y + 4))\">")
            out.text(categories[category])
            out.raw("</text>\n")
        }
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
