package import Audit
package import EventStream

/// What is asked of a session.
package struct ScoreRequest: Sendable {
    /// Parts of the answer.
    package struct Wants: OptionSet, Sendable, Hashable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// The session's vector.
        package static let embedding = Wants(rawValue: 1)
        /// Its label.
        package static let intents = Wants(rawValue: 2)
        /// What its visitor will apply for.
        package static let conversion = Wants(rawValue: 4)

        /// By the name in a request.
        init?(name: String) {
            switch name {
            case "embedding": self = .embedding
            case "intents": self = .intents
            case "conversion": self = .conversion
            default: return nil
            }
        }
    }

    /// The session.
    package var record: SessionRecord
    /// What its events say at their ends, where they come after others.
    package var seam = SessionInput.Seam()
    /// What is wanted.
    package var wants: Wants
    /// Most events told as evidence for each intent.
    package var evidence: Int
    /// Whether the probabilities of all intents are told.
    package var all: Bool
    /// Features of the customer, for the conversion; nil where none were given.
    package var customer: AttributeTexts?
    /// When the conversion is foretold, microseconds since 1970; nil for just after the session.
    package var time: Int64?
    /// What the visitor agreed to, for the ledger; nil where it was not said.
    package var consent: LedgerEntry.Consent?

    /// Most events that can be asked for as evidence.
    package static let mostEvidence = 100

    /// Members beside those of the session.
    private struct Options {
        var wants: Wants?
        var evidence: Int?
        var all: Bool?
        var customer: AttributeTexts?
        var time: Int64?
        var consent: LedgerEntry.Consent?

        /// Takes a member; false where it is none of these.
        mutating func take(_ name: String, _ reader: inout JSONReader, _ limits: SessionInput.Limits) throws(RequestFault) -> Bool {
            switch name {
            case "want":
                guard wants == nil else { throw reader.repeated() }
                wants = try Self.wants(&reader)
            case "evidence":
                guard evidence == nil else { throw reader.repeated() }
                evidence = Int(try reader.integer(0...Int64(ScoreRequest.mostEvidence)))
            case "all":
                guard all == nil else { throw reader.repeated() }
                all = try reader.boolean()
            case "customer":
                guard customer == nil else { throw reader.repeated() }
                customer = try AttributeTexts(&reader, textBytes: limits.fieldBytes)
            case "time", "time_us", "time_ms":
                guard time == nil else { throw reader.repeated() }
                time = try SessionInput.time(name, &reader)
            case "consent":
                guard consent == nil else { throw reader.repeated() }
                consent = try ConsentMember.read(&reader)
            default: return false
            }
            return true
        }

        private static func wants(_ reader: inout JSONReader) throws(RequestFault) -> Wants {
            var wants: Wants = []
            try reader.beginArray()
            while try reader.nextElement() {
                guard let own = Wants(name: try reader.text(limit: 32)) else {
                    throw reader.fault(
                        .unprocessable, "it is nothing that can be wanted", remedy: "choose from intents, embedding and conversion")
                }
                guard !wants.contains(own) else { throw reader.repeated() }
                wants.insert(own)
            }
            guard !wants.isEmpty else {
                throw reader.fault(.unprocessable, "nothing is wanted", remedy: "choose from intents, embedding and conversion")
            }
            return wants
        }
    }

    /// Reads a request: a session's members, and what is wanted of it.
    package init(_ reader: inout JSONReader, _ input: SessionInput) throws(RequestFault) {
        var draft = SessionInput.Draft()
        var options = Options()
        try reader.beginObject()
        while let name = try reader.nextName() {
            if try input.take(name, &reader, into: &draft) { continue }
            guard try options.take(name, &reader, input.limits) else {
                throw reader.unknown("session, visitor, events, want, evidence, all, customer, time, consent")
            }
        }
        self.init(try input.record(draft, reader), options)
    }

    private init(_ record: SessionRecord, _ options: Options) {
        self.record = record
        (wants, evidence, all) = (options.wants ?? .intents, options.evidence ?? 3, options.all ?? false)
        (customer, time, consent) = (options.customer, options.time, options.consent)
    }

    /// Reads events that come after those of a session that is remembered.
    /// - Parameter id: of the session.
    package init(_ reader: inout JSONReader, _ input: SessionInput, moreOf id: String) throws(RequestFault) {
        var draft = SessionInput.Draft()
        var options = Options()
        try reader.beginObject()
        while let name = try reader.nextName() {
            if name != "session", try input.take(name, &reader, into: &draft) { continue }
            guard try options.take(name, &reader, input.limits) else {
                throw reader.unknown("visitor, events, want, evidence, all, customer, time, consent")
            }
        }
        self.init(try input.record(draft, id: id, reader), options)
        seam = draft.seam
    }

    /// The usual questions to a session that is remembered.
    package init(remembered record: SessionRecord) { self.init(record, Options()) }
}

/// What a subject agreed to, as a request says it.
enum ConsentMember {
    static func read(_ reader: inout JSONReader) throws(RequestFault) -> LedgerEntry.Consent {
        switch try reader.text(limit: 32) {
        case "given": return .given
        case "refused": return .refused
        case "withdrawn": return .withdrawn
        case "not-needed": return .notNeeded
        case "unknown": return .unknown
        default:
            throw reader.fault(
                .unprocessable, "it is no state of consent", remedy: "choose from given, refused, withdrawn, not-needed and unknown")
        }
    }
}
