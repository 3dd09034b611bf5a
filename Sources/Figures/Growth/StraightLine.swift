internal import Glibc

/// How a quantity grows: a straight line through the points, and the exponent of a power of the size.
struct StraightLine {
    let intercept: Double
    let slope: Double
    /// Share of the variance that the line explains.
    let explained: Double

    /// The line of least squares; the points' x must not all be equal.
    init(_ points: [(x: Double, y: Double)]) {
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + $1.x } / count
        let meanY = points.reduce(0) { $0 + $1.y } / count
        let xx = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        let xy = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
        let yy = points.reduce(0) { $0 + ($1.y - meanY) * ($1.y - meanY) }
        let gradient = xy / xx
        slope = gradient
        intercept = meanY - gradient * meanX
        explained = yy > 0 ? xy * xy / (xx * yy) : 1
    }

    /// `seconds ≈ intercept + slope · size`, `seconds ∝ size ^ exponent`: an exponent of 1 is a straight line through nothing.
    static func growth(_ points: [(x: Double, y: Double)]) -> FigureValue {
        let line = StraightLine(points)
        let power = StraightLine(points.map { (log($0.x), log($0.y)) })
        return [
            "exponent": .number(power.slope), "r_squared": .number(line.explained), "r_squared_of_exponent": .number(power.explained),
            "seconds_per_unit": .number(line.slope), "seconds_at_nothing": .number(line.intercept),
        ]
    }
}
