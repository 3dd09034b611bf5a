#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How long somebody stays on a page and how far they scroll: a lognormal dwell between 1 s and 25 min, and a scroll depth in quarters
/// drawn from a binomial distribution. Both depend on what the page is for and on the visitor's pace there.
struct PageStay {
    static let spread = 0.75
    static let shortest = 1.0
    static let longest = 1500.0
    /// Phones and tablets are put down sooner.
    static let mobileShift = -0.15

    private let means: [Double]
    private let masses: [Double]
    private let scrolls: [Float]

    init(contrast: Double) {
        var means: [Double] = []
        var masses: [Double] = []
        var scrolls: [Float] = []
        for mobile in [false, true] {
            for role in Role.allCases {
                for pace in Pace.allCases {
                    let mean = role.logDwell + contrast * pace.logShift + (mobile ? Self.mobileShift : 0)
                    means.append(mean)
                    func below(_ seconds: Double) -> Double { 0.5 * erfc(-(log(seconds) - mean) / (Self.spread * 2.0.squareRoot())) }
                    masses.append(below(Self.longest) - below(Self.shortest))
                    if mobile { continue }
                    let p = Float(min(0.95, max(0.05, role.scroll + contrast * pace.scrollShift)))
                    let q = 1 - p
                    scrolls += [q * q * q * q, 4 * p * q * q * q, 6 * p * p * q * q, 4 * p * p * p * q, p * p * p * p]
                }
            }
        }
        (self.means, self.masses, self.scrolls) = (means, masses, scrolls)
    }

    private func index(_ role: Role, _ pace: Pace, _ mobile: Bool) -> Int {
        ((mobile ? Role.allCases.count : 0) + role.index) * Pace.allCases.count + pace.rawValue
    }

    func drawDwellMilliseconds(_ role: Role, _ pace: Pace, mobile: Bool, using source: inout SeededSource) -> Int {
        let mean = means[index(role, pace, mobile)]
        while true {
            let seconds = exp(mean + Self.spread * source.normal())
            if seconds >= Self.shortest && seconds <= Self.longest { return Int(seconds * 1000) }
        }
    }

    /// Density of a dwell up to a factor that is the same for all paces.
    func dwellDensity(_ logSeconds: Double, _ role: Role, _ pace: Pace, mobile: Bool) -> Float {
        let place = index(role, pace, mobile)
        let z = (logSeconds - means[place]) / Self.spread
        return Float(exp(-0.5 * z * z) / masses[place])
    }

    /// Scrolled quarters of the page, 0 to 4.
    func drawScroll(_ role: Role, _ pace: Pace, using source: inout SeededSource) -> Int {
        var point = Float(source.unit())
        for quarters in 0..<4 {
            point -= scrollProbability(quarters, role, pace)
            if point < 0 { return quarters }
        }
        return 4
    }

    func scrollProbability(_ quarters: Int, _ role: Role, _ pace: Pace) -> Float {
        scrolls[index(role, pace, false) * 5 + quarters]
    }
}
