internal import Recommendation

/// A summary of links as people read it.
struct LinkText {
    let text: String

    init(_ summary: LinkSummary, _ impressions: ImpressionLog.Counts?, unknownTiles: Int?, refused: Int) {
        var lines = [
            "\(Reading.count(summary.matched)) of \(Reading.count(summary.decisions)) \(impressions == nil ? "decisions" : "impressions") "
                + "have a session (\(Reading.percent(summary.matchRate))), \(Reading.count(summary.matchedCustomers)) of "
                + "\(Reading.count(summary.customers)) customers; \(Reading.count(refused)) rows refused"
        ]
        let stitching = summary.stitching
        lines.append(
            "  sessions: \(Reading.count(stitching.identified)) of \(Reading.count(stitching.sessions)) with a customer of their own, "
                + "\(Reading.count(stitching.byVisitor)) linked by visitor, \(Reading.count(stitching.conflicts)) with several customers "
                + "linked to none once both are known")
        if summary.beforeData + summary.afterData > 0 {
            lines.append(
                "  \(Reading.count(summary.beforeData)) lie before all events of the corpus, \(Reading.count(summary.afterData)) after them"
            )
        }
        if let impressions {
            lines.append(
                "  impressions: \(Reading.count(impressions.tiles)) tiles, \(Reading.count(impressions.withoutClick)) without click, "
                    + "\(Reading.count(impressions.severalClicks)) with several, \(Reading.count(impressions.singleTile)) of one tile, "
                    + "\(Reading.count(impressions.missingProbability)) tiles without probability"
                    + (unknownTiles.map { ", \(Reading.count($0)) not in the catalogue" } ?? ""))
        }
        if let delay = summary.delayHours {
            lines.append(
                "  hours from the latest session: median \(Reading.decimal(delay.median, 1)), quartiles "
                    + "\(Reading.decimal(delay.lowerQuartile, 1)) and \(Reading.decimal(delay.upperQuartile, 1))")
        }
        if let sessions = summary.sessionsPerMatch {
            lines.append(
                "  sessions of a match: median \(Reading.decimal(sessions.median, 1)), at most \(Reading.decimal(sessions.maximum, 0))")
        }
        if !summary.differences.isEmpty { lines.append("  with and without a session, by standardised difference:") }
        for difference in summary.differences.prefix(10) {
            lines.append(
                "    \(difference.name): \(Reading.decimal(difference.matched, 3)) and \(Reading.decimal(difference.unmatched, 3)) "
                    + "(\(Reading.decimal(difference.standardised, 2)))")
        }
        text = lines.joined(separator: "\n")
    }
}
