internal import Audit
internal import EventStream
internal import Glibc

/// What visitors agreed to, by a field of the corpus.
struct RecordedConsent {
    private let codes: [LedgerEntry.Consent]
    private let corpus: Corpus
    private let field: String

    /// Looks at the words of a field.
    init(_ field: String, of corpus: Corpus) throws {
        guard let words = corpus.dictionary(field), corpus.codes(field) != nil else {
            throw CommandFault(
                code: EX_USAGE, place: "--consent-field", reason: "the corpus has no such field of words",
                remedy: "choose from \(corpus.schema.readableFields.filter { $0.kind != .numeric }.map(\.name).joined(separator: ", "))")
        }
        (self.corpus, self.field) = (corpus, field)
        codes = (0..<words.count).map { LedgerEntry.Consent(word: words[$0]) }
    }

    /// By the last event of a session that says anything; unknown where none does.
    func state(ofSession session: Int) -> LedgerEntry.Consent {
        guard let own = corpus.codes(field), let event = corpus.events(ofSession: session).last(where: { own[$0] > 0 }) else {
            return .unknown
        }
        return codes[Int(own[event]) - 1]
    }
}
