internal import Glibc

/// One line of progress on standard error: redrawn at most ten times a second on a terminal, and a calm line of its own every
/// ten seconds in a pipe, where nothing can be redrawn.
final class ProgressLine {
    private let label: String
    private let redraws: Bool
    private let interval: Double
    private let started = ProgressLine.now()
    private var last: Double
    private var width = 0

    init(_ label: String) {
        self.label = label
        let terminal = getenv("TERM").map { String(cString: $0) } ?? ""
        redraws = isatty(STDERR_FILENO) == 1 && terminal != "dumb" && terminal != ""
        interval = redraws ? 0.1 : 10
        last = redraws ? -1 : started
    }

    /// Seconds since this line began.
    var elapsed: Double { Self.now() - started }

    /// Shows `text` if it is time; the text is made only then.
    func update(_ text: @autoclosure () -> String) {
        let now = Self.now()
        guard now - last >= interval else { return }
        last = now
        show(text())
    }

    /// Shows how much of some work is done and how long the rest may take, if it is time.
    /// - Returns: whether the work may go on; false once somebody interrupted it.
    func goesOn(_ share: Double) -> Bool {
        update("\(Int(share * 100)) %, \(Reading.duration(elapsed / max(share, 1e-3) * (1 - share))) left")
        return !Interruption.isRequested
    }

    /// Shows a last text and ends the line.
    func finish(_ text: String) {
        if redraws {
            show(text)
            StandardError.write("\n")
        } else {
            StandardError.write("\(label): \(text)\n")
        }
    }

    private func show(_ text: String) {
        let line = "\(label): \(text)"
        if redraws {
            StandardError.write("\r" + line + String(repeating: " ", count: max(0, width - line.count)))
            width = line.count
        } else {
            StandardError.write(line + "\n")
        }
    }

    /// Seconds of a clock that never goes back.
    static func now() -> Double { (ContinuousClock.now - begin) / .seconds(1) }

    private static let begin = ContinuousClock.now
}

/// Numbers as people read them.
enum Reading {
    /// `1,234,567`.
    static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// `4 s`, `3 min 20 s`, `1 h 05 min`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0 else { return "unknown" }
        let whole = Int(min(seconds.rounded(), 1e12))
        switch whole {
        case ..<10: return decimal(seconds, 1) + " s"
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(whole % 60) s"
        default: return "\(whole / 3600) h \(whole % 3600 / 60) min"
        }
    }

    /// A number with so many places behind the point.
    static func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 1e15 else { return "\(value)" }
        let whole = Int(scaled)
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard places > 0 else { return sign + String(whole) }
        let digits = String(whole % Int(scale))
        return sign + "\(whole / Int(scale))." + String(repeating: "0", count: places - digits.count) + digits
    }

    /// A fraction as a percentage.
    static func percent(_ fraction: Double) -> String { decimal(fraction * 100, 1) + " %" }
}
