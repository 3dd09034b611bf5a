internal import ArgumentParser
internal import Audit
internal import DecisionRecords
internal import DurableFiles
internal import FoundationEssentials
internal import Glibc

struct AuditRecord: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record decisions that were made outside these commands: in Spark, or by another program.",
        discussion: """
            Takes a file of JSON Lines, one decision a line. Each becomes an entry of the ledger like those that --ledger of the deciding commands \
            writes: the line as the output with null in place of its id, the line of --inputs with the same number as the sealed input. All \
            lines are checked before the first is recorded. What another program decided cannot be replayed here, but shown, reviewed and \
            erased.

            Example: tessera audit record bank.ledger spark.jsonl --id session --subject visitor --model-id 1f3a… --purpose marketing \
            --actor "nightly spark job"
            """)

    @Argument(help: ArgumentHelp("The ledger, made where it is missing.", valueName: "ledger"), completion: .file()) var path: String
    @Argument(help: ArgumentHelp("Decisions, JSON Lines.", valueName: "file"), completion: .file()) var decisions: String
    @Option(help: ArgumentHelp("The member of a line that names the decision.", valueName: "member")) var id: String
    @Option(help: ArgumentHelp("The member that says whom it is about; left out, nobody.", valueName: "member")) var subject: String?
    @Option(help: ArgumentHelp("The id of the model that decided, hexadecimal.", valueName: "digits")) var modelId: String
    @Option(help: ArgumentHelp("The digest of the taxonomy, hexadecimal.", valueName: "digits")) var taxonomyDigest: String?
    @Option(help: ArgumentHelp("What the decisions are for.", valueName: "purpose")) var purpose: String
    @Option(help: ArgumentHelp("Who decided: a program or role, no person's name.", valueName: "name")) var actor: String
    @Option(help: ArgumentHelp("The program that decided and its version.", valueName: "name")) var software = "outside"
    @Option(help: ArgumentHelp("What the subjects agreed to: given, refused, not-needed or unknown.", valueName: "state"))
    var consent = ConsentArgument.unknown
    @Option(
        help: ArgumentHelp("Inputs, one a line, in the order of the decisions; they are sealed.", valueName: "file"), completion: .file())
    var inputs: String?
    @OptionGroup var ledgerKey: LedgerKeyOption
    @Flag(help: "Make a ledger that nobody signs: it finds accidents, and stops nobody who can write the file.") var unsigned = false
    @OptionGroup var vaultKey: VaultKeyOption
    @OptionGroup var key: KeyOption
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [] }

    func validate() throws {
        for digits in [modelId, taxonomyDigest].compactMap({ $0 }) {
            guard KeyFile.bytes(ofHex: Array(digits.utf8)) != nil, !digits.isEmpty else {
                throw ValidationError("'\(digits)' is no even number of hexadecimal digits")
            }
        }
        guard !id.isEmpty, !actor.isEmpty, !purpose.isEmpty else { throw ValidationError("--id, --actor and --purpose may not be empty") }
    }

    func run() throws {
        let sealing = try inputs.map { _ in try vaultKey.needed(for: path) }
        let found = try read()
        let signing = try ledgerKey.key()
        try LedgerOptions.checkSigning(path, key: signing, unsigned: unsigned)
        let ledger = try Ledger(at: path, .createIfMissing, signingKey: signing)
        let vault = try sealing.map { try SubjectVault(besides: path, .createIfMissing, master: $0) }
        var settings = DecisionRecorder.Settings(purpose: purpose, actor: actor, software: software)
        settings.consent = consent.state
        let recorder = try DecisionRecorder(
            ledger, vault: vault, DecisionRun(command: "outside", arguments: [], models: [], idMember: id, software: software),
            model: modelId, taxonomy: taxonomyDigest, key: try key.bytes(), settings)
        guard recorder.record(found) else { throw recorder.failure! }
        try recorder.finish()
        if json { return try StandardOutput.print(json: Summary(recorded: recorder.count)) }
        try StandardOutput.print("\(path): \(Reading.count(recorder.count)) decisions recorded")
    }

    private struct Summary: Encodable { let recorded: Int }

    /// All lines, checked.
    private func read() throws -> [DecisionRecorder.Decision] {
        func lines(_ path: String) throws -> [ArraySlice<UInt8>] {
            try FileSystem.live.contents(of: path, limit: 1 << 31).split(separator: UInt8(ascii: "\n"))
        }
        let own = try inputs.map { try lines($0) }
        let given = try lines(decisions)
        if let own, own.count != given.count {
            throw CommandFault(
                code: EX_DATAERR, place: inputs ?? "", reason: "\(own.count) inputs for \(given.count) decisions",
                remedy: "write one line for each decision, in their order")
        }
        return try given.enumerated().map { number, line in
            let bytes = Array(line) + [UInt8(ascii: "\n")]
            func fault(_ reason: String) -> CommandFault {
                CommandFault(
                    code: EX_DATAERR, place: "\(decisions):\(number + 1)", reason: reason,
                    remedy: "write one JSON object a line; nothing was recorded")
            }
            guard line.first == UInt8(ascii: "{"), (try? JSONDecoder().decode(AnyObject.self, from: Data(line))) != nil else {
                throw fault("it is no JSON object")
            }
            guard let id = DecisionOutput.parted(bytes, member: self.id).id else { throw fault("there is no text `\(self.id)`") }
            let subject =
                try subject.map { member in
                    guard let subject = DecisionOutput.parted(bytes, member: member).id else { throw fault("there is no text `\(member)`") }
                    return subject
                }.map { LedgerSubjects.Subject.identifier($0) } ?? .nobody
            // The subject's own id goes, too, where it is another one.
            let rest = self.subject.map { DecisionOutput.parted(bytes, member: $0).rest } ?? bytes
            return DecisionRecorder.Decision(
                id: id, subject: subject, input: own.map { Array($0[number]) } ?? [], output: self.subject == self.id ? bytes : rest)
        }
    }

    /// Any JSON object.
    private struct AnyObject: Decodable {
        init(from decoder: any Decoder) throws {
            struct AnyKey: CodingKey {
                var stringValue: String
                var intValue: Int? { nil }
                init?(stringValue: String) { self.stringValue = stringValue }
                init?(intValue: Int) { nil }
            }
            _ = try decoder.container(keyedBy: AnyKey.self)
        }
    }
}
