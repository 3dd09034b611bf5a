internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import FoundationEssentials
internal import Glibc
internal import ReportPage
internal import SettingsFiles
internal import Studies

struct Validate: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        abstract: "Check an export against a data contract: one finding a line, with what to do about it.",
        discussion: """
            Refused and repeated rows, rows without a session id, times, sessions, and each field: whether it is there, of which kind, \
            how often it is missing, its values and bounds, and whether it holds what looks like e-mail addresses, card, account or \
            telephone numbers. Without a contract the usual limits hold; findings show lines, numbers and shapes, and nobody's data. Ends \
            with 1 where there are errors.

            A contract: rows: {refused: 0.001}; times: {from: 2026-01-01}; fields: [{name: event, missing: 0, values: [view, search]}]

            Example: tessera validate clicks.csv.gz --mapping clicks.yaml --contract clicks.contract.yaml
            """)

    @Argument(
        help: ArgumentHelp("A corpus directory, or export files of one kind or a folder of them.", valueName: "file|corpus"),
        completion: .file())
    var inputPaths: [String]
    @Option(
        help: ArgumentHelp("What the export must be like; the usual limits unless given.", valueName: "contract.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var contract: String?
    @Option(help: ArgumentHelp("HTML page to write.", valueName: "file.html"), completion: .file()) var page: String?
    @OptionGroup var options: ImportOptions
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON object.") var json = false

    var outputs: [String] { [page].compactMap { $0 } }
    var outputFiles: [String] { outputs }
    var inputs: [String] { inputPaths + options.files + [contract].compactMap { $0 } }

    func run() throws {
        let lock = try page.map { try OutputLock(for: $0) }
        defer { lock?.release() }
        let contract = try contract.map(Self.read) ?? DataContract()
        Interruption.watch()
        var kept = true
        var collector = RejectCollector()
        do {
            try options.withCorpus(inputPaths, threads: threads.threads, rejects: &collector) { corpus, rejects in
                let now = Int64(Date().timeIntervalSince1970 * 1e6)
                let check = ContractCheck(corpus, contract, rejects: rejects, now: now)
                kept = check.isKept
                try show(check, corpus.schema.counts)
            }
        } catch ImportError.noEvents {
            let check = ContractCheck(withoutEvents: collector, contract)
            kept = false
            var counts = EventSchema.Counts()
            counts.rejects = Dictionary(uniqueKeysWithValues: collector.countsByReason.map { ($0.key.rawValue, $0.value) })
            try show(check, counts)
        }
        guard kept else {
            try StandardOutput.flush()
            throw ExitCode(1)
        }
    }

    private func show(_ check: ContractCheck, _ counts: EventSchema.Counts) throws {
        let place = inputPaths.joined(separator: ", ")
        if let page {
            let html = ContractReport(check, counts, place: place).page.html()
            try AtomicFile.write(Array(html.utf8), to: page)
            StandardError.write("\(page): \(Reading.count(html.utf8.count)) bytes\n")
        }
        if json { return try StandardOutput.print(json: Summary(kept: check.isKept, findings: check.findings)) }
        let errors = check.findings.count { $0.severity == .error }
        let lines = check.findings.map(Self.line)
        try StandardOutput.print(
            (lines + ["\(place): \(errors) errors, \(check.findings.count - errors) warnings"]).joined(separator: "\n"))
    }

    private static func read(_ file: String) throws -> DataContract {
        let contract = try SettingsFile.read(DataContract.self, from: file)
        if let fault = contract.fault {
            throw CommandFault(code: EX_CONFIG, place: "\(file): \(fault.entry)", reason: fault.reason, remedy: "correct the contract")
        }
        return contract
    }

    private static func line(_ finding: ContractFinding) -> String {
        var text =
            "\(finding.severity.rawValue): \(finding.place): \(finding.what): \(Reading.count(finding.count)) of "
            + Reading.count(finding.total)
        if !finding.example.isEmpty { text += " (as \(finding.example))" }
        return text + "; \(finding.remedy)"
    }

    private struct Summary: Encodable {
        let kept: Bool
        let findings: [ContractFinding]
    }
}
