internal import FoundationEssentials

/// One row of a label file: what an annotator, a person or a model, says of a session.
public struct SuppliedLabel: Sendable, Equatable {
    /// The session's id as the export or the corpus has it.
    public var session: String
    /// The visitor's id, where the row gives one.
    public var visitor: String?
    /// Confidences by intent, in the row's order. What is not named is absent.
    public var intents: [(id: String, confidence: Double)]
    /// Who labelled.
    public var annotator: String
    /// Which version of the annotator: of a model, or of the instructions people had.
    public var annotatorVersion: String?
    /// When: as the row writes it, ISO 8601 or seconds since 1970.
    public var time: String?
    /// Why, in the annotator's words. It may speak of the person, and never goes into a message.
    public var rationale: String?
    /// Digest of the taxonomy it was given under.
    public var taxonomyDigest: String?
    /// The line on which the row starts.
    public var line: Int
    /// True where the row holds one intent of several (the long table), false where it holds all of them.
    public var isPart: Bool

    /// A row with all its parts.
    public init(
        session: String, visitor: String? = nil, intents: [(id: String, confidence: Double)], annotator: String,
        annotatorVersion: String? = nil, time: String? = nil, rationale: String? = nil, taxonomyDigest: String? = nil, line: Int = 1,
        isPart: Bool = false
    ) {
        (self.session, self.visitor, self.intents, self.annotator) = (session, visitor, intents, annotator)
        (self.annotatorVersion, self.time, self.rationale) = (annotatorVersion, time, rationale)
        (self.taxonomyDigest, self.line, self.isPart) = (taxonomyDigest, line, isPart)
    }

    /// The row as a line of JSON that ``LabelFile`` reads, without a line end; intents by id. Where one is named twice the last holds.
    public var jsonLine: String {
        struct Line: Encodable {
            let session_id: String
            let user_id: String?
            let intents: [String: Double]
            let annotator: String
            let annotator_version: String?
            let time: String?
            let rationale: String?
            let taxonomy_digest: String?
        }
        let line = Line(
            session_id: session, user_id: visitor, intents: Dictionary(intents.map { ($0.id, $0.confidence) }) { $1 }, annotator: annotator,
            annotator_version: annotatorVersion, time: time, rationale: rationale, taxonomy_digest: taxonomyDigest)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(line) else { preconditionFailure("SuppliedLabel.jsonLine: a confidence is not finite") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Two rows are the same when all they say is.
    public static func == (a: SuppliedLabel, b: SuppliedLabel) -> Bool {
        a.session == b.session && a.visitor == b.visitor && a.annotator == b.annotator && a.annotatorVersion == b.annotatorVersion
            && a.time == b.time && a.rationale == b.rationale && a.taxonomyDigest == b.taxonomyDigest && a.line == b.line
            && a.isPart == b.isPart && a.intents.elementsEqual(b.intents) { $0 == $1 }
    }
}
