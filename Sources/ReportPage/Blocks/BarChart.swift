/// Horizontal bars with an interval each, the numbers beside them.
public struct BarChart: Block {
    /// One bar.
    public struct Bar: Sendable, Equatable {
        /// What it stands for.
        public var name: String
        /// Its length.
        public var value: Double
        /// Ends of its whisker.
        public var interval: ClosedRange<Double>?
        /// Whether it stands out.
        public var isEmphasised: Bool

        /// A bar.
        public init(_ name: String, _ value: Double, interval: ClosedRange<Double>? = nil, isEmphasised: Bool = false) {
            (self.name, self.value, self.interval, self.isEmphasised) = (name, value, interval, isEmphasised)
        }
    }

    /// How values are written.
    public enum Unit: Sendable, Equatable {
        /// With this many digits after the point.
        case number(digits: Int)
        /// Fractions as per cent, with this many digits after the point.
        case percent(digits: Int)
    }

    /// What the chart shows.
    public var title: String
    /// A smaller line below the title.
    public var note: String
    /// Name and unit of the axis.
    public var label: String
    /// From top to bottom.
    public var bars: [Bar]
    /// How values are written.
    public var unit: Unit

    /// A chart.
    public init(_ title: String, note: String = "", label: String, bars: [Bar], unit: Unit = .percent(digits: 1)) {
        (self.title, self.note, self.label, self.bars, self.unit) = (title, note, label, bars, unit)
    }

    private func text(_ value: Double) -> String {
        switch unit {
        case .number(let digits): NumberText.fixed(value, digits: digits)
        case .percent(let digits): NumberText.percent(value, digits: digits)
        }
    }

    /// Appends itself.
    public func write(to out: inout HTMLText, id: String) {
        let ends = bars.flatMap { [$0.value, $0.interval?.lowerBound ?? $0.value, $0.interval?.upperBound ?? $0.value] }
        let axis = Axis(ends, includingZero: true)
        let left = min(320, 30 + 7.0 * Double(bars.map(\.name.count).max() ?? 0))
        let right = 24 + 7.4 * Double(bars.map { label(of: $0).count }.max() ?? 0)
        let height = Double(bars.count) * 36 + 56
        let c = NumberText.coordinate
        Marks.open(&out, id: id, title: title, note: note, description: "Bars of \(label), each with its number.", height: height)
        func at(_ value: Double) -> Double { left + (axis.place(value) ?? 0) * (900 - left - right) }
        for tick in axis.ticks {
            let x = at(tick.value)
            out.raw("<line class=\"grid\" x1=\"\(c(x))\" x2=\"\(c(x))\" y1=\"4\" y2=\"\(c(height - 46))\"/>")
            let name: String
            if case .percent = unit {
                name = NumberText.tick(tick.value * 100, step: axis.digitStep * 100) + " %"
            } else {
                name = tick.text
            }
            out.raw("<text text-anchor=\"middle\" x=\"\(c(x))\" y=\"\(c(height - 28))\">\(name)</text>\n")
        }
        for (index, bar) in bars.enumerated() {
            let y = 8 + Double(index) * 36
            let (from, to) = (min(at(0), at(bar.value)), max(at(0), at(bar.value)))
            let colour = bar.isEmphasised ? Marks.colour(0) : Marks.colour(7)
            out.raw("<text class=\"name\" text-anchor=\"end\" x=\"\(c(left - 12))\" y=\"\(c(y + 16))\">")
            out.text(bar.name)
            out.raw(
                "</text><rect x=\"\(c(from))\" y=\"\(c(y))\" width=\"\(c(max(0.5, to - from)))\" height=\"23\" rx=\"3\" fill=\"\(colour)\"")
            out.raw(bar.isEmphasised ? "/>" : " fill-opacity=\"0.6\"/>")
            if let interval = bar.interval {
                let (a, b) = (c(at(interval.lowerBound)), c(at(interval.upperBound)))
                out.raw("<path class=\"whisker\" d=\"M\(a) \(c(y + 11.5))H\(b)M\(a) \(c(y + 6))v11M\(b) \(c(y + 6))v11\"/>")
            }
            out.raw("<text class=\"value\" x=\"\(c(900 - right + 16))\" y=\"\(c(y + 16))\">\(label(of: bar))</text>\n")
        }
        let base = at(0)
        out.raw("<line class=\"axis\" x1=\"\(c(base))\" x2=\"\(c(base))\" y1=\"4\" y2=\"\(c(height - 46))\"/>\n")
        out.raw("<text text-anchor=\"middle\" x=\"\(c((left + 900 - right) / 2))\" y=\"\(c(height - 6))\">")
        out.text(label)
        out.raw("</text>\n</svg>\n</figure>\n")
    }

    private func label(of bar: Bar) -> String {
        guard let interval = bar.interval else { return text(bar.value) }
        return "\(text(bar.value)) (\(text(interval.lowerBound)) – \(text(interval.upperBound)))"
    }
}
