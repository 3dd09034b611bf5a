/// Why a row of a table was refused. The raw value is the key under which it is counted.
public enum RowRejectReason: String, Sendable, Codable, CaseIterable {
    /// More or fewer fields than the header.
    case wrongFieldCount = "wrong_field_count"
    /// A quote that is never closed, or text behind a closing one.
    case badQuoting = "bad_quoting"
    /// Bytes that are not UTF-8.
    case invalidText = "invalid_text"
    /// An id (of an impression, decision, tile, customer, visitor or session) is empty.
    case missingIdentity = "missing_identity"
    /// A time that is no whole number, or lies beyond what can be counted.
    case badTime = "bad_time"
    /// Something else than a number where one is expected.
    case badNumber = "bad_number"
    /// A position that is no whole number from 1 to 1,000,000.
    case badPosition = "bad_position"
    /// Neither yes nor no where it is told whether a tile was clicked.
    case badClick = "bad_click"
    /// A probability below 0 or above 1.
    case badProbability = "bad_probability"
    /// No probability where one is needed.
    case missingProbability = "missing_probability"
    /// A probability of 0 where the inverse is needed.
    case zeroProbability = "zero_probability"
    /// Two tiles of an impression have one position.
    case duplicatePosition = "duplicate_position"
    /// An impression shows a tile twice.
    case duplicateTile = "duplicate_tile"
    /// The rows of an impression differ in time or customer.
    case contradictingRows = "contradicting_rows"
    /// More than one tile of an impression was clicked.
    case severalClicks = "several_clicks"
    /// The tile clicked is not among those shown.
    case clickedNotShown = "clicked_not_shown"
    /// An impression without any tile.
    case noTiles = "no_tiles"
    /// Another row of the same impression was refused.
    case partRefused = "part_refused"
    /// The same id again.
    case duplicateIdentity = "duplicate_identity"
    /// The corpus has no such session.
    case unknownSession = "unknown_session"
    /// Several sessions of the corpus have this id.
    case ambiguousSession = "ambiguous_session"
    /// The corpus has no such visitor.
    case unknownVisitor = "unknown_visitor"
}

/// One refused row: where and why, never its content.
public struct RowReject: Sendable, Equatable, CustomStringConvertible {
    /// Why.
    public var reason: RowRejectReason
    /// The file as it was named.
    public var file: String
    /// The line on which the row starts, from 1.
    public var line: Int
    /// What was expected.
    public var hint: String

    /// `file:line: reason: hint`.
    public var description: String { "\(file):\(line): \(reason.rawValue): \(hint)" }
}

/// The refused rows of tables: all are counted, the first 100,000 are kept.
public struct RejectedRows: Sendable, Equatable {
    /// Most rejects kept one by one.
    public static let mostKept = 100_000

    /// Those kept, in the order they were met.
    public private(set) var kept: [RowReject] = []
    /// Rows by reason.
    public private(set) var counts: [RowRejectReason: Int] = [:]

    /// None yet.
    public init() {}

    /// Refused rows.
    public var total: Int { counts.values.reduce(0, +) }

    /// Rows by the raw value of the reason, as summaries tell them.
    public var countsByReason: [String: Int] { Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }) }

    mutating func record(_ reason: RowRejectReason, file: String, line: Int, _ hint: String) {
        counts[reason, default: 0] += 1
        if kept.count < Self.mostKept { kept.append(RowReject(reason: reason, file: file, line: line, hint: hint)) }
    }

    /// Adds what another table refused.
    public mutating func add(_ other: RejectedRows) {
        counts.merge(other.counts) { $0 + $1 }
        kept += other.kept.prefix(max(0, Self.mostKept - kept.count))
    }

    /// Those kept as CSV with the columns `file,line,reason,hint`.
    public var csv: String {
        "file,line,reason,hint\n"
            + kept.map { "\(CSVText.quoted($0.file)),\($0.line),\($0.reason.rawValue),\(CSVText.quoted($0.hint))\n" }.joined()
    }
}

/// Fields of CSV as RFC 4180 writes them.
package enum CSVText {
    /// In quotes where the text holds a quote, a comma or a line end.
    package static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else { return text }
        // Byte by byte: a quote with an accent behind it is one character, and no quote to whoever splits characters.
        var bytes: [UInt8] = [0x22]
        for byte in text.utf8 {
            if byte == 0x22 { bytes.append(0x22) }
            bytes.append(byte)
        }
        bytes.append(0x22)
        return String(decoding: bytes, as: UTF8.self)
    }
}
