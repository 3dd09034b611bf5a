internal import FoundationEssentials

extension CreditScorecard {
    /// What the network does not read of the applicants' records, in words; all else it reads.
    /// - Throws: as ``scores(_:reasons:pool:)``.
    public func unread(_ data: CreditData) throws -> [String: Int] {
        try scorer.counts(data.examples).filter { $0.key != SequenceScorer.read }
    }

    /// Scores as CSV with a header: key, probability, points, and a column for each reason's code.
    /// - Parameters:
    ///   - key: the name of the first column.
    ///   - reasons: columns of reasons.
    public static func table(_ scores: [Score], key: String, _ reasons: Int) -> String {
        let header = [key, "probability", "points"] + (0..<reasons).map { "reason_\($0 + 1)" }
        var text = header.map(quoted).joined(separator: ",") + "\n"
        for score in scores {
            var fields = [score.customer, "\(score.probability)", "\(score.points)"]
            fields += (0..<reasons).map { $0 < score.reasons.count ? score.reasons[$0].code : "" }
            text += fields.map(quoted).joined(separator: ",") + "\n"
        }
        return text
    }

    private struct Line: Encodable {
        let customer: String
        let probability: Float
        let points: Int
        let reasons: [ReasonCodes.Reason]
    }

    /// Scores as JSON, a line each with its end.
    public static func jsonLines(_ scores: [Score]) throws -> [String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try scores.map {
            let line = Line(customer: $0.customer, probability: $0.probability, points: $0.points, reasons: $0.reasons)
            return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
        }
    }

    /// A field of CSV; RFC 4180.
    private static func quoted(_ field: String) -> String {
        let special = field.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D }
        return special ? "\"\(field.replacing("\"", with: "\"\""))\"" : field
    }
}
