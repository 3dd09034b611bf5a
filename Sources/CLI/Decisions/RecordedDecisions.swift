internal import Audit
internal import DecisionRecords
internal import DurableFiles
internal import FoundationEssentials
internal import Glibc

/// Decisions of a ledger or of a bundle, opened.
struct RecordedDecisions {
    /// Those that can be replayed, by the place of their run.
    var byRun: [Int: [DecisionReplay.Decision]] = [:]
    /// Runs by their place.
    var runs: [Int: DecisionRun] = [:]
    /// Those that cannot, and why.
    var refused: [DecisionReplay.Result] = []
    private var bundled: [Bundled] = []

    /// The file of a bundle that makes a folder one.
    static let file = "decisions.json"

    /// A decision in a bundle.
    private struct Bundled: Codable {
        var entry: Int
        var run: Int
        var timeUs: Int64
        var purpose: String
        var software: String
        var model: String
        /// Of salt and input.
        var inputSha256: String
        var salt: String
        var input: String
        var output: String
    }

    private struct Bundle: Codable {
        var formatVersion: Int
        var ledger: String
        var runs: [String: DecisionRun]
        var decisions: [Bundled]
    }

    private var identity = ""

    /// The place of a decision's run.
    static func run(of entry: LedgerEntry) -> Int? {
        struct Evidence: Decodable { var run: Int }
        return try? JSONDecoder().decode(Evidence.self, from: Data(entry.evidence)).run
    }

    /// Opens decisions of a ledger.
    init(_ places: [Int], of ledger: Ledger, vault: SubjectVault?) throws {
        identity = SHA256Digest.hex(ledger.identity)
        for place in places {
            let entry = try ledger.entry(at: place)
            guard entry.kind == .decision else {
                throw CommandFault(
                    code: EX_DATAERR, place: "\(ledger.path):\(place)", reason: "this entry is no decision",
                    remedy: "name places of decisions")
            }
            guard let run = Self.run(of: entry) else {
                refuse(entry, "", .notKept, "it names no run: it was recorded from outside")
                continue
            }
            if runs[run] == nil { runs[run] = DecisionRun(json: try ledger.entry(at: run).output) }
            guard let own = runs[run] else {
                refuse(entry, "", .damaged, "entry \(run) is not the run that it names; run tessera audit verify")
                continue
            }
            guard let vault else {
                refuse(entry, own.command, .notKept, "the vault's key is not at hand: --vault-key or TESSERA_VAULT_KEY")
                continue
            }
            let opened: OpenedInput
            do throws(LedgerError) { opened = try vault.open(entry) } catch {
                let verdict: DecisionReplay.Verdict =
                    error.kind == .erased ? .erased : error.kind == .notStored ? .notKept : .damaged
                refuse(entry, own.command, verdict, error.reason)
                continue
            }
            take(
                Bundled(
                    entry: place, run: run, timeUs: entry.time, purpose: entry.purpose, software: entry.software,
                    model: SHA256Digest.hex(entry.model), inputSha256: SHA256Digest.hex(entry.inputDigest),
                    salt: SHA256Digest.hex(opened.salt),
                    input: String(decoding: opened.input, as: UTF8.self), output: String(decoding: entry.output, as: UTF8.self)), own)
        }
    }

    /// Reads a bundle; an input whose digest is another one is refused.
    init(bundle path: String) throws {
        let file = path + "/" + Self.file
        let bytes = try FileSystem.live.contents(of: file, limit: 1 << 31)
        let bundle: Bundle
        do { bundle = try JSONDecoder().decode(Bundle.self, from: Data(bytes)) } catch {
            throw CommandFault(
                code: EX_DATAERR, place: file, reason: "it is no bundle of decisions", remedy: "copy it again, or export it anew")
        }
        identity = bundle.ledger
        for (place, run) in bundle.runs { if let place = Int(place) { runs[place] = run } }
        for decision in bundle.decisions {
            guard let own = runs[decision.run] else {
                refused.append(.init(entry: decision.entry, command: "", verdict: .damaged, detail: "the bundle does not hold its run"))
                continue
            }
            take(decision, own)
        }
    }

    private mutating func refuse(_ entry: LedgerEntry, _ command: String, _ verdict: DecisionReplay.Verdict, _ detail: String) {
        refused.append(.init(entry: entry.sequence, command: command, verdict: verdict, detail: detail))
    }

    private mutating func take(_ decision: Bundled, _ run: DecisionRun) {
        func refuse(_ detail: String) {
            refused.append(.init(entry: decision.entry, command: run.command, verdict: .damaged, detail: detail))
        }
        let input = Array(decision.input.utf8)
        let opened = OpenedInput(salt: KeyFile.bytes(ofHex: Array(decision.salt.utf8)) ?? [], input: input)
        guard SHA256Digest.hex(opened.digest) == decision.inputSha256 else { return refuse("the input is not the one that was decided on") }
        guard let read = try? DecisionInput(json: input) else { return refuse("the input cannot be read") }
        let entry = LedgerEntry(
            .decision, purpose: decision.purpose, actor: "", time: decision.timeUs, software: decision.software,
            output: Array(decision.output.utf8))
        var own = DecisionReplay.Decision(entry: entry, run: decision.run, input: read)
        own.entry.sequence = decision.entry
        byRun[decision.run, default: []].append(own)
        bundled.append(decision)
    }

    /// Writes decisions, inputs and the models that are found, whole or not at all.
    func write(bundle path: String, _ replay: DecisionReplay) throws {
        let bundle = Bundle(
            formatVersion: 1, ledger: identity, runs: Dictionary(uniqueKeysWithValues: runs.map { ("\($0.key)", $0.value) }),
            decisions: bundled)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let text = Array(try encoder.encode(bundle)) + [UInt8(ascii: "\n")]
        try DirectoryPublication.publish(at: path, replacing: false) { folder throws(FileError) in
            try AtomicFile.write(text, to: folder + "/" + Self.file)
            try FileSystem.live.makeDirectory(folder + "/models")
            for model in Set(runs.values.flatMap(\.models).map(\.id)).sorted() {
                guard let place = replay.folder(of: model, among: runs.values.flatMap(\.models)) else { continue }
                try FileSystem.live.makeDirectory("\(folder)/models/\(model.prefix(16))")
                for name in try FileSystem.live.names(in: place) where !name.hasPrefix(".") {
                    try AtomicFile.write(
                        try FileSystem.live.contents(of: "\(place)/\(name)"), to: "\(folder)/models/\(model.prefix(16))/\(name)")
                }
            }
        }
    }
}
