internal import FoundationEssentials

/// Times of entries as people read them.
package enum LedgerTime {
    /// `2026-03-01 08:12:44 UTC`; of a time that no clock gives, such as an edited one, the microseconds.
    /// - Parameter microseconds: since 1970.
    package static func text(_ microseconds: Int64) -> String {
        guard (-62_135_596_800_000_000..<253_402_300_800_000_000).contains(microseconds) else { return "\(microseconds) µs since 1970" }
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let whole = rest < 0 ? seconds - 1 : seconds
        let text = Date(timeIntervalSince1970: Double(whole)).formatted(.iso8601)
        return text.replacing("T", with: " ").replacing("Z", with: " UTC")
    }
}
