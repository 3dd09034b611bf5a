internal import EventStream

/// Times of decisions as tables write them → numbers that rise with time.
enum PlainTimes {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// Numbers (years, days, seconds: whatever rises), dates and times such as `2026-11-21` or `2026-11-21T09:30:00+01:00`, months such as
    /// `2026-11`, `2026/11` or `Nov-2026`. All values are read in one of these ways.
    static func read(_ texts: [String?], name: String, _ path: String) throws(PlainTableError) -> [Double] {
        let without = texts.count { $0 == nil }
        guard without == 0 else {
            throw PlainTableError(
                place: path, reason: "column `\(name)`: \(without) rows have no time", remedy: "give it, or leave these rows out")
        }
        let clock = DelimitedText.Clock(.iso8601)
        let ways: [(String) -> Double?] = [
            { PlainColumns.number($0, false) }, { text in clock.read(Array(Self.dashed(text).utf8)[...]).map { Double($0) } },
            { Self.month($0) },
        ]
        for way in ways {
            let times = texts.compactMap { $0.flatMap(way) }
            if times.count == texts.count { return times }
        }
        throw PlainTableError(
            place: path, reason: "column `\(name)`: its values are neither all numbers nor all dates that can only be read in one way",
            remedy: "write them as 2026-11-21, 2026-11 or seconds since 1970")
    }

    /// Year first, with dashes.
    private static func dashed(_ text: String) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count > 1 && parts[0].count == 4 ? parts.joined(separator: "-") : text
    }

    /// Months since year 0.
    private static func month(_ text: String) -> Double? {
        let parts = text.split { "-/ ".contains($0) }.map(String.init)
        guard parts.count == 2 else { return nil }
        if parts[0].count == 4, let year = Int(parts[0]), let month = Int(parts[1]), (1...12).contains(month) {
            return Double(year * 12 + month)
        }
        guard parts[1].count == 4, let year = Int(parts[1]), let month = months.firstIndex(of: String(parts[0].prefix(3)).lowercased())
        else { return nil }
        return Double(year * 12 + month + 1)
    }
}
