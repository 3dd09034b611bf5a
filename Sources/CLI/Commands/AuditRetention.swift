internal import ArgumentParser
internal import Audit
internal import Glibc
internal import IntentTaxonomy

struct AuditRetention: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Tell which inputs a ledger keeps beyond their limit, and erase them.",
        discussion: """
            Limits are `retention_days` of the purpose rules, by purpose and kind of record. Records stay for good and the chain still \
            verifies; what --apply destroys are the keys of subjects, and with them every input of theirs. A subject that has \
            newer inputs, \
            too, is left alone unless --with-newer is given. Each erasure leaves a receipt in the ledger. Interrupted, it goes on \
            when it is \
            run again.

            Example: tessera audit retention --ledger bank.ledger --rules taxonomy/rules.yaml
            Example: tessera audit retention --ledger bank.ledger --rules taxonomy/rules.yaml --apply --actor "data protection"
            """)

    @Option(help: ArgumentHelp("The ledger.", valueName: "file"), completion: .file()) var ledger: String
    @Option(help: ArgumentHelp("Purpose rules.", valueName: "rules.yaml"), completion: .file(extensions: ["yaml", "yml"])) var rules: String
    @Option(help: ArgumentHelp("Judge at this time (default: now).", valueName: "time")) var at: Moment?
    @Flag(help: "Destroy the keys of subjects beyond their limits.") var apply = false
    @Flag(help: "With --apply: also of subjects that have newer inputs, which are destroyed with the others.") var withNewer = false
    @Option(help: ArgumentHelp("Who asks: the role that the receipts name.", valueName: "role")) var actor = "tessera audit retention"
    @OptionGroup var signing: LedgerKeyOption
    @OptionGroup var sealing: VaultKeyOption
    @Flag(help: "Print a JSON object.") var json = false

    func validate() throws {
        guard !withNewer || apply else { throw ValidationError("--with-newer goes with --apply") }
        guard !apply || at == nil else { throw ValidationError("--apply judges by now; leave --at out") }
    }

    func run() throws {
        Interruption.watch()
        let limits = RetentionLimits(try PurposeFile.read(rules))
        guard !limits.days.isEmpty else {
            throw CommandFault(
                code: EX_CONFIG, place: rules, reason: "no purpose has a limit",
                remedy: "add `retention_days: {decision: 365}` to a purpose")
        }
        guard apply else {
            let opened = try Ledger(at: ledger, .readOnly)
            return try show(RetentionReport(opened, limits, at: at?.microseconds ?? LedgerEntry.now()), erased: [])
        }
        let opened = try Ledger(at: ledger, .existing, signingKey: signing.key())
        let vault = try SubjectVault(besides: ledger, .existing, master: sealing.needed(for: ledger))
        let report = try RetentionReport(opened, limits)
        let line = ProgressLine("retention")
        let receipts = try report.apply(
            with: vault, to: opened, newer: withNewer, actor: actor, software: Version.text,
            goesOn: { done in
                line.update("\(Reading.count(done)) of \(Reading.count(report.subjects.count)) subjects")
                return !Interruption.isRequested
            })
        try show(report, erased: receipts)
        if Interruption.isRequested { throw Interrupted(remedy: "what was erased has its receipts; run the command again for the rest") }
    }

    private func show(_ report: RetentionReport, erased: [ErasureReceipt]) throws {
        if json { return try StandardOutput.print(json: Printed(report, erased, applied: apply)) }
        var lines = report.rows.map { row in
            "\(row.purpose), \(row.kind.name): \(Reading.count(row.entries)) records, \(Reading.count(row.readable)) with an input or its sealed digest, "
                + (row.days.map { "\(Reading.count(row.beyond)) beyond \($0) days" } ?? "no limit")
        }
        lines.append(
            "\(ledger): \(Reading.count(report.beyond)) inputs beyond their limits; \(Reading.count(report.subjects.count)) "
                + "subjects to erase, "
                + "\(Reading.count(report.mixedSubjects.count)) with \(Reading.count(report.newerInputs)) newer inputs, too")
        if apply {
            lines.append(
                "erased: \(Reading.count(erased.count)) subjects, \(Reading.count(erased.reduce(0) { $0 + $1.entries })) inputs, "
                    + "\(Reading.count(erased.reduce(0) { $0 + $1.keys })) keys"
                    + (erased.isEmpty ? "" : "; receipts are entries \(erased[0].sequence) to \(erased[erased.count - 1].sequence)"))
        }
        try StandardOutput.print(lines.joined(separator: "\n"))
    }

    private struct Printed: Encodable {
        struct Row: Encodable {
            let purpose: String
            let kind: String
            let days: Int?
            let entries: Int
            let readable: Int
            let beyond: Int
        }
        let rows: [Row]
        let subjects: Int
        let mixedSubjects: Int
        let newerInputs: Int
        let applied: Bool
        let erasedSubjects: Int
        let erasedInputs: Int
        let receipts: [Int]

        init(_ report: RetentionReport, _ erased: [ErasureReceipt], applied: Bool) {
            rows = report.rows.map {
                Row(
                    purpose: $0.purpose, kind: $0.kind.name, days: $0.days, entries: $0.entries, readable: $0.readable, beyond: $0.beyond)
            }
            (subjects, mixedSubjects, newerInputs) = (report.subjects.count, report.mixedSubjects.count, report.newerInputs)
            self.applied = applied
            (erasedSubjects, erasedInputs) = (erased.count, erased.reduce(0) { $0 + $1.entries })
            receipts = erased.map(\.sequence)
        }
    }
}

extension RetentionLimits {
    /// The limits of purpose rules.
    init(_ rules: PurposeRules) {
        var days: [String: [LedgerEntry.Kind: Int]] = [:]
        for (purpose, rule) in rules.purposes where !rule.retentionDays.isEmpty {
            for (kind, count) in rule.retentionDays {
                let own: LedgerEntry.Kind =
                    switch kind {
                    case .decision: .decision
                    case .review: .review
                    case .note: .note
                    }
                days[purpose.rawValue, default: [:]][own] = count
            }
        }
        self.init(days: days)
    }
}
