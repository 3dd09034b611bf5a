internal import ArgumentParser
internal import Audit
internal import DecisionRecords
internal import DurableFiles
internal import Glibc

struct AuditReplay: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Make recorded decisions again from their inputs and models, and compare the bytes.",
        discussion: """
            Reads decisions of a ledger, by their places or a sample of them, opens their inputs with the vault's key, finds the models by \
            their ids, runs the command that decided and compares every byte. What differs is named: a model that is missing or was changed, \
            another version of the program, an input that was erased. Only the four commands that decide are run, with the options that \
            they record; anything else that a ledger or bundle names is told as damaged. Exit code 0 where all are the same, 1 where not, \
            or where nothing was replayed.

            --export writes what is needed to replay elsewhere, without ledger and keys: the decisions with their inputs, and the models. \
            Such a bundle holds personal data in the open. It also holds the entries as they were hashed, so that an output, input or run \
            that was changed by itself does not give the hash of its entry and is told as damaged. The hash needs no secret: whoever made \
            the bundle could have made up all of it. That these are entries of a ledger shows --against, which compares every hash with \
            the ledger or a copy and needs no key; that the ledger is whole and signed shows `tessera audit verify`.

            Example: tessera audit replay bank.ledger --sample 100
            Example: tessera audit replay bank.ledger 4711 4712 --models archive/models --export case-17
            Example: tessera audit replay --bundle case-17 --against bank.ledger
            """)

    @Argument(help: ArgumentHelp("The ledger, then places of decisions.", valueName: "ledger|place")) var given: [String] = []
    @Option(help: ArgumentHelp("Replay so many decisions, drawn by chance.", valueName: "n")) var sample: Int?
    @Option(help: ArgumentHelp("What the draw comes from.", valueName: "n")) var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Draw only decisions of this command, such as `label`.", valueName: "command")) var command: String?
    @Option(
        help: ArgumentHelp(
            "A folder of a model, or of several models, looked through before the places at which they were. May be repeated.",
            valueName: "dir"), completion: .directory)
    var models: [String] = []
    @Option(help: ArgumentHelp("Replay from a bundle, in place of a ledger.", valueName: "dir"), completion: .directory) var bundle: String?
    @Option(
        help: ArgumentHelp("The ledger, or a copy, whose entries those of the --bundle must be.", valueName: "ledger"), completion: .file())
    var against: String?
    @Option(help: ArgumentHelp("Write decisions, inputs and models as a bundle.", valueName: "dir"), completion: .directory)
    var export: String?
    @OptionGroup var vaultKey: VaultKeyOption
    @OptionGroup var key: KeyOption
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print JSON.") var json = false

    var outputs: [String] { [export].compactMap { $0 } }

    func validate() throws {
        guard (bundle == nil) != given.isEmpty else { throw ValidationError("name a ledger, or a --bundle") }
        guard bundle == nil || (sample == nil && export == nil && command == nil) else {
            throw ValidationError("a bundle is replayed whole")
        }
        guard against == nil || bundle != nil else { throw ValidationError("--against is for a --bundle") }
        if let sample, sample < 1 { throw ValidationError("--sample must be 1 or more") }
        guard given.dropFirst().allSatisfy({ Int($0).map { $0 > 0 } ?? false }) else {
            throw ValidationError("places of decisions are whole numbers from 1")
        }
        guard bundle != nil || (sample == nil) != (given.count == 1) else {
            throw ValidationError("name places of decisions behind the ledger, or --sample")
        }
    }

    func run() throws {
        var replay = DecisionReplay()
        (replay.modelFolders, replay.threads, replay.key) = (models, threads.threads, key.key)
        var results: [DecisionReplay.Result] = []
        var chosen: RecordedDecisions
        if let bundle {
            chosen = try RecordedDecisions(bundle: bundle, against: try against.map { try Ledger(at: $0, .readOnly) })
            replay.modelFolders.append(bundle + "/models")
        } else {
            let ledger = try Ledger(at: given[0], .readOnly)
            let vault = try vaultKey.key().flatMap { try VaultKeyOption.vault(besides: given[0], .readOnly, $0) }
            let places =
                try sample.map { try Self.draw($0, of: ledger, command: command, seed: seed) } ?? given.dropFirst().map { Int($0)! }
            chosen = try RecordedDecisions(places, of: ledger, vault: vault)
        }
        results += chosen.refused
        for (run, decisions) in chosen.byRun.sorted(by: { $0.key < $1.key }) {
            guard let own = chosen.runs[run] else { continue }
            results += try replay.replay(decisions, own)
        }
        results.sort { $0.entry < $1.entry }
        if let export, chosen.count > 0 { try chosen.write(bundle: export, replay) }
        try tell(results, opened: chosen.count)
    }

    /// - Parameter opened: decisions whose inputs could be opened.
    private func tell(_ results: [DecisionReplay.Result], opened: Int) throws {
        var counts: [String: [String: Int]] = [:]
        for result in results { counts[result.command, default: [:]][result.verdict.rawValue, default: 0] += 1 }
        let others = results.filter { $0.verdict != .same }
        if json {
            try StandardOutput.print(
                json: Summary(
                    decisions: results.count, same: results.count - others.count, byCommand: counts, others: others,
                    comparedWithLedger: bundle.map { _ in against != nil }))
        } else {
            var lines = [
                "\(Reading.count(results.count)) decisions replayed by tessera \(Version.text): "
                    + (results.isEmpty
                        ? "there is nothing to replay"
                        : others.isEmpty ? "every byte is the same" : "\(Reading.count(others.count)) are not the same")
            ]
            for (command, own) in counts.sorted(by: { $0.key < $1.key }) {
                let parts = own.sorted { $0.key < $1.key }.map { "\(Reading.count($0.value)) \(Self.words($0.key))" }
                lines.append("  \(command.isEmpty ? "of no known command" : command): \(parts.joined(separator: ", "))")
            }
            for result in others.prefix(20) {
                lines.append("  entry \(result.entry): \(Self.words(result.verdict.rawValue))\(result.detail.map { ": \($0)" } ?? "")")
            }
            if others.count > 20 { lines.append("  and \(Reading.count(others.count - 20)) more; --json tells all") }
            if let against {
                lines.append("  compared with \(against), entry by entry; whether that is whole: tessera audit verify \(against)")
            }
            if bundle != nil, against == nil { lines.append("  not compared with the ledger that it is said to be of: --against does so") }
            if let export, opened > 0 {
                let part = opened == results.count ? "" : " of \(Reading.count(opened)) of them"
                lines.append("\(export): the bundle\(part), to be replayed with: tessera audit replay --bundle \(export)")
            }
            // Some of it was read from a file that may be anybody's.
            try StandardOutput.print(lines.map(Self.printable).joined(separator: "\n"))
        }
        if results.isEmpty { StandardError.write("replay: the bundle holds no decision\n") }
        if let export, opened == 0 { StandardError.write("replay: \(export) was not written: no decision could be opened\n") }
        guard others.isEmpty, !results.isEmpty else { throw ExitCode(1) }
    }

    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }

    private static func words(_ verdict: String) -> String { String(verdict.map { $0 == "_" ? " " : $0 }) }

    private struct Summary: Encodable {
        let decisions: Int
        let same: Int
        let byCommand: [String: [String: Int]]
        let others: [DecisionReplay.Result]
        /// Nil where no bundle was replayed.
        let comparedWithLedger: Bool?
    }

    /// Places of decisions, each as likely as any other, by a seed; all of them where there are fewer.
    static func draw(_ size: Int, of ledger: Ledger, command: String?, seed: UInt64) throws -> [Int] {
        var random = SeededDraw(state: seed)
        var runs: [Int: String] = [:]
        func isMeant(_ entry: LedgerEntry) throws -> Bool {
            guard entry.kind == .decision else { return false }
            guard let command else { return true }
            guard let run = RecordedDecisions.run(of: entry) else { return false }
            if runs[run] == nil { runs[run] = try RecordedDecisions.run(at: run, of: ledger)?.command ?? "" }
            return runs[run] == command
        }
        // Drawing places and looking at them is quick where most entries are meant; where few are, everything is read.
        let count = try ledger.count()
        var kept = Set<Int>()
        var tried = Set<Int>()
        let most = size < count / 20 ? 20 * size : count
        while kept.count < size, tried.count < most {
            let place = Int(random.next() % UInt64(max(1, count))) + 1
            guard tried.insert(place).inserted else { continue }
            if let proof = try RecordedDecisions.proof(at: place, of: ledger), try isMeant(proof.entry) { kept.insert(place) }
        }
        if kept.count < size, tried.count < count { kept = Set(try scan(size, of: ledger, isMeant, &random)) }
        guard !kept.isEmpty else {
            throw CommandFault(
                code: EX_DATAERR, place: ledger.path, reason: "it holds no such decision", remedy: "see what it holds: tessera audit verify"
            )
        }
        return kept.sorted()
    }

    /// Reservoir sampling (Vitter's algorithm R): one pass, whatever the ledger's length.
    private static func scan(
        _ size: Int, of ledger: Ledger, _ isMeant: (LedgerEntry) throws -> Bool, _ random: inout SeededDraw
    ) throws -> [Int] {
        var kept: [Int] = []
        var seen = 0
        var failure: (any Error)?
        try ledger.read(LedgerSelection(kind: .decision)) { entry in
            do { guard try failure == nil && isMeant(entry) else { return } } catch {
                failure = error
                return
            }
            seen += 1
            if kept.count < size {
                kept.append(entry.sequence)
            } else {
                let place = Int(random.next() % UInt64(seen))
                if place < size { kept[place] = entry.sequence }
            }
        }
        if let failure { throw failure }
        return kept
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct SeededDraw: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
