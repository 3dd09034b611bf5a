/// What one annotator said of one session: a confidence for every intent that can be assigned.
public struct Annotation: Sendable, Equatable {
    /// The session's number in the corpus.
    public var session: Int
    /// Who labelled.
    public var annotator: String
    /// Which version of the annotator.
    public var annotatorVersion: String?
    /// When, as it was supplied.
    public var time: String?
    /// Why, in the annotator's words.
    public var rationale: String?
    /// `[K]`, in the order of ``Taxonomy/assignable``; 0 where the intent was not named.
    public var confidences: [Double]

    /// An annotation with all its parts.
    public init(
        session: Int, annotator: String, annotatorVersion: String? = nil, time: String? = nil, rationale: String? = nil,
        confidences: [Double]
    ) {
        (self.session, self.annotator, self.annotatorVersion) = (session, annotator, annotatorVersion)
        (self.time, self.rationale, self.confidences) = (time, rationale, confidences)
    }

    /// Annotator and version in one name: versions of one annotator are compared like different annotators.
    public var source: String { annotatorVersion.map { "\(annotator)@\($0)" } ?? annotator }
}

/// One annotator labelled one session more than once, and differently; none of it counts until somebody decides.
public struct Contradiction: Sendable, Equatable {
    /// The session's number in the corpus.
    public var session: Int
    /// ``Annotation/source``.
    public var source: String
    /// Ids of the intents in question.
    public var intents: [String]

    /// A contradiction with all its parts.
    public init(session: Int, source: String, intents: [String]) {
        (self.session, self.source, self.intents) = (session, source, intents)
    }
}
