internal import ArgumentParser
internal import Audit
internal import EventStream
internal import Glibc
internal import Recommendation

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

/// `--consent-field` of the commands that decide about customers or applicants.
struct ConsentColumn: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Column of the customers' or applicants' table that says what each agreed to (yes, granted, no, denied …); in place of "
                + "--consent.", valueName: "column"))
    var consentField: String?

    func check(_ ledger: LedgerOptions) throws {
        guard consentField == nil || ledger.ledger != nil else { throw ValidationError("--consent-field is for --ledger") }
    }

    /// What the column says, by the values of another; nil where none is named.
    /// - Parameter key: the column of customers' or applicants' ids.
    func read(_ table: String?, key: String) throws -> [String: LedgerEntry.Consent]? {
        guard let consentField, let table else { return nil }
        let read = try DelimitedTable(table, needed: key)
        guard let column = read.column(consentField), let ids = read.column(key) else {
            throw CommandFault(
                code: EX_USAGE, place: "--consent-field", reason: "\(table) has no such column",
                remedy: "choose from \(read.names.filter { $0 != key }.joined(separator: ", "))")
        }
        var states: [String: LedgerEntry.Consent] = [:]
        var refused = RejectedRows()
        // Of rows with one id the first counts, as for features.
        read.rows(&refused) { row, _ in if states[row.text(ids)] == nil { states[row.text(ids)] = .init(word: row.text(column)) } }
        return states
    }
}
