internal import Audit
internal import DecisionRecords
internal import DurableFiles
internal import FoundationEssentials
internal import Glibc

/// Decisions of a ledger or of a bundle, opened and checked: each with its input, its entry's hash and the run it belongs to.
struct RecordedDecisions {
    /// Those that can be replayed, by the place of their run.
    var byRun: [Int: [DecisionReplay.Decision]] = [:]
    /// Runs by their place.
    var runs: [Int: DecisionRun] = [:]
    /// Those that cannot, and why.
    var refused: [DecisionReplay.Result] = []
    /// The ledger's identity, hexadecimal.
    private var identity = ""
    private var opened: [DecisionBundle.Decision] = []
    private var notes: [Int: EntryProof] = [:]
    private var checked: [Int: ReplayableRun] = [:]
    /// Runs that nothing of is made again, and why.
    private var faults: [Int: String] = [:]

    /// Decisions that were opened.
    var count: Int { opened.count }

    /// The place of a decision's run.
    static func run(of entry: LedgerEntry) -> Int? {
        struct Evidence: Decodable { var run: Int }
        return try? JSONDecoder().decode(Evidence.self, from: Data(entry.evidence)).run
    }

    /// The run at a place; nil where none is.
    static func run(at place: Int, of ledger: Ledger) throws(LedgerError) -> DecisionRun? {
        try Self.proof(at: place, of: ledger).flatMap { DecisionRun(json: $0.entry.output) }
    }

    /// An entry of a ledger that may have been cut or edited; nil where there is none that can be read.
    static func proof(at place: Int, of ledger: Ledger) throws(LedgerError) -> EntryProof? {
        do throws(LedgerError) { return try ledger.proof(at: place) } catch {
            guard error.kind == .notStored || error.kind == .damaged else { throw error }
            return nil
        }
    }

    // MARK: Opening

    /// Opens decisions of a ledger.
    init(_ places: [Int], of ledger: Ledger, vault: SubjectVault?) throws {
        identity = SHA256Digest.hex(ledger.identity)
        for place in places {
            guard let proof = try Self.proof(at: place, of: ledger) else {
                // That there is none is said by what reading it throws.
                _ = try ledger.hash(at: place)
                refused.append(.init(entry: place, command: "", verdict: .damaged, detail: "it cannot be read; run tessera audit verify"))
                continue
            }
            guard proof.entry.kind == .decision else {
                throw CommandFault(
                    code: EX_DATAERR, place: "\(ledger.path):\(place)", reason: "this entry is no decision",
                    remedy: "name places of decisions")
            }
            guard let run = try self.run(of: proof, { try Self.proof(at: $0, of: ledger) }, against: nil) else { continue }
            guard let vault else {
                refuse(proof.entry, .notKept, "the vault's key is not at hand: --vault-key or TESSERA_VAULT_KEY")
                continue
            }
            let input: OpenedInput
            do throws(LedgerError) { input = try vault.open(proof.entry) } catch {
                refuse(proof.entry, error.kind == .erased ? .erased : error.kind == .notStored ? .notKept : .damaged, error.reason)
                continue
            }
            take(proof, input, run)
        }
    }

    /// Reads a bundle. Whatever does not give its entry's hash is refused.
    /// - Parameter ledger: whose entries they must be; nil where that is not asked.
    init(bundle path: String, against ledger: Ledger?) throws {
        let bundle = try DecisionBundle(path)
        identity = bundle.ledger
        if let ledger, SHA256Digest.hex(ledger.identity) != identity {
            throw CommandFault(
                code: EX_DATAERR, place: ledger.path, reason: "this is another ledger than the bundle says it is of",
                remedy: "name the ledger that it was exported from, or a copy")
        }
        let known = Dictionary(bundle.runs.map { ($0.entry.sequence, $0) }, uniquingKeysWith: { first, _ in first })
        for decision in bundle.decisions {
            let proof = decision.entry
            guard proof.entry.kind == .decision else {
                refuse(proof.entry, .damaged, "it is no decision")
                continue
            }
            guard let run = try self.run(of: proof, { known[$0] }, against: ledger) else { continue }
            let salt = KeyFile.bytes(ofHex: Array(decision.salt.utf8)) ?? []
            take(proof, OpenedInput(salt: salt, input: Array(decision.input.utf8)), run)
        }
    }

