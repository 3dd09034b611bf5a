internal import DurableFiles
internal import SequenceKernel

/// Takes: applicants with their raw records.   Gives: the probability of each to fall overdue, by one of the three networks.
enum SequenceScorer: Sendable {
    case framework(FrameworkModel)
    case huihen(IntentionHabitModel, IntentionHabitColumns)
    case mgkd(PreServiceModel, StageTables)

    /// Digest over all its files; empty until it is read from a directory.
    var id: String {
        switch self {
        case .framework(let model): model.id
        case .huihen(let model, _): model.id
        case .mgkd(let model, _): model.id
        }
    }

    /// Passes and the best AUC of the validation part.
    var training: (epochs: Int, auc: Double?) {
        switch self {
        case .framework(let model): (model.card.epochs, model.card.validationAUC)
        case .huihen(let model, _): (model.card.epochs, model.card.validationAUC)
        case .mgkd(let model, _): (model.card.epochs, model.card.validationAUC)
        }
    }

    /// Overdue probabilities, `[B]`; the same at any number of threads, and whoever stands beside an applicant.
    func probabilities(_ examples: FrameworkExamples, pool: WorkerPool) throws -> [Float] {
        guard examples.count > 0 else { return [] }
        switch self {
        case .framework(let model): return try model.probabilities(examples, pool: pool)
        case .huihen(let model, let columns):
            return try model.probabilities(
                columns.examples(examples, model.vocabulary, model.settings.rules).examples, pool: pool)
        case .mgkd(let model, let tables): return try model.probabilities(tables.preService(examples), pool: pool)
        }
    }

    /// The count of records that were read; all others are of what was not.
    static let read = "records read"
    private static let later = "records at or after the decision"
    private static let crowdedOut = "records crowded out by later ones"
    private static let without = "applicants without records that are read"

    /// What was read of the applicants' records and what was not, by name.
    func counts(_ examples: FrameworkExamples) throws -> [String: Int] {
        switch self {
        case .framework(let model):
            let counts = try model.encoder.encoded(examples).1
            return [
                Self.later: counts.afterDecision, Self.crowdedOut: counts.crowdedOut, Self.read: counts.kept,
                Self.without: counts.withoutRecords,
            ]
        case .huihen(let model, let columns):
            let (made, unusable, later) = try columns.examples(examples, model.vocabulary, model.settings.rules)
            let counts = made.histories?.counts ?? SessionHistories.Counts()
            return [
                Self.later: later, "money operations without an amount of 0 or more": unusable,
                "behaviours of codes that no rule names": counts.unknownCodes, "short sessions": counts.shortSessions,
                "sessions crowded out by later ones": counts.earlySessions,
                "behaviours crowded out by later ones of their session": counts.earlyBehaviours, Self.read: counts.kept,
                Self.without: (0..<made.count).count { made.histories?.sessionCount($0) == 0 },
            ]
        case .mgkd(let model, let tables):
            let counts = tables.counts(examples, longest: model.settings.longestRecords)
            return [
                Self.later: counts.later, Self.crowdedOut: counts.crowdedOut, Self.read: counts.read, Self.without: counts.without,
                "records of the service outside its window": counts.outside,
                "records of the service crowded out by later ones": counts.serviceCrowdedOut,
                "records of grants that granted nothing to these applicants": counts.otherGrants,
            ]
        }
    }

    /// Writes the model with further files.
    /// - Returns: the id.
    func write(
        to path: String, with extra: [String: [UInt8]], replacing: Bool, in fileSystem: FileSystem
    ) throws -> String {
        var extra = extra
        switch self {
        case .framework(let model): return try model.write(to: path, with: extra, replacing: replacing, in: fileSystem)
        case .huihen(let model, let columns):
            extra[Self.columnsFile] = ModelFolder.json(columns, isIndented: false)
            return try model.write(to: path, with: extra, replacing: replacing, in: fileSystem)
        case .mgkd(let model, let tables):
            extra[Self.columnsFile] = ModelFolder.json(tables, isIndented: false)
            return try model.write(to: path, with: extra, replacing: replacing, in: fileSystem)
        }
    }

    private static let columnsFile = "columns.json"

    /// The kind of folder of a preset, and its newest version.
    static func folder(of preset: CreditConfiguration.Preset) -> (kind: String, version: Int) {
        switch preset {
        case .framework: (FrameworkModel.kind, FrameworkModel.version)
        case .huihen: (IntentionHabitModel.kind, IntentionHabitModel.version)
        case .mgkd: (PreServiceModel.kind, StageModel.version)
        }
    }

    /// Reads what ``write(to:with:replacing:in:)`` wrote.
    /// - Parameter folder: the same, opened before.
    init(_ path: String, _ configuration: CreditConfiguration, _ folder: ModelFolder, in fileSystem: FileSystem) throws {
        func own<Columns: Decodable>(_ type: Columns.Type, _ isWhole: (Columns) -> Bool) throws -> Columns {
            do throws(SealedFolder.Fault) {
                let columns = try folder.decoded(type, Self.columnsFile)
                guard isWhole(columns) else { throw folder.damaged(Self.columnsFile, "columns that no training gives") }
                return columns
            } catch { throw ScorecardError.folder(error) }
        }
        switch configuration.preset {
        case .framework: self = .framework(try FrameworkModel(path, in: fileSystem))
        case .huihen:
            self = .huihen(
                try IntentionHabitModel(path, in: fileSystem), try own(IntentionHabitColumns.self) { $0.isWhole(configuration) })
        case .mgkd: self = .mgkd(try PreServiceModel(path, in: fileSystem), try own(StageTables.self) { $0.isWhole(configuration) })
        }
    }
}

