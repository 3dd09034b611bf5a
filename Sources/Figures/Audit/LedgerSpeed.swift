internal import Audit
internal import AuditTestSupport
internal import DurableFiles
internal import Glibc

extension Figure {
    /// {sizes: {records: {append, verify, …}}, group_commit, costs, labelling, targets, …}
    static let ledgerSpeed = Figure(
        pattern: "ledger-speed",
        summary: "records a second that a sealed and signed ledger takes and verifies, what they cost, and the share of labelling"
    ) { context in
        try context.withScratchFolder { folder in
            let began = FigureContext.now()
            let before = MachineLoad.average
            let rounds = context.rounds ?? (context.quick ? 1 : 3)
            let sizes = context.quick ? [20_000] : [100_000, 1_000_000]
            var figures: [String: FigureValue] = [:]
            var largest = LedgerRates()
            for size in sizes {
                var rates = LedgerRates()
                for round in 0..<rounds {
                    FigureContext.say("ledger-speed: \(size) records, round \(round + 1) of \(rounds)")
                    try rates.add(LedgerRun(folder + "/run", records: size))
                }
                figures["\(size)"] = rates.value
                largest = rates
            }
            FigureContext.say("ledger-speed: sizes of commits, and costs")
            let few = context.quick ? 2000 : 20_000
            var groups: [String: FigureValue] = [:]
            for commit in [1, 16, 256, 2048, 8192] {
                let run = try LedgerRun(folder + "/run", records: commit == 1 ? few / 10 : few, commit: commit)
                groups["\(commit)"] = .number(run.appendRate)
            }
            let costs = try LedgerCosts(folder + "/run", records: context.quick ? 10_000 : 100_000)
            let labelling = try LabellingCost(context, folder, secondsARecord: 1 / largest.append.median, rounds: rounds)
            let figure: FigureValue = [
                "sizes": .object(figures), "records_per_second_by_commit": .object(groups), "costs": costs.value,
                "labelling": labelling.value,
                "targets": [
                    "append_per_second": .integer(20_000), "append_is_reached": .truth(largest.append.median >= 20_000),
                    "verify_per_second": .integer(200_000), "verify_is_reached": .truth(largest.verify.median >= 200_000),
                ],
                "rounds": .integer(rounds), "records_in_a_commit": .integer(LedgerRun.usualCommit),
                "processors": .integer(MachineLoad.count),
                "load_average": ["before": .number(before), "after": .number(MachineLoad.average)],
                "seconds": .number(FigureContext.now() - began), "quick": .truth(context.quick),
            ]
            return figure
        }
    }
}

/// What else the machine does: a rate is worth what the machine was free for.
enum MachineLoad {
    /// Processes that wanted to run, over the last minute.
    static var average: Double {
        var load = [0.0]
        return getloadavg(&load, 1) == 1 ? load[0] : .nan
    }

    static var count: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

    /// Seconds that processors worked for this process.
    static var processorSeconds: Double {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6 }
    }
}

/// One ledger, filled and verified: all durable, sealed and signed.
struct LedgerRun {
    static let usualCommit = 2048

    private(set) var records = 0
    private(set) var sealSeconds = 0.0
    private(set) var appendSeconds = 0.0
    private(set) var appendProcessorSeconds = 0.0
    private(set) var verifySeconds = 0.0
    private(set) var verifyProcessorSeconds = 0.0
    private(set) var slowestCommit = 0.0
    private(set) var bytes = 0
    private(set) var peakMebibytes = 0.0

    var seconds: Double { sealSeconds + appendSeconds }
    var appendRate: Double { Double(records) / seconds }
    var verifyRate: Double { Double(records) / verifySeconds }

