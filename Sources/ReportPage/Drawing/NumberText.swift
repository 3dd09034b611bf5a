#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Numbers as people read them, the same in every locale.
public enum NumberText {
    /// Fixed number of digits after the point, thousands set apart by commas. "–" for what is not a number.
    public static func fixed(_ value: Double, digits: Int = 0) -> String {
        guard value.isFinite else { return value.isNaN ? "–" : value > 0 ? "∞" : "−∞" }
        guard abs(value) < 1e15 else { return scientific(value) }
        let factor = pow(10, Double(digits))
        let scaled = (abs(value) * factor).rounded()
        let whole = (scaled / factor).rounded(.down)
        var text = grouped(Int(whole))
        if digits > 0 {
            let rest = String(Int(scaled - whole * factor))
            text += "." + String(repeating: "0", count: max(0, digits - rest.count)) + rest
        }
        return value < 0 && scaled > 0 ? "−" + text : text
    }

    /// A count with commas.
    public static func count(_ value: Int) -> String { (value < 0 ? "−" : "") + grouped(Int(min(value.magnitude, UInt(Int.max)))) }

    /// A fraction as per cent.
    public static func percent(_ fraction: Double, digits: Int = 1) -> String {
        fraction.isFinite ? fixed(fraction * 100, digits: digits) + " %" : fixed(fraction)
    }

    /// Seconds as people say them: "4 s", "2 min 10 s", "1 h 5 min".
    public static func seconds(_ value: Double) -> String {
        guard value.isFinite, value >= 0 else { return "–" }
        if value < 9.95 { return value < 0.95 ? "\(Int((value * 1000).rounded())) ms" : fixed(value, digits: 1) + " s" }
        guard value < 1e9 else { return scientific(value) + " s" }
        let whole = Int(value.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min" + (whole % 60 == 0 ? "" : " \(whole % 60) s") }
        return "\(whole / 3600) h" + (whole / 60 % 60 == 0 ? "" : " \(whole / 60 % 60) min")
    }

    /// As many digits as a tick with this distance to the next needs.
    static func tick(_ value: Double, step: Double) -> String {
        if value != 0 && (abs(value) >= 1e7 || abs(value) < 1e-4) { return scientific(value) }
        return fixed(value, digits: step >= 1 ? 0 : min(6, Int((-log10(step) - 1e-9).rounded(.up))))
    }

    private static func scientific(_ value: Double) -> String {
        let exponent = Int(log10(abs(value)).rounded(.down))
        let lead = value / pow(10, Double(exponent))
        return fixed(lead, digits: abs(lead - lead.rounded()) < 0.05 ? 0 : 1) + "e\(exponent)"
    }

    private static func grouped(_ value: Int) -> String {
        let digits = Array(String(value))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A coordinate with one digit after the point.
    static func coordinate(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let text = "\(abs(tenths) / 10)" + (tenths % 10 == 0 ? "" : ".\(abs(tenths) % 10)")
        return tenths < 0 ? "-" + text : text
    }
}