    /// The place of the run of an entry that is what its hash says; nil where the entry was refused.
    private mutating func run(
        of proof: EntryProof, _ note: (Int) throws -> EntryProof?, against ledger: Ledger?
    ) throws -> Int? {
        guard let run = Self.run(of: proof.entry) else {
            refuse(proof.entry, .notKept, "it names no run: it was recorded from outside")
            return nil
        }
        try learn(run, note, against: ledger)
        if let fault = try Self.fault(of: proof, against: ledger) {
            refuse(proof.entry, .damaged, fault)
        } else if let fault = faults[run] {
            refuse(proof.entry, .damaged, fault)
        } else if runs[run]?.command == DecisionRun.outside {
            refuse(proof.entry, .failed, "another program decided; only that can decide again")
        } else {
            return run
        }
        return nil
    }

    /// Looks at the entry of a run, once.
    private mutating func learn(_ run: Int, _ note: (Int) throws -> EntryProof?, against ledger: Ledger?) throws {
        guard runs[run] == nil, faults[run] == nil else { return }
        guard let proof = try note(run), proof.entry.kind == .note, let own = DecisionRun(json: proof.entry.output) else {
            faults[run] = "entry \(run) is not the run that it names; run tessera audit verify"
            return
        }
        runs[run] = own
        notes[run] = proof
        if let fault = try Self.fault(of: proof, against: ledger) {
            faults[run] = "its run, entry \(run): \(fault)"
        } else if own.command != DecisionRun.outside {
            do throws(ReplayableRun.Refusal) { checked[run] = try ReplayableRun(own) } catch { faults[run] = error.reason }
        }
    }

    /// Why an entry is not what its hash says, or not that of a ledger; nil where it is.
    private static func fault(of proof: EntryProof, against ledger: Ledger?) throws -> String? {
        guard proof.isSound else { return "the entry does not give its hash: it was changed" }
        guard let ledger else { return nil }
        do throws(LedgerError) {
            return try ledger.hash(at: proof.entry.sequence) == proof.hash ? nil : "the ledger holds another entry at its place"
        } catch {
            guard error.kind == .notStored else { throw error }
            return "the ledger has no entry at its place"
        }
    }

    private mutating func refuse(_ entry: LedgerEntry, _ verdict: DecisionReplay.Verdict, _ detail: String) {
        let command = Self.run(of: entry).flatMap { runs[$0]?.command } ?? ""
        refused.append(.init(entry: entry.sequence, command: command, verdict: verdict, detail: detail))
    }

    private mutating func take(_ proof: EntryProof, _ input: OpenedInput, _ run: Int) {
        let entry = proof.entry
        guard input.digest == entry.inputDigest else { return refuse(entry, .damaged, "the input is not the one that was decided on") }
        guard let read = try? DecisionInput(json: input.input) else { return refuse(entry, .damaged, "the input cannot be read") }
        if let fault = checked[run]?.fault(of: read) { return refuse(entry, .damaged, fault) }
        byRun[run, default: []].append(.init(entry: entry, run: run, input: read))
        opened.append(
            .init(entry: proof, salt: SHA256Digest.hex(input.salt), input: String(decoding: input.input, as: UTF8.self)))
    }

    // MARK: Exporting

    /// Writes the decisions that were opened, their inputs and the models that are found, whole or not at all.
    func write(bundle path: String, _ replay: DecisionReplay) throws {
        let places = byRun.keys.sorted()
        let models = places.flatMap { runs[$0]?.models ?? [] }
        let bundle = DecisionBundle(ledger: identity, runs: places.compactMap { notes[$0] }, decisions: opened)
        let found = Set(models.map(\.id)).sorted().compactMap { id in replay.folder(of: id, among: models).map { (id: id, place: $0) } }
        try bundle.write(to: path, models: found)
    }
}