    /// - Parameters:
    ///   - commit: records in a commit.
    ///   - isSealed: whether inputs are sealed and kept.
    ///   - settings: of the ledger and of the vault.
    init(
        _ path: String, records: Int, commit: Int = usualCommit, isSealed: Bool = true,
        settings: (ledger: LedgerSettings, vault: LedgerSettings) = (LedgerSettings(), LedgerSettings())
    ) throws {
        self.records = records
        for end in ["", ".keys"].flatMap({ [$0, $0 + "-wal", $0 + "-shm"] }) { unlink(path + end) }
        ProcessMemory.forgetPeak()
        let acknowledged = try fill(path, commit: commit, isSealed, settings)
        // Closing folds what is left of the write-ahead log into the file: part of the cost, as it is where there are many commits.
        appendSeconds += FigureContext.now() - acknowledged.time
        appendProcessorSeconds += MachineLoad.processorSeconds - acknowledged.processor
        bytes = try ["", "-wal", ".keys", ".keys-wal"].reduce(0) { $0 + (try FileSystem.live.status(of: path + $1)?.size ?? 0) }
        let (began, worked) = (FigureContext.now(), MachineLoad.processorSeconds)
        let verification = try LedgerVerification.run(at: path)
        (verifySeconds, verifyProcessorSeconds) = (FigureContext.now() - began, MachineLoad.processorSeconds - worked)
        peakMebibytes = ProcessMemory.peakMebibytes
        guard verification.isIntact, verification.entries == records + 1 else {
            throw FigureError(code: EX_SOFTWARE, description: "the ledger is not whole: \(verification.findings.prefix(3))")
        }
        for end in ["", ".keys"].flatMap({ [$0, $0 + "-wal", $0 + "-shm"] }) { unlink(path + end) }
    }

    /// - Returns: when the last commit was acknowledged, and the processors' seconds until then.
    private mutating func fill(
        _ path: String, commit: Int, _ isSealed: Bool, _ settings: (ledger: LedgerSettings, vault: LedgerSettings)
    ) throws -> (time: Double, processor: Double) {
        let ledger = try Ledger(at: path, .create, signingKey: LedgerWorkload.key(), settings: settings.ledger)
        let vault = try SubjectVault(besides: path, .create, master: LedgerWorkload.master(), settings: settings.vault)
        var done = 0
        while done < records {
            let numbers = done..<min(records, done + commit)
            // Three sessions of each visitor, one after another, as a corpus has them. Making them up is not timed.
            let inputs = numbers.map { (subject: LedgerWorkload.subject($0 / 3), input: LedgerWorkload.input($0)) }
            let outputs = numbers.map { LedgerWorkload.output($0) }
            var (began, worked) = (FigureContext.now(), MachineLoad.processorSeconds)
            let sealed = isSealed ? try vault.seal(inputs) : []
            sealSeconds += FigureContext.now() - began
            appendProcessorSeconds += MachineLoad.processorSeconds - worked
            let entries = numbers.enumerated().map {
                LedgerWorkload.entry($1, of: $1 / 3, sealed: isSealed ? sealed[$0] : nil, output: outputs[$0])
            }
            (began, worked) = (FigureContext.now(), MachineLoad.processorSeconds)
            try ledger.append(entries)
            let took = FigureContext.now() - began
            appendSeconds += took
            appendProcessorSeconds += MachineLoad.processorSeconds - worked
            slowestCommit = max(slowestCommit, took)
            done = numbers.upperBound
        }
        return (FigureContext.now(), MachineLoad.processorSeconds)
    }
}

/// Rates of rounds.
struct LedgerRates {
    private(set) var append = Rounds()
    private(set) var verify = Rounds()
    private var appendOfProcessor = Rounds()
    private var verifyOfProcessor = Rounds()
    private var slowestCommit = Rounds()
    private var memory = Rounds()
    private var bytes = Rounds()

    mutating func add(_ run: LedgerRun) {
        append.add(run.appendRate)
        verify.add(run.verifyRate)
        appendOfProcessor.add(Double(run.records) / run.appendProcessorSeconds)
        verifyOfProcessor.add(Double(run.records) / run.verifyProcessorSeconds)
        slowestCommit.add(run.slowestCommit)
        memory.add(run.peakMebibytes)
        bytes.add(Double(run.bytes) / Double(run.records))
    }

    var value: FigureValue {
        [
            "append_per_second": append.figure, "verify_per_second": verify.figure,
            "append_per_processor_second": appendOfProcessor.figure, "verify_per_processor_second": verifyOfProcessor.figure,
            "slowest_commit_seconds": slowestCommit.figure, "peak_mebibytes": memory.figure, "bytes_a_record": .number(bytes.median),
        ]
    }
}
