/// Probabilities against what came true: on the diagonal a promise of 70 % is kept in 70 of 100 cases.
public struct ReliabilityDiagram: Block {
    /// Cases with nearly the same probability.
    public struct Bin: Sendable, Equatable {
        /// Their mean probability.
        public var probability: Double
        /// Share of them that came true.
        public var frequency: Double
        /// Ends of the whisker around the share.
        public var interval: ClosedRange<Double>
        /// How many they are.
        public var count: Int

        /// A bin.
        public init(probability: Double, frequency: Double, interval: ClosedRange<Double>, count: Int) {
            (self.probability, self.frequency, self.interval, self.count) = (probability, frequency, interval, count)
        }
    }

    /// What the diagram shows.
    public var title: String
    /// A smaller line below the title.
    public var note: String
    /// Name of the horizontal axis.
    public var xLabel: String
    /// Name of the vertical axis.
    public var yLabel: String
    /// By rising probability.
    public var bins: [Bin]

    /// A diagram.
    public init(_ title: String, note: String = "", xLabel: String, yLabel: String, bins: [Bin]) {
        (self.title, self.note, self.xLabel, self.yLabel, self.bins) = (title, note, xLabel, yLabel, bins)
    }

    /// End of both axes: rare things, such as loans that are not repaid, would huddle in a corner of a whole square.
    private var top: Double {
        let greatest = bins.reduce(0) { max($0, $1.probability, $1.interval.upperBound) }
        return [0.1, 0.2, 0.3, 0.5].first { $0 >= greatest && greatest > 0 } ?? 1
    }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        let c = NumberText.coordinate
        let frame = PlotFrame(x: Axis([0, top]), y: Axis([0, top]), height: 440)
        Marks.open(
            &out, id: id, title: title, note: note,
            description:
                "\(bins.count) points of \(yLabel) over \(xLabel), and the diagonal on which they should lie. Numbers follow in a table.",
            height: frame.height)
        frame.write(to: &out, xLabel: xLabel, yLabel: yLabel)
        if let low = frame.point(0, 0), let high = frame.point(top, top) {
            out.raw(
                "<path class=\"axis\" stroke-dasharray=\"6 5\" fill=\"none\" d=\"M\(c(low.x)) \(c(low.y))L\(c(high.x)) \(c(high.y))\"/>\n")
        }
        let places = bins.compactMap { frame.point($0.probability, $0.frequency) }
        let line = places.enumerated().map { "\($0 == 0 ? "M" : "L")\(c($1.x)) \(c($1.y))" }.joined()
        out.raw("<path class=\"series\" stroke=\"\(Marks.colour(0))\" d=\"\(line)\"/>\n")
        for bin in bins {
            guard let place = frame.point(bin.probability, bin.frequency), let low = frame.point(bin.probability, bin.interval.lowerBound),
                let high = frame.point(bin.probability, bin.interval.upperBound)
            else { continue }
            out.raw("<path class=\"whisker\" d=\"M\(c(place.x)) \(c(low.y))V\(c(high.y))\"/>")
            out.raw("<circle cx=\"\(c(place.x))\" cy=\"\(c(place.y))\" r=\"5\" fill=\"\(Marks.colour(0))\"/>\n")
        }
        out.raw("</svg>\n")
        let numbers = Table(
            columns: [.init(xLabel, .right), .init(yLabel, .right), .init("95 % interval", .right), .init("Cases", .right)],
            rows: bins.map { bin in
                [
                    NumberText.percent(bin.probability), NumberText.percent(bin.frequency),
                    "\(NumberText.percent(bin.interval.lowerBound)) – \(NumberText.percent(bin.interval.upperBound))",
                    NumberText.count(bin.count),
                ]
            })
        Marks.writeNumbers(to: &out, numbers, id: id)
        out.raw("</figure>\n")
    }
}
