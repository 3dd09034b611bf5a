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

    /// Two rows are the same when all they say is.
    public static func == (a: SuppliedLabel, b: SuppliedLabel) -> Bool {
        a.session == b.session && a.visitor == b.visitor && a.annotator == b.annotator && a.annotatorVersion == b.annotatorVersion
            && a.time == b.time && a.rationale == b.rationale && a.taxonomyDigest == b.taxonomyDigest && a.line == b.line
            && a.isPart == b.isPart && a.intents.elementsEqual(b.intents) { $0 == $1 }
    }
}
