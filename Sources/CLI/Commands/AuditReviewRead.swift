internal import ArgumentParser
internal import Audit
internal import DurableFiles
internal import FoundationEssentials
internal import Glibc
internal import IntentTaxonomy

struct AuditReviewRead: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read filled sheets: agreement, precision and recall of each intent, and what to do.",
        discussion: """
            Sheets may be incomplete or missing: what can be said is said, and what is missing is counted. Rows that cannot be used (unknown \
            or repeated items, odd words, another design) are named by line. Where several reviewers judged a session the majority holds; \
            ties go to a sheet that --adjudicate writes, for one person to decide, and are read with the others. Intervals are for all \
            labelled sessions, by the weights of the design.

            With --floor each intent's precision is compared with it. With --suspend those whose whole interval lies below are withheld \
            from then on by `tessera label`; --careful suspends also those that are not proven to reach it. A suspension ends by `tessera \
            audit review approve`. With --ledger verdicts and suspensions are entered there, once.

            Example: tessera audit review read march.review/design.json march.review/anna.csv march.review/ben.csv --floor 0.7 \
            --suspend bank.serving --by "Model risk"
            """)

    @Argument(help: ArgumentHelp("The design.json of the draw.", valueName: "design"), completion: .file()) var design: String
    @Argument(help: ArgumentHelp("Filled sheets, as CSV.", valueName: "sheet"), completion: .file()) var sheets: [String] = []
    @Option(help: ArgumentHelp("Precision that each intent must have, between 0 and 1.", valueName: "share")) var floor: Double?
    @Option(
        help: ArgumentHelp("Classifier in whose directory intents under the floor are suspended. May be repeated.", valueName: "serving"),
        completion: .directory)
    var suspend: [String] = []
    @Option(help: ArgumentHelp("Who suspends; needed with --suspend.", valueName: "name")) var by: String?
    @Flag(help: "Suspend also intents that are not proven to reach the floor.") var careful = false
    @Option(help: ArgumentHelp("Sheet of the items on which reviewers are tied, to write.", valueName: "file"), completion: .file())
    var adjudicate: String?
    @OptionGroup var ledger: ReviewLedgerOption
    @Flag(help: "Print a JSON object.") var json = false

    var outputs: [String] { [adjudicate].compactMap { $0 } }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [design] + sheets + ledger.files }

    func validate() throws {
        if let floor, !(floor > 0 && floor <= 1) { throw ValidationError("--floor must lie between 0 and 1") }
        guard suspend.isEmpty || floor != nil else { throw ValidationError("--suspend needs --floor: under which precision?") }
        guard suspend.isEmpty || by?.contains(where: { !$0.isWhitespace }) ?? false else {
            throw ValidationError("--suspend needs --by: who answers for it?")
        }
        guard !careful || floor != nil else { throw ValidationError("--careful needs --floor") }
    }

    func run() throws {
        let drawn = try ReviewDesign(design)
        let reading = try SheetReading(sheets, of: drawn)
        let outcome = ReviewOutcome(reading, of: drawn, floor: floor, suspendsOpen: careful)
        // A classifier that cannot be suspended is found before anything is written.
        let folders = try suspend.map { try SuspendedClassifier($0) }
        for folder in folders { try folder.check(drawn.source.taxonomyDigest) }
        let book = try ledger.opened()
        var suspended: [String: [String]] = [:]
        if let book { try ReviewRecord.append(reading, of: drawn, to: book, software: Version.text) }
        for folder in folders {
            suspended[folder.path] = try folder.suspend(outcome, drawn, by: by ?? "", in: book)
        }
        if let adjudicate {
            let tied = Set(outcome.tied)
            let items = drawn.items.indices.filter { tied.contains(drawn.name(of: $0)) }
            let journeys = try ReviewSheet.journeys(sheets)
            let bytes = ReviewSheet(drawn).csv(
                reviewer: nil, only: items,
                journey: { session in
                    drawn.items.firstIndex { $0.session == session }.flatMap { journeys[drawn.name(of: $0)] }
                }, evidence: { _, _ in [] })
            try AtomicFile.write(bytes, to: adjudicate)
        }
        if json { return try StandardOutput.print(json: Summary(outcome: outcome, suspended: suspended)) }
        var text = outcome.text
        for (path, intents) in suspended.sorted(by: { $0.key < $1.key }) {
            text +=
                "\n\(path): "
                + (intents.isEmpty ? "nothing more is suspended" : "suspended from now on: \(intents.joined(separator: ", "))")
        }
        try StandardOutput.print(text)
    }

    private struct Summary: Encodable {
        let outcome: ReviewOutcome
        let suspended: [String: [String]]
    }
}

