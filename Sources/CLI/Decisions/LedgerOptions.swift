internal import ArgumentParser
internal import Audit
internal import DecisionRecords
internal import DurableFiles
internal import EventStream
internal import FoundationEssentials
internal import Glibc

/// Where a command records its decisions, and how.
struct LedgerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Record every decision in this ledger, made where it is missing: on the disk before the output can be seen. The output must be JSON Lines.",
            valueName: "ledger"), completion: .file())
    var ledger: String?
    @Option(help: ArgumentHelp("Who decides, as the ledger says it: a program or role, no person's name.", valueName: "name"))
    var actor = "tessera"
    @Option(help: ArgumentHelp("What the subjects agreed to: given, refused, withdrawn, not-needed or unknown.", valueName: "state"))
    var consent = ConsentArgument.unknown
    @Flag(
        inversion: .prefixedNo,
        help:
            "Keep the inputs, sealed under a key of each subject, so that decisions can be replayed; without, their digests alone, where there is a vault key, and nothing of them where there is none."
    )
    var keepInputs = true
    @Flag(help: "Make a ledger that nobody signs: it finds accidents, and stops nobody who can write the file.") var unsigned = false
    @OptionGroup var ledgerKey: LedgerKeyOption
    @OptionGroup var vaultKey: VaultKeyOption

    func validate() throws {
        guard !actor.isEmpty else { throw ValidationError("--actor may not be empty") }
    }

    /// Refuses an output of which a line is no decision.
    func check(output: String) throws {
        guard ledger == nil || output.hasSuffix(".jsonl") else {
            throw ValidationError("--ledger records lines of JSON: let the output end in .jsonl")
        }
    }

    /// Intents that this ledger says are suspended for a classifier; none where there is no ledger yet.
    /// - Parameters:
    ///   - classifier: its id, hexadecimal.
    ///   - taxonomy: digest of its taxonomy, hexadecimal.
    func suspended(classifier: String, taxonomy: String) throws -> [String] {
        guard let ledger, try Ledger.exists(at: ledger) else { return [] }
        return try ReviewRecord.suspended(in: Ledger(at: ledger, .readOnly), classifier: classifier, taxonomy: taxonomy)
    }

    /// The purpose in records of decisions for which nobody named one.
    static let unnamedPurpose = "not named"

    /// Refuses to begin a ledger that nobody signs, unless that is wanted.
    static func checkSigning(_ ledger: String, key: SigningKey?, unsigned: Bool) throws {
        guard key == nil, !unsigned, try !Ledger.exists(at: ledger) else { return }
        throw CommandFault(
            code: EX_CONFIG, place: ledger, reason: "a new ledger is signed, and there is no key to sign it",
            remedy: "make one with `tessera audit key` and name it with --ledger-key or set TESSERA_LEDGER_KEY, or say --unsigned")
    }

    /// Begins a run; nil where no ledger is named.
    /// - Parameter key: of the import, where there is one.
    func recorder(
        _ run: @autoclosure () throws -> DecisionRun, model: String, taxonomy: String? = nil, purpose: String, key: [UInt8]?
    ) throws -> DecisionRecorder? {
        guard let ledger else { return nil }
        let sealing = try vaultKey.key()
        if keepInputs, sealing == nil {
            throw CommandFault(
                code: EX_CONFIG, place: "--ledger \(ledger)", reason: "the inputs are to be kept and there is no key to seal them",
                remedy: "name a key file with --vault-key or set TESSERA_VAULT_KEY, or leave the inputs out with --no-keep-inputs")
        }
        let signing = try ledgerKey.key()
        try Self.checkSigning(ledger, key: signing, unsigned: unsigned)
        let run = try run()
        if purpose == Self.unnamedPurpose {
            StandardError.write("\(run.command): --purpose was not named, and the ledger says so of every decision\n")
        }
        if key == nil, run.command != "label" || run.corpus?.hasPseudonyms == false {
            StandardError.write(
                "\(run.command): without --key whoever has the ledger and a list of ids can find out whom its pseudonyms stand for\n")
        }
        let opened = try Ledger(at: ledger, .createIfMissing, signingKey: signing)
        let vault = try sealing.map { try SubjectVault(besides: ledger, .createIfMissing, master: $0) }
        var settings = DecisionRecorder.Settings(purpose: purpose, actor: actor, software: "tessera \(Version.text)")
        settings.consent = consent.state
        settings.keepsInputs = keepInputs
        return try DecisionRecorder(opened, vault: vault, run, model: model, taxonomy: taxonomy, key: key, settings)
    }
}

/// What subjects agreed to, as an option says it.
enum ConsentArgument: String, ExpressibleByArgument, CaseIterable {
    case given, refused, withdrawn, unknown
    case notNeeded = "not-needed"

    var state: LedgerEntry.Consent {
        switch self {
        case .given: .given
        case .refused: .refused
        case .withdrawn: .withdrawn
        case .unknown: .unknown
        case .notNeeded: .notNeeded
        }
    }
}

extension DecisionRun {
    /// A file as a run keeps it.
    static func file(_ option: String, _ path: String) throws -> SharedFile {
        SharedFile(
            option: option, name: FileSystem.name(of: path),
            text: String(decoding: try FileSystem.live.contents(of: path, limit: 1 << 23), as: UTF8.self))
    }
}

extension DecisionRun.Source {
    /// Whether the import put keyed digests in place of visitors' ids.
    var hasPseudonyms: Bool {
        struct Schema: Decodable { var pseudonymised: [String] }
        return (try? JSONDecoder().decode(Schema.self, from: Data(schema.utf8)))?.pseudonymised.contains("visitor") ?? false
    }

    /// A corpus as a run keeps it.
    init(_ corpus: Corpus) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.init(digest: corpus.digest, schema: String(decoding: try encoder.encode(corpus.schema), as: UTF8.self))
    }
}