/// What the networks of a scorecard are trained on besides the applicants of the moment.
struct SequenceTraining {
    let configuration: CreditConfiguration
    /// Rules of merging that a file gives; of the preset `huihen`.
    let operations: [BehaviourVocabulary.Rule]?
    /// Applicants of former days and what trees say of them; of the preset `huihen`.
    let old: (part: (training: FrameworkExamples, validation: FrameworkExamples), guides: [Float])?
    /// Other customers without a known outcome; of the preset `framework` with pre-training.
    let unlabelled: FrameworkExamples?
    let pool: WorkerPool

    /// - Parameters:
    ///   - data: what was read; its applicants of former days are split by customer.
    ///   - judges: who judges, now or in a later file, and from when on: they teach as little by what they did in former days.
    init(_ configuration: CreditConfiguration, _ data: CreditData, _ judges: CreditScorecard.Judges, pool: WorkerPool) throws {
        (self.configuration, self.pool) = (configuration, pool)
        unlabelled = Self.unlabelled(configuration, data, judges)
        guard configuration.preset == .huihen else {
            (operations, old) = (nil, nil)
            return
        }
        operations = data.operations
        let given = data.old.map { all in all.subset((0..<all.count).filter { judges.letTeach(all, $0) }) }
        guard let given, given.count > 0, configuration.huihen.preTraining else {
            old = nil
            return
        }
        let parts = try FrameworkFolds.parts(given, 5, seed: RandomSource.mix(configuration.seed ^ 0x01D))
        let training = given.subset(parts.indices.filter { parts[$0] != 0 })
        var guides: [Float] = []
        if configuration.huihen.treeGuidance {
            var settings = CreditBaselineSettings()
            settings.seed = UInt32(configuration.seed)
            guides = try CreditBaseline.outOfFold(
                .boostedTrees,
                CreditTable(
                    customers: training.customers, outcomes: training.outcomes, columns: ProfileColumns.columns(training)),
                folds: 5, settings, pool: pool)
        }
        old = ((training, given.subset(parts.indices.filter { parts[$0] == 0 })), guides)
    }

    /// Those without a known outcome whom pre-training may read: nobody set aside or of later, nor anyone who teaches or judges elsewhere.
    static func unlabelled(
        _ configuration: CreditConfiguration, _ data: CreditData, _ judges: CreditScorecard.Judges
    ) -> FrameworkExamples? {
        guard configuration.preset == .framework, configuration.framework.preTrainingEpochs > 0 else { return nil }
        let all = data.examples, known = Set(all.customers.indices.filter { !all.outcomes[$0].isNaN }.map { all.customers[$0] })
        let chosen = all.customers.indices.filter {
            all.outcomes[$0].isNaN && judges.letTeach(all, $0) && !known.contains(all.customers[$0])
        }
        return chosen.isEmpty ? nil : all.subset(chosen)
    }

    /// Trains a network; the same bytes at any number of threads.
    /// - Parameter progress: called with the share done; false stops.
    func train(
        _ learnt: FrameworkExamples, validation: FrameworkExamples, progress: (Double) -> Bool
    ) throws -> SequenceScorer {
        switch configuration.preset {
        case .framework:
            return .framework(
                try FrameworkModel.train(
                    configuration.reading(service: true), training: learnt, validation: validation, unlabelled: unlabelled, pool: pool,
                    progress: progress))
        case .huihen:
            let columns = try IntentionHabitColumns(learnt, configuration)
            var settings = configuration.huihen
            settings.seed = configuration.seed
            let words = try BehaviourVocabulary(columns.rules(learnt, operations))
            func made(_ examples: FrameworkExamples) throws -> IntentionHabitExamples {
                try columns.examples(examples, words, settings.rules).examples
            }
            var data = IntentionHabitData(new: .init(training: try made(learnt), validation: try made(validation)))
            // Leaks were looked for, and refused or told.
            data.refusesOutcome = false
            if let old {
                data.old = .init(
                    training: try columns.profiles(old.part.training), validation: try columns.profiles(old.part.validation))
                data.guides = old.guides
            }
            let share = old == nil ? 0 : 0.5
            let model = try IntentionHabitModel.train(data, vocabulary: words, settings, pool: pool) { step, done in
                progress(step == 1 ? share * done : share + (1 - share) * done)
            }
            return .huihen(model, columns)
        case .mgkd:
            let tables = try StageTables(learnt, configuration)
            var settings = configuration.mgkd
            settings.seed = configuration.seed
            let (training, judges) = (try tables.inService(learnt), try tables.inService(validation))
            let share = Double(settings.folds) / Double(settings.folds + 1)
            let targets = try TeacherTargets.outOfFold(training, validation: judges, settings, pool: pool) { part, done in
                progress(share * (Double(part) + done) / Double(settings.folds))
            }
            let model = try PreServiceModel.train(
                training.preService, validation: judges.preService, targets: targets, settings, pool: pool,
                progress: { progress(share + (1 - share) * $0) })
            return .mgkd(model, tables)
        }
    }
}