/// A classifier's directory, with what it must not tell.
struct SuspendedClassifier {
    let path: String
    let id: String
    let taxonomy: TaxonomyReference
    let intents: [String]
    private(set) var suspensions: IntentSuspensions

    init(_ path: String) throws {
        let folder: SealedFolder
        do { folder = try SealedFolder(path, kind: IntentClassifier.kind, newestVersion: IntentClassifier.version) } catch {
            throw IntentClassifierError.folder(error)
        }
        struct Head: Decodable {
            let taxonomy: TaxonomyReference
            let intents: [String]
        }
        guard let head = try? JSONDecoder().decode(Head.self, from: Data(folder.contents(TaxonomyUse.file))) else {
            throw IntentClassifierError.folder(.damaged(path: path, file: TaxonomyUse.file, reason: "it cannot be read"))
        }
        (self.path, id, taxonomy, intents) = (folder.path, folder.id, head.taxonomy, head.intents)
        suspensions = try IntentSuspensions(in: folder.path)
    }

    /// Refuses one of another taxonomy: its intents of the same names mean something else.
    func check(_ digest: String) throws {
        guard taxonomy.digest == digest else {
            throw CommandFault(
                code: EX_CONFIG, place: path, reason: "it labels under other words than the labels that were reviewed",
                remedy: "name the classifier that gave the labels, or one of the same taxonomy")
        }
    }

    /// Suspends what the outcome says. The ledger comes first: what stands in it and not in the file can be seen and done again. What the
    /// file held already is entered where the ledger does not say it of this classifier, such as one packed anew.
    /// - Returns: the intents that were not suspended before.
    func suspend(_ outcome: ReviewOutcome, _ design: ReviewDesign, by name: String, in book: Ledger?) throws -> [String] {
        var after = suspensions
        var new: [String] = []
        let now = Date().formatted(.iso8601)
        var entries: [LedgerEntry] = []
        let entered = try book.map { try ReviewRecord.suspended(in: $0, classifier: id, taxonomy: taxonomy.digest) } ?? []
        for row in outcome.intents where outcome.toSuspend.contains(row.estimate.intent) && intents.contains(row.estimate.intent) {
            let intent = row.estimate.intent, reason = outcome.reason(row)
            let isNew = after.suspend(intent, classifier: id, reason: reason, by: name, at: now)
            if isNew { new.append(intent) }
            guard isNew || !entered.contains(intent) else { continue }
            entries.append(
                ReviewRecord.suspension(
                    of: intent, classifier: id, taxonomy: taxonomy.digest, design: design, reason: reason, by: name, software: Version.text)
            )
        }
        if let book, !entries.isEmpty { try book.append(entries) }
        if !new.isEmpty { try after.write(in: path) }
        return new
    }

    /// Ends a suspension, that of the file and that of this classifier in the ledger, also where only one of the two holds it.
    func approve(_ intent: String, _ lift: IntentSuspensions.Lift, in book: Ledger?) throws {
        var after = suspensions
        let isInFile = after.lift(intent, lift)
        let entered = try book.map { try ReviewRecord.suspended(in: $0, classifier: id, taxonomy: taxonomy.digest) } ?? []
        guard isInFile || entered.contains(intent) else {
            throw CommandFault(
                code: EX_USAGE, place: path, reason: "this intent is not suspended",
                remedy: suspensions.inForce.isEmpty
                    ? "nothing is suspended here" : "suspended: \(suspensions.inForce.joined(separator: ", "))")
        }
        if let book {
            try book.append(
                ReviewRecord.approval(
                    of: intent, classifier: id, taxonomy: taxonomy.digest, at: lift.at, note: lift.note, by: lift.by, software: Version.text
                ))
        }
        if isInFile { try after.write(in: path) }
    }
}
