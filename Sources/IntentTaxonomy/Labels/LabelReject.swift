/// Why a row of labels was refused. The raw value is the key under which it is counted.
public enum LabelRejectReason: String, Sendable, Codable, CaseIterable {
    /// Not one JSON object a line.
    case badJSON = "bad_json"
    /// More or fewer fields than the header.
    case wrongFieldCount = "wrong_field_count"
    /// A quote that is never closed, or text behind a closing one.
    case badQuoting = "bad_quoting"
    /// Bytes that are not UTF-8.
    case invalidText = "invalid_text"
    /// No session id.
    case missingSession = "missing_session"
    /// The corpus has no such session.
    case unknownSession = "unknown_session"
    /// Several sessions of the corpus have this id, and no visitor says which.
    case ambiguousSession = "ambiguous_session"
    /// The import cut this session into several, and the label speaks of the whole.
    case cutSession = "cut_session"
    /// Nobody is named as the annotator.
    case missingAnnotator = "missing_annotator"
    /// No intents where they should stand.
    case missingIntents = "missing_intents"
    /// An intent the taxonomy does not have.
    case unknownIntent = "unknown_intent"
    /// A group, which is never assigned itself.
    case groupIntent = "group_intent"
    /// An intent that the taxonomy has since split in several.
    case splitIntent = "split_intent"
    /// Not a number where a confidence is expected.
    case badConfidence = "bad_confidence"
    /// A confidence below 0, above 1, or not a finite number.
    case confidenceOutOfRange = "confidence_out_of_range"
    /// A time in no known form.
    case badTime = "bad_time"
    /// One annotator labelled one session twice, and differently.
    case contradictingDuplicate = "contradicting_duplicate"
    /// Another row of the same annotation was refused, and without it the rest would say what nobody meant.
    case partRefused = "part_refused"
}

/// One refused row: where and why, never its content.
public struct LabelReject: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why.
    public var reason: LabelRejectReason
    /// The file as it was named.
    public var file: String
    /// The line on which the row starts, from 1.
    public var line: Int
    /// What was expected.
    public var hint: String

    /// A reject with all its parts.
    public init(_ reason: LabelRejectReason, file: String, line: Int, hint: String) {
        (self.reason, self.file, self.line, self.hint) = (reason, file, line, hint)
    }

    /// `file:line: reason: hint`.
    public var description: String { "\(file):\(line): \(reason.rawValue): \(hint)" }

    /// The rejects as CSV with the columns `file,line,reason,hint`.
    public static func csv(_ rejects: [LabelReject]) -> String {
        func quoted(_ text: String) -> String {
            guard text.contains(where: { $0 == "\"" || $0 == "," || $0.isNewline }) else { return text }
            return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }
        return "file,line,reason,hint\n"
            + rejects.map { "\(quoted($0.file)),\($0.line),\($0.reason.rawValue),\(quoted($0.hint))\n" }.joined()
    }
}
