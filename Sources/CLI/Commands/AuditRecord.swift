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
            Takes a file of JSON Lines, one decision a line. Each becomes an entry of the ledger like those that --ledger of the deciding \
            commands writes: the line as the output with null in place of its id and of whom it is about, and the line of --inputs with \
            the same number as the sealed input (an empty line for none). Id and subject are members of the line's own object, texts or \
            numbers; of a number the digits are the id. Outputs stay after an erasure, so a line in which one of the two stands once more, \
            as a text or as a number of four digits or more, is refused. All lines are checked before the first is recorded. What another program decided cannot be replayed \
            here, but shown, reviewed and erased.

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
    @Option(help: ArgumentHelp("What the subjects agreed to: given, refused, withdrawn, not-needed or unknown.", valueName: "state"))
    var consent = ConsentArgument.unknown
    @Option(
        help: ArgumentHelp(
            "The member that says what the subject agreed to (yes, granted, no, denied …), unknown where a line has none; in place of "
                + "--consent.", valueName: "member"))
    var consentMember: String?
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
        settings.consent = consentMember == nil ? consent.state : .unknown
        let recorder = try DecisionRecorder(
            ledger, vault: vault, DecisionRun(command: DecisionRun.outside, arguments: [], models: [], idMember: id, software: software),
            model: modelId, taxonomy: taxonomyDigest, key: try key.bytes(), settings)
        guard recorder.record(found) else { throw recorder.failure! }
        try recorder.finish()
        if json { return try StandardOutput.print(json: Summary(recorded: recorder.count)) }
        try StandardOutput.print("\(path): \(Reading.count(recorder.count)) decisions recorded")
    }

    private struct Summary: Encodable { let recorded: Int }

    /// All lines, checked.
    private func read() throws -> [DecisionRecorder.Decision] {
        let given = try Self.lines(decisions)
        if let empty = given.firstIndex(where: { $0.allSatisfy { $0 == 0x0D || $0 == 0x20 || $0 == 0x09 } }) {
            throw fault(empty, "the line is empty", "take it out, and its input if it has one")
        }
        let own = try inputs.map { try Self.lines($0) }
        if let own, own.count != given.count {
            throw CommandFault(
                code: EX_DATAERR, place: inputs ?? "", reason: "\(own.count) inputs for \(given.count) decisions",
                remedy: "write one line for each decision, in their order")
        }
        let found = try given.indices.map { line in
            try decision(line, Array(given[line]) + [UInt8(ascii: "\n")], input: own.map { Array($0[line]) } ?? [])
        }
        if let consentMember, !found.isEmpty, found.allSatisfy({ $0.consent == nil }) {
            throw fault(0, "neither here nor later is there a member `\(consentMember)`", "correct --consent-member")
        }
        return found
    }

    /// Lines of a file; what follows on the last line end is one only where something is there.
    private static func lines(_ path: String) throws -> [ArraySlice<UInt8>] {
        let lines = try FileSystem.live.contents(of: path, limit: 1 << 31)
            .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.last?.isEmpty ?? false ? lines.dropLast() : lines
    }

    private func fault(_ line: Int, _ reason: String, _ remedy: String = "write one JSON object a line") -> CommandFault {
        CommandFault(code: EX_DATAERR, place: "\(decisions):\(line + 1)", reason: reason, remedy: remedy + "; nothing was recorded")
    }

    private func decision(_ line: Int, _ bytes: [UInt8], input: [UInt8]) throws -> DecisionRecorder.Decision {
        guard (try? JSONDecoder().decode(AnyObject.self, from: Data(bytes))) != nil else { throw fault(line, "it is no JSON object") }
        let id = try name(self.id, line, bytes)
        let about = try subject.map { try name($0, line, bytes) }
        var rest = DecisionOutput.parted(bytes, member: self.id).rest
        if let subject { rest = DecisionOutput.parted(rest, member: subject).rest }
        for (member, word) in [(self.id, id), (subject ?? "", about ?? "")] where !word.isEmpty {
            // Short numbers are ranks and counts; longer ones are nobody's by chance.
            let isLongNumber = word.utf8.count >= Self.fewestDigits && word.utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard DecisionOutput.holds(word, in: rest) || (isLongNumber && DecisionOutput.holds(number: word, in: rest)) else { continue }
            throw fault(
                line, "what `\(member)` holds stands in the line once more",
                "outputs stay after an erasure: leave it out there, or digest it")
        }
        var decision = DecisionRecorder.Decision(
            id: id, subject: about.map { .identifier($0) } ?? .nobody, input: input, output: rest)
        decision.consent = try consentMember.flatMap { try agreed($0, line, bytes) }
        return decision
    }

    /// Digits of an id that no other number has by chance.
    private static let fewestDigits = 4

    /// What a member names, by a text or a number.
    private func name(_ member: String, _ line: Int, _ bytes: [UInt8]) throws -> String {
        switch DecisionOutput.value(of: member, in: bytes) {
        case .text(let text), .number(let text): return text
        case .missing: throw fault(line, "there is no member `\(member)`", "add it, or name another member")
        case .repeated: throw fault(line, "there is more than one member `\(member)`", "leave one of them")
        case .word, .other: throw fault(line, "`\(member)` is neither a text nor a number", "write one, or name another member")
        }
    }

    /// What a member says of consent; nil where the line has none.
    private func agreed(_ member: String, _ line: Int, _ bytes: [UInt8]) throws -> LedgerEntry.Consent? {
        switch DecisionOutput.value(of: member, in: bytes) {
        case .text(let word), .number(let word), .word(let word): return LedgerEntry.Consent(word: word)
        case .missing: return nil
        case .repeated: throw fault(line, "there is more than one member `\(member)`", "leave one of them")
        case .other: throw fault(line, "`\(member)` is no word", "write one, such as yes or no")
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
