internal import CreditRisk
internal import DurableFiles
internal import Evaluation
internal import Glibc
internal import SequenceKernel
internal import SettingsFiles
internal import Studies
internal import SyntheticBank

/// What tools/figures.d/credit-synthetic.yaml holds.
struct CreditSyntheticSettings: Decodable {
    /// What is made: `habits`, `few` (H3, H4 and H15), `stages`, `stagesNotShown` (whose service shows nothing of what disposes an
    /// applicant), `framework`, `preTraining`; rows of the others are left out.
    var parts: Set<String>
    /// One bank each; it also seeds the networks that learn from it.
    var seeds: [UInt64]
    /// The bank B of H12 and H14, whose app has other codes: networks of intentions and habits alone learn from it.
    var otherBank: OtherBank
    /// Of each bank.
    var applicants: Int
    var oldPerApplicant: Double
    /// Shares of the applicants, and of the old ones, that fall overdue.
    var defaultRate: Double
    var oldDefaultRate: Double
    /// Shares of the applicants, by time: these teach, the next say when to stop, the rest is judged.
    var training: Double
    var validation: Double
    /// Draws of the bootstrap.
    var rounds: Int
    /// The network of intentions and habits.
    var habit: IntentionHabitSettings
    /// Who teaches where the claim is about scarce data.
    var few: Few
    /// Sessions and behaviours that are tried beside those of `habit`, on so many of the banks.
    var sessions: [Int]
    var behaviours: [Int]
    var sweepBanks: Int
    /// Stage distillation, and how many of the applicants teach it.
    var stage: StageDistillationSettings
    var stageApplicants: Int
    /// The framework, and how many of the applicants teach it.
    var framework: FrameworkSettings
    var frameworkApplicants: Int
    /// Passes of its self-supervised pre-training, in the one row that has it.
    var preTrainingEpochs: Int
    /// The raw tables that it reads; D3 takes the last ones away, by configuration alone.
    var frameworkTables: [FrameworkConfiguration.Table]

    /// A bank whose app records each operation under another number of codes.
    struct OtherBank: Decodable {
        var seed: UInt64
        var codesPerOperation: Int
    }

    /// So many of the latest applicants, and of the old ones, as hold the overdue ones that bank A of the publication has.
    struct Few: Decodable {
        var applicants: Int
        var oldApplicants: Int
        /// How often, each time others of the same bank.
        var draws: Int
    }

    mutating func makeQuick() {
        (seeds, applicants, rounds, sweepBanks) = (Array(seeds.prefix(1)), 2_400, 60, 0)
        (habit.epochs, habit.preTrainingEpochs) = (2, 3)
        few = Few(applicants: 600, oldApplicants: 1_800, draws: 1)
        (stage.epochs, stageApplicants) = (3, 800)
        (framework.epochs, frameworkApplicants, preTrainingEpochs) = (3, 800, 2)
    }
}

extension Figure {
    /// {synthetic, rows: {H2: {what, difference, …}, …}, …}; all on simulated banks.
    static let creditSynthetic = Figure(
        pattern: "credit-synthetic",
        summary:
            "credit models on simulated banks, each published comparison as a paired one: HUIHEN (H2 to H15), MGKD, framework (D1 to D5)"
    ) { context in
        var settings = try SettingsFile.read(CreditSyntheticSettings.self, from: context.settings("credit-synthetic.yaml"))
        if context.quick { settings.makeQuick() }
        let started = FigureContext.now()
        var book = ScoreBook(Resampling(rounds: settings.rounds))
        var notes: [String: FigureValue] = [:]
        for (number, seed) in settings.seeds.enumerated() {
            try context.withScratchFolder { folder in
                let bank = try CreditBank(settings, seed: seed, number: number, in: folder)
                FigureContext.say("credit-synthetic, bank \(seed): read in \(Int(FigureContext.now() - started)) s since the start")
                try bank.addBounds(to: &book, notes: &notes)
                if settings.parts.contains("habits") {
                    try bank.addHabits(number < settings.sweepBanks ? .withSweeps(settings) : .alone, to: &book, notes: &notes)
                }
                if settings.parts.contains("few") {
                    for draw in 0..<settings.few.draws {
                        try bank.addHabits(.few(settings.few, draw), to: &book, notes: &notes)
                    }
                }
                if settings.parts.contains("stages") { try bank.addStages(to: &book) }
                if settings.parts.contains("framework") { try bank.addFramework(to: &book, notes: &notes) }
                if settings.parts.contains("preTraining") { try bank.addPreTraining(to: &book, notes: &notes) }
                FigureContext.say("credit-synthetic, bank \(seed): done, \(Int(FigureContext.now() - started)) s since the start")
            }
        }
        if settings.parts.contains("habits") {
            try context.withScratchFolder { folder in
                let other = settings.otherBank
                let bank = try CreditBank(
                    settings, seed: other.seed, number: settings.seeds.count, codesPerOperation: other.codesPerOperation, in: folder)
                try bank.addHabits(.otherBank, to: &book, notes: &notes)
                FigureContext.say("credit-synthetic, bank B: done, \(Int(FigureContext.now() - started)) s since the start")
            }
        }
        if settings.parts.contains("stagesNotShown") {
            for (number, seed) in settings.seeds.enumerated() {
                try context.withScratchFolder { folder in
                    let bank = try CreditBank(settings, seed: seed, number: number, shown: 0, in: folder)
                    try bank.addStages(prefix: StageRows.notShown, to: &book)
                }
            }
        }
        var rows = settings.parts.contains("habits") ? try HabitRows.rows(book, settings) : [:]
        if settings.parts.contains("few") { rows.merge(try HabitRows.few(book, settings)) { $1 } }
        if settings.parts.contains("stages") { rows.merge(try StageRows.rows(book)) { $1 } }
        if settings.parts.contains("stagesNotShown") { rows.merge(try StageRows.notShown(book)) { $1 } }
        if settings.parts.contains("preTraining") { rows["framework_pre_training"] = try FrameworkRows.preTraining(book, settings) }
        if settings.parts.contains("framework") { rows.merge(try FrameworkRows.rows(book, settings, notes)) { $1 } }
        return [
            "synthetic": .truth(true), "quick": .truth(context.quick), "rows": .object(rows), "notes": .object(notes),
            "banks": .list(settings.seeds.map { .integer(Int($0)) }), "applicants_of_each": .integer(settings.applicants),
            "old_applicants_of_each": .integer(Int((Double(settings.applicants) * settings.oldPerApplicant).rounded())),
            "split": .text(
                "by time of the decision: the first \(settings.training) of the applicants may teach, the next \(settings.validation) say when "
                    + "to stop, the rest is judged"),
            "teaching": [
                "H": .integer(Int(Double(settings.applicants) * settings.training)), "H3_H4_H15": .integer(settings.few.applicants),
                "MGKD": .integer(settings.stageApplicants), "D": .integer(settings.frameworkApplicants),
            ],
            "strengths": .text(
                "the planted signals are as strong as the simulator has them by default: chosen on another bank (101) so that each claim can be "
                    + "tested at all; more fall overdue here than by default. Distilling helps as far as the service shows what disposes an applicant, "
                    + "which is an assumption (credit.shown): without it see the rows MGKD_not_shown"),
            "known_outcomes": .text(
                "those who teach are taken to have known outcomes, as in a bank that waits for them; simulated days do not drift"),
            "seconds": .number(FigureContext.now() - started),
        ]
    }
}

