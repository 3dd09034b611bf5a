public import Audit
internal import DurableFiles

/// Takes: decisions as they are given out.   Gives: entries of the ledger, on the disk before anybody can see the output.
///
/// A run begins with a note that says what it read (``DecisionRun``) and ends with one that says how many decisions it gave; a run without
/// its end was broken off, and what it recorded may never have been given out. For one thread at a time.
public final class DecisionRecorder {
    /// How decisions are recorded.
    public struct Settings: Sendable {
        /// What for, such as `marketing`.
        public var purpose: String
        /// The account, program or role that decides.
        public var actor: String
        /// What the subjects agreed to.
        public var consent = LedgerEntry.Consent.unknown
        /// Whether inputs are kept; if not, their digests alone, which an erasure takes with it.
        public var keepsInputs = true
        /// The version of the program.
        public var software: String

        /// Settings.
        public init(purpose: String, actor: String, software: String) {
            (self.purpose, self.actor, self.software) = (purpose, actor, software)
        }
    }

    /// One decision.
    public struct Decision: Sendable {
        /// As the output line names it.
        public var id: String
        /// Whom it is about.
        public var subject: LedgerSubjects.Subject
        /// ``DecisionInput/json(id:corpusSessions:wording:files:sessions:)``; empty where nothing is known of it.
        public var input: [UInt8]
        /// The line, byte for byte.
        public var output: [UInt8]
        /// What the subject agreed to; nil for what ``Settings/consent`` says.
        public var consent: LedgerEntry.Consent?
        /// Who asked for it, where a service decided.
        public var asked: Asked?

        /// A decision.
        public init(id: String, subject: LedgerSubjects.Subject, input: [UInt8], output: [UInt8]) {
            (self.id, self.subject, self.input, self.output) = (id, subject, input, output)
        }
    }

    /// Who asked for a decision, and by which request. Stands in the evidence beside the run, and stays after an erasure.
    public struct Asked: Sendable, Equatable {
        /// The system that asked: the name of a key or token, never of a person whom the decision is about.
        public var caller: String
        /// What the request is called in its answer and in the access log; nil where that would name the subject.
        public var request: String?

        /// A caller and a request.
        public init(caller: String, request: String?) { (self.caller, self.request) = (caller, request) }
    }

    /// Why the ledger could not be written; nil where it could. Once something failed nothing more is recorded.
    public private(set) var failure: LedgerError?
    /// Decisions recorded.
    public private(set) var count = 0

    private let ledger: Ledger
    private let vault: SubjectVault?
    private let settings: Settings
    private let run: DecisionRun
    private let model: [UInt8]
    private let taxonomy: [UInt8]
    /// `{"run":…}` with the run's place.
    private let evidence: [UInt8]
    private let subjects: LedgerSubjects

    /// Entries of one commit: forcing a commit to the disk costs as much for one as for all.
    public static let batch = 2048

    /// Notes the beginning of a run.
    /// - Parameters:
    ///   - vault: seals the inputs, or the salts of their digests; nil where nothing is said of inputs.
    ///   - model: the id of the model that decides, hexadecimal.
    ///   - taxonomy: the digest of the taxonomy, hexadecimal; nil where none takes part.
    ///   - key: of the imports, for pseudonyms of ids that are in the open.
    /// - Throws: ``LedgerError``.
    public init(
        _ ledger: Ledger, vault: SubjectVault?, _ run: DecisionRun, model: String, taxonomy: String?, key: [UInt8]? = nil,
        _ settings: Settings
    ) throws(LedgerError) {
        (self.ledger, self.vault, self.settings, self.run) = (ledger, vault, settings, run)
        self.model = KeyFile.bytes(ofHex: Array(model.utf8)) ?? Array(model.utf8)
        self.taxonomy = taxonomy.map { KeyFile.bytes(ofHex: Array($0.utf8)) ?? Array($0.utf8) } ?? []
        subjects = LedgerSubjects(ledger, key: key)
        let place = try ledger.append(
            LedgerEntry(
                .note, purpose: settings.purpose, actor: settings.actor, model: self.model, taxonomy: self.taxonomy,
                software: settings.software, output: run.json))
        evidence = Array("{\"run\":\(place)}".utf8)
    }

    private func evidence(with asked: Asked) -> [UInt8] {
        let request = asked.request.map { ",\"request\":\(JSONString.quoted($0))" } ?? ""
        return evidence.dropLast() + Array(",\"caller\":\(JSONString.quoted(asked.caller))\(request)}".utf8)
    }

    /// Records some decisions; they are on the disk when it returns.
    /// - Returns: false where that failed; ``failure`` says why.
    public func record(_ decisions: [Decision]) -> Bool {
        guard failure == nil else { return false }
        do throws(LedgerError) {
            for start in stride(from: 0, to: decisions.count, by: Self.batch) {
                try append(decisions[start..<min(decisions.count, start + Self.batch)])
            }
            return true
        } catch {
            failure = error
            return false
        }
    }

    private func append(_ decisions: ArraySlice<Decision>) throws(LedgerError) {
        try Self.record(decisions.map { (self, $0) })
    }

    /// Records decisions of one run or several in one commit, all or none; they are on the disk when it returns. ``failure`` is not set.
    /// - Parameter decisions: in the order of their entries; their recorders write to one ledger and one vault, and all keep inputs or none.
    public static func record(_ decisions: [(recorder: DecisionRecorder, decision: Decision)]) throws(LedgerError) {
        guard let first = decisions.first?.recorder else { return }
        precondition(
            decisions.allSatisfy {
                $0.recorder.ledger === first.ledger && $0.recorder.vault === first.vault
                    && $0.recorder.settings.keepsInputs == first.settings.keepsInputs
            }, "DecisionRecorder: decisions of several ledgers in one commit")
        let subjects = decisions.map { $0.recorder.subjects.digest(of: $0.decision.subject) }
        // Empty inputs are none: nothing is sealed for them.
        let own = decisions.indices.filter { !decisions[$0].decision.input.isEmpty }
        var sealed: [Int: SealedInput] = [:]
        if let vault = first.vault, !own.isEmpty {
            let inputs = own.map { (subject: subjects[$0], input: decisions[$0].decision.input) }
            sealed = Dictionary(uniqueKeysWithValues: zip(own, try vault.seal(inputs, keepsInputs: first.settings.keepsInputs)))
        }
        var entries: [LedgerEntry] = []
        entries.reserveCapacity(decisions.count)
        for (number, (recorder, decision)) in decisions.enumerated() {
            let (settings, input) = (recorder.settings, sealed[number])
            entries.append(
                LedgerEntry(
                    .decision, purpose: settings.purpose, actor: settings.actor, subject: subjects[number], model: recorder.model,
                    taxonomy: recorder.taxonomy, software: settings.software, consent: decision.consent ?? settings.consent,
                    inputDigest: input?.digest ?? [],
                    sealedInput: input?.bytes,
                    output: DecisionOutput.parted(decision.output, member: recorder.run.idMember).rest,
                    evidence: decision.asked.map(recorder.evidence(with:)) ?? recorder.evidence))
        }
        try first.ledger.append(entries)
        for (recorder, _) in decisions { recorder.count += 1 }
    }

    /// Notes the end of the run.
    public func finish() throws(LedgerError) {
        if let failure { throw failure }
        try ledger.append(
            LedgerEntry(
                .note, purpose: settings.purpose, actor: settings.actor, model: model, taxonomy: taxonomy, software: settings.software,
                output: Array("{\"run_finished\":{\"decisions\":\(count)}}".utf8), evidence: evidence))
    }
}
