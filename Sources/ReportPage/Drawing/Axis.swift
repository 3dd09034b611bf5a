#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// From values to places between two ends, with round ticks.
struct Axis {
    let range: ClosedRange<Double>
    let isLogarithmic: Bool
    let ticks: [(value: Double, text: String)]
    /// A distance that says how many digits a tick's text needs.
    let digitStep: Double

    /// - Parameters:
    ///   - values: those that are not finite (or not positive on a logarithmic axis) are passed over.
    ///   - padded: whether the ends are widened to the next round numbers.
    init(_ values: [Double], logarithmic: Bool = false, padded: Bool = true, includingZero: Bool = false, wanted: Int = 5) {
        let usable = values.filter { $0.isFinite && (!logarithmic || $0 > 0) }
        var low = usable.min() ?? (logarithmic ? 1 : 0)
        var high = usable.max() ?? (logarithmic ? 10 : 1)
        isLogarithmic = logarithmic
        if logarithmic {
            if padded {
                low = pow(10, (log10(low) * 3).rounded(.down) / 3)
                high = pow(10, (log10(high) * 3).rounded(.up) / 3)
            }
            if high <= low { high = low * 10 }
            range = low...high
            var ticks: [(Double, String)] = []
            let decades = log10(high / low)
            let leads: [Double] = decades > 4 ? [1] : decades > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7]
            for exponent in Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up)) {
                for lead in leads {
                    let value = lead * pow(10, Double(exponent))
                    let step = value.rounded() == value ? 1 : value / 2
                    if value >= low * 0.9999 && value <= high * 1.0001 { ticks.append((value, NumberText.tick(value, step: step))) }
                }
            }
            self.ticks = ticks
            digitStep = 1
            return
        }
        if includingZero {
            low = min(0, low)
            high = max(0, high)
        }
        if high - low < 1e-12 * max(1, abs(high)) {
            low -= low == 0 ? 0 : abs(low) / 2
            high += high == 0 ? 1 : abs(high) / 2
        }
        let raw = (high - low) / Double(wanted)
        let magnitude = pow(10, log10(raw).rounded(.down))
        let lead = [1, 2, 2.5, 5].first { $0 * magnitude >= raw * 0.999 } ?? 10
        let step = magnitude * lead
        // Ticks 2.5 apart need one digit more than their distance alone says: 7.5 is not 8.
        digitStep = lead == 2.5 ? step / 5 : step
        if padded {
            low = (low / step + 1e-9).rounded(.down) * step
            high = (high / step - 1e-9).rounded(.up) * step
        }
        range = low...high
        let first = Int((low / step - 1e-9).rounded(.up))
        let last = Int((high / step + 1e-9).rounded(.down))
        let digitStep = digitStep
        ticks = first <= last ? (first...last).map { (Double($0) * step, NumberText.tick(Double($0) * step, step: digitStep)) } : []
    }

    /// Place of a value from 0 to 1; nil where it cannot be drawn.
    func place(_ value: Double) -> Double? {
        guard value.isFinite, !isLogarithmic || value > 0 else { return nil }
        if isLogarithmic { return log(value / range.lowerBound) / log(range.upperBound / range.lowerBound) }
        return (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    }
}

/// The frame of a plot with both axes.
struct PlotFrame {
    static let width = 900.0
    let left: Double
    let right = 20.0
    let top = 14.0
    let bottom = 46.0
    let height: Double
    let x: Axis
    let y: Axis

    init(x: Axis, y: Axis, height: Double = 380) {
        (self.x, self.y, self.height) = (x, y, height)
        left = 26 + 7.2 * Double(y.ticks.map(\.text.count).max() ?? 1) + 14
    }

    func point(_ valueX: Double, _ valueY: Double) -> (x: Double, y: Double)? {
        guard let a = x.place(valueX), let b = y.place(valueY) else { return nil }
        return (left + a * (Self.width - left - right), height - bottom - b * (height - top - bottom))
    }

    func write(to out: inout HTMLText, xLabel: String, yLabel: String) {
        let c = NumberText.coordinate
        for tick in y.ticks {
            guard let place = y.place(tick.value) else { continue }
            let at = height - bottom - place * (height - top - bottom)
            out.raw("<line class=\"grid\" x1=\"\(c(left))\" x2=\"\(c(Self.width - right))\" y1=\"\(c(at))\" y2=\"\(c(at))\"/>")
            out.raw("<text text-anchor=\"end\" x=\"\(c(left - 8))\" y=\"\(c(at + 4))\">\(tick.text)</text>\n")
        }
        let base = height - bottom
        out.raw("<line class=\"axis\" x1=\"\(c(left))\" x2=\"\(c(Self.width - right))\" y1=\"\(c(base))\" y2=\"\(c(base))\"/>\n")
        for tick in x.ticks {
            guard let place = x.place(tick.value) else { continue }
            let at = left + place * (Self.width - left - right)
            out.raw("<line class=\"axis\" x1=\"\(c(at))\" x2=\"\(c(at))\" y1=\"\(c(base))\" y2=\"\(c(base + 5))\"/>")
            out.raw("<text text-anchor=\"middle\" x=\"\(c(at))\" y=\"\(c(base + 19))\">\(tick.text)</text>\n")
        }
        out.raw("<text text-anchor=\"middle\" x=\"\(c((left + Self.width - right) / 2))\" y=\"\(c(height - 6))\">")
        out.text(xLabel)
        out.raw("</text>\n<text text-anchor=\"middle\" transform=\"translate(12 \(c((top + base) / 2))) rotate(-90)\">")
        out.text(yLabel)
        out.raw("</text>\n")
    }
}