/// One simulated bank, read as any export is.
struct CreditBank {
    let settings: CreditSyntheticSettings
    let seed: UInt64
    let folder: String
    let export: ApplicantExport
    let truth: HiddenCreditTruth
    let behaviours: [[AppBehaviour]]
    let training: [Int]
    let validation: [Int]
    let test: [Int]
    let pool = WorkerPool(threads: FigureContext.timedThreads)

    init(
        _ settings: CreditSyntheticSettings, seed: UInt64, number: Int, codesPerOperation: Int? = nil, shown: Double? = nil,
        in folder: String
    ) throws {
        var configuration = BankConfiguration(visitors: 20)
        (configuration.formats, configuration.computesReference) = ([.csv], false)
        var credit = CreditAssumptions(applicants: settings.applicants)
        credit.oldPerApplicant = settings.oldPerApplicant
        (credit.defaultRate, credit.oldDefaultRate) = (settings.defaultRate, settings.oldDefaultRate)
        if let codesPerOperation { credit.codesPerOperation = codesPerOperation }
        if let shown { credit.shown = shown }
        configuration.credit = credit
        _ = try BankSimulation(configuration: configuration, seed: seed).write(to: "\(folder)/bank")
        self.folder = "\(folder)/bank/credit"
        (self.settings, self.seed) = (settings, seed)
        export = try ApplicantExport(folder: self.folder, number: UInt64(number))
        truth = try HiddenCreditTruth("\(folder)/bank/truth/credit.csv", export)
        behaviours = try export.behaviours()
        let first = Int(Double(export.count) * settings.training)
        let second = first + Int(Double(export.count) * settings.validation)
        (training, validation, test) = (Array(0..<first), Array(first..<second), Array(second..<export.count))
    }

    func outcomes(_ rows: [Int]) -> [Float] { rows.map { export.applicants.outcomes[$0] } }
    func customers(_ rows: [Int]) -> [UInt64] { rows.map { export.applicants.customers[$0] } }

    /// What the simulator itself knows, on those judged.
    func addBounds(to book: inout ScoreBook, notes: inout [String: FigureValue]) throws {
        notes["bank \(seed), truth: given_app, follows"] = learnt(truth.probabilities(.app, of: test))
        for given in HiddenCreditTruth.Given.allCases {
            try book.add("truth: \(given.rawValue)", truth.probabilities(given, of: test), outcomes(test), customers(test))
        }
    }

    /// How far scores of the judged applicants follow each planted signal: correlations with their log odds. What the truth itself follows by
    /// 0.2 and a model by 0.02, that model has not learnt.
    func learnt(_ scores: [Float]) -> FigureValue {
        let logits = scores.map { score in
            let bounded = min(max(Double(score), 1e-6), 1 - 1e-6)
            return log(bounded / (1 - bounded))
        }
        return .object(truth.signals.mapValues { signal in .number(Self.correlation(logits, test.map { Double(signal[$0]) })) })
    }

    private static func correlation(_ first: [Double], _ second: [Double]) -> Double {
        let count = Double(first.count), means = (first.reduce(0, +) / count, second.reduce(0, +) / count)
        var (both, one, other) = (0.0, 0.0, 0.0)
        for (a, b) in zip(first, second) {
            both += (a - means.0) * (b - means.1)
            one += (a - means.0) * (a - means.0)
            other += (b - means.1) * (b - means.1)
        }
        return both / (one * other).squareRoot()
    }

    /// Adds scores of the judged applicants by a model that `make` trains.
    func add(_ name: String, run: Int? = nil, to book: inout ScoreBook, _ make: () throws -> [Float]) throws {
        let start = FigureContext.now()
        let scores = try make()
        try book.add(name, scores, outcomes(test), customers(test), run: run, seconds: FigureContext.now() - start)
    }
}
