internal import EventStream
internal import FoundationEssentials

/// Reads label files: JSON Lines, a long table (one row an intent), or a wide table (one column an intent); plain, gzip or zstd.
///
/// | what | JSON member | column |
/// |---|---|---|
/// | session | `session_id` or `session` | the same |
/// | visitor (optional) | `user_id`, `visitor_id` or `visitor` | the same |
/// | intents | `intents`: an object of id and confidence | `intent` and `confidence`, or a column named as each intent |
/// | annotator | `annotator` | the same |
/// | optional | `annotator_version`, `time`, `rationale`, `taxonomy_digest` | the same |
///
/// An intent that is not named, or whose cell is empty, is absent: confidence 0. Other JSON members are left alone.
public struct LabelFile {
    /// The three forms.
    public enum Form: String, Sendable, Codable {
        /// One JSON object a line.
        case jsonLines = "jsonl"
        /// A table with one row for each intent of a session.
        case long
        /// A table with one column for each intent.
        case wide
    }

    /// The file as it was named.
    public let path: String
    /// Its form, found out from its beginning.
    public let form: Form
    let bytes: [UInt8]
    let header: Header?
    let annotator: String?

    /// Opens a file and finds out its form.
    /// - Parameters:
    ///   - path: the file, or `-` for standard input.
    ///   - taxonomy: names the intents a wide table may have as columns.
    ///   - annotator: who labelled where the rows do not say.
    public init(_ path: String, taxonomy: Taxonomy, annotator: String? = nil) throws(LabelError) {
        let text: [UInt8]
        do { text = try ExportInput(path: path).wholeText() } catch { throw .input(error) }
        try self.init(text, path: path, taxonomy: taxonomy, annotator: annotator)
    }

    /// Reads from memory; `path` is the name in messages.
    package init(_ text: [UInt8], path: String, taxonomy: Taxonomy, annotator: String? = nil) throws(LabelError) {
        let text = text.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.dropFirst(3)) : text
        (self.path, bytes, self.annotator) = (path, text, annotator)
        guard let first = text.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { throw .nothingLabelled(rejects: 0) }
        if first == UInt8(ascii: "{") {
            (form, header) = (.jsonLines, nil)
        } else {
            let header = try Header(text, path: path, taxonomy: taxonomy)
            (form, self.header) = (header.intent == nil ? .wide : .long, header)
        }
    }

    /// A row as it was read.
    public enum Row: Sendable, Equatable {
        /// It can be read.
        case label(SuppliedLabel)
        /// It cannot; with what is known of it, where that is enough to say which annotation lacks it.
        case refused(LabelReject, SuppliedLabel?)
    }

    /// Gives every row in the order of the file.
    public func rows(_ body: (Row) -> Void) {
        if let header { tableRows(header, body) } else { jsonRows(body) }
    }

    func reject(_ reason: LabelRejectReason, _ line: Int, _ hint: String) -> LabelReject {
        LabelReject(reason, file: path, line: line, hint: hint)
    }

    /// Checks what all forms have in common. A `fault` found before holds unless nobody can say whose row it is.
    func complete(_ label: SuppliedLabel, fault: LabelReject? = nil) -> Row {
        var label = label
        if label.session.isEmpty {
            return .refused(reject(.missingSession, label.line, "expected the session's id in `session_id`"), nil)
        }
        if label.annotator.isEmpty {
            guard let annotator else {
                return .refused(
                    reject(.missingAnnotator, label.line, "expected a name in `annotator`, or --annotator for all rows"), nil)
            }
            label.annotator = annotator
        }
        if let fault { return .refused(fault, label) }
        for (place, entry) in label.intents.enumerated() where !(entry.confidence >= 0 && entry.confidence <= 1) {
            let hint = "confidence \(place + 1) of \(label.intents.count) is not between 0 and 1; write shares, 0.8 and not 80"
            return .refused(reject(.confidenceOutOfRange, label.line, hint), label)
        }
        if let time = label.time, Self.seconds(time) == nil {
            let hint = "expected ISO 8601 such as 2026-11-21T09:30:00Z, or seconds since 1970"
            return .refused(reject(.badTime, label.line, hint), label)
        }
        return .label(label)
    }

    /// Seconds since 1970 of a time in ISO 8601 or in seconds; nil where it is neither.
    package static func seconds(_ text: String) -> Double? {
        if let number = Double(text) { return number.isFinite && number >= 0 ? number : nil }
        let whole = Date.ISO8601FormatStyle()
        if let date = try? Date(text, strategy: whole) { return date.timeIntervalSince1970 }
        return (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))?.timeIntervalSince1970
    }

    // The names by which a row may call a thing.
    static let sessionNames = ["session_id", "session"]
    static let visitorNames = ["user_id", "visitor_id", "visitor"]
}
