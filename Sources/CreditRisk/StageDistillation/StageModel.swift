public import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What a training of either stage says of itself.
public struct StageCard: Sendable, Equatable, Codable {
    /// Applicants learnt from.
    public var applicants = 0
    /// Of these overdue.
    public var overdue = 0
    /// Passes over them.
    public var epochs = 0
    /// AUC on the validation part of the weights that were kept.
    public var validationAUC = 0.0
    /// Digest of the customers and decisions learnt from; the same for a student and its teachers.
    public var split = ""
    /// AUC on the validation part of each teacher whose targets were read; empty without.
    public var teacherAUC: [Double] = []
    /// Applicants with more records of a stage than are read; the latest were.
    public var cutHistories = 0
    /// Applicants whose records did not come in order of time and were put in order.
    public var unorderedHistories = 0

    /// Nothing measured yet.
    public init() {}

    init(_ examples: PreServiceExamples, _ source: StageSource, _ result: StageTraining.Result, _ settings: StageDistillationSettings) {
        (applicants, overdue) = (examples.count, examples.outcomes.reduce(0) { $0 + ($1 == 1 ? 1 : 0) })
        (epochs, validationAUC, split) = (result.epochs, result.auc, StageTraining.split(examples.applications))
        for stream in source.streams {
            cutHistories += zip(stream.starts, stream.starts.dropFirst()).reduce(0) {
                $0 + ($1.1 - $1.0 > settings.longestRecords ? 1 : 0)
            }
            unorderedHistories += stream.unordered
        }
    }
}

/// What teachers and students have in common.
struct StageModel: Sendable {
    let settings: StageDistillationSettings
    let fields: StageFields
    let inputs: StageInputs
    let network: StageNetwork
    let weights: ParameterVector
    let card: StageCard
    let id: String
    private let transposes: TransposedWeights

    init(
        _ settings: StageDistillationSettings, _ fields: StageFields, _ inputs: StageInputs, _ network: StageNetwork,
        _ weights: ParameterVector, _ card: StageCard, id: String = ""
    ) {
        (self.settings, self.fields, self.inputs, self.network) = (settings, fields, inputs, network)
        (self.weights, self.card, self.id) = (weights, card, id)
        transposes = TransposedWeights(of: weights)
    }

    func probabilities(_ source: StageSource, _ pool: WorkerPool) -> [Float] {
        let reader = StageReader(source, inputs)
        return StageTraining.outputs(reader, network, weights, transposes: transposes, rows: Array(0..<reader.count), pool)
            .logits.map { 1 / (1 + exp(-$0)) }
    }
}

/// Takes: applicants as they are known before the service.   Gives: the probability of each to fall overdue.
///
/// The student of a stage distillation, and the only model of it that is served. It reads ``PreServiceExamples`` and nothing else:
/// ``InServiceExamples`` do not compile here, and a table with a column that only its teachers knew is refused by that column's name.
public struct PreServiceModel: Sendable {
    let model: StageModel

    /// How it was trained.
    public var settings: StageDistillationSettings { model.settings }
    /// What the training says of itself.
    public var card: StageCard { model.card }
    /// Digest over all its files; empty until it is read from a directory.
    public var id: String { model.id }
    /// Columns of the profile and of the records that it reads, in order.
    public var fieldNames: [String] { model.fields.profile + (model.fields.records?.names ?? []) }
    /// Columns that only its teachers read, and that it refuses.
    public var refusedFieldNames: [String] { model.fields.refused }

    /// Trains a student; the same bytes at any number of threads.
    /// - Parameters:
    ///   - validation: other customers, who say when to stop.
    ///   - targets: of teachers who did not learn from the applicant; nil for a student without, whatever the settings.
    ///   - progress: called after each optimiser step with the share done; false stops.
    /// - Throws: ``StageDistillationError`` where data or settings are not possible, the targets are of other applicants, or a column is one
    ///   of the service.
    public static func train(
        _ training: PreServiceExamples, validation: PreServiceExamples, targets: TeacherTargets? = nil,
        _ settings: StageDistillationSettings = StageDistillationSettings(), pool: WorkerPool, progress: (Double) -> Bool = { _ in true }
    ) throws(StageDistillationError) -> PreServiceModel {
        try settings.validate()
        try StageTraining.check(training, validation)
        var own = settings
        if targets == nil { (own.softWeight, own.coarseWeight, own.fineWeight, own.eventWeight) = (0, 0, 0, 0) }
        let fields = StageFields(training, refused: targets?.inServiceFields ?? [])
        try fields.refuseInService(fields.profile + (fields.records?.names ?? []))
        try fields.refuseOthers(StageFields(validation))
        var ordered: TeacherTargets?
        if let targets {
            ordered = try targets.ordered(for: training)
            guard targets.width == settings.teacherWidth else {
                throw .badSetting(name: "teacherWidth", expected: "\(targets.width), as the teachers' representations are")
            }
            if own.eventWeight > 0 {
                let wanted = training.records.map {
                    EventTargets($0.columns, longest: own.longestRecords, width: own.recordWidth).starts
                }
                guard let wanted, let events = ordered?.events, events.starts == wanted, events.width == own.recordWidth else {
                    throw .badSetting(
                        name: "eventWeight", expected: "0, or as for the targets, which had to be made of the same records with it")
                }
            }
            guard targets.validation.isDisjoint(with: training.customers) else {
                throw .examples("the teachers were stopped by applicants whom the student learns from; validate both on the same others")
            }
        }
        let source = StageSource(training)
        let result = try StageTraining.run(
            source, training, rows: Array(0..<training.count), validation: StageSource(validation), validation, width: own.studentWidth,
            targets: own.readsTeacher ? ordered : nil, own, pool: pool, progress: progress)
        var card = StageCard(training, source, result, own)
        card.teacherAUC = targets?.validationAUC ?? []
        return PreServiceModel(model: StageModel(own, fields, result.reader.inputs, result.network, result.weights, card))
    }

    /// Overdue probabilities, `[B]`; the same at any number of threads, and whoever stands beside an applicant.
    /// - Throws: ``StageDistillationError`` where the columns are not those of the training.
    public func probabilities(_ examples: PreServiceExamples, pool: WorkerPool) throws(StageDistillationError) -> [Float] {
        try model.fields.refuseOthers(StageFields(examples))
        return model.probabilities(StageSource(examples), pool)
    }

    /// Refuses a table by its header, before any row is read.
    /// - Throws: ``StageDistillationError/inServiceFields(_:)`` with the columns that are known only while the service runs.
    public func check(columns: [String]) throws(StageDistillationError) { try model.fields.refuseInService(columns) }
}

/// Takes: applicants as they are known while the service runs.   Gives: the probability of each to fall overdue later on.
///
/// A teacher taught on all its applicants: to be compared with students, and to watch granted loans. Its scores are no targets of a
/// student, since it has seen their outcomes; those come from ``TeacherTargets/outOfFold(_:validation:_:pool:progress:)``.
public struct InServiceModel: Sendable {
    let model: StageModel

    /// How it was trained.
    public var settings: StageDistillationSettings { model.settings }
    /// What the training says of itself.
    public var card: StageCard { model.card }
    /// Digest over all its files; empty until it is read from a directory.
    public var id: String { model.id }

    /// Trains a teacher; the same bytes at any number of threads.
    /// - Parameters: as of ``PreServiceModel/train(_:validation:targets:_:pool:progress:)``.
    /// - Throws: ``StageDistillationError`` where data or settings are not possible.
    public static func train(
        _ training: InServiceExamples, validation: InServiceExamples,
        _ settings: StageDistillationSettings = StageDistillationSettings(), pool: WorkerPool, progress: (Double) -> Bool = { _ in true }
    ) throws(StageDistillationError) -> InServiceModel {
        try settings.validate()
        try StageTraining.check(training.preService, validation.preService)
        let result = try StageTraining.teacher(
            training, rows: Array(0..<training.count), validation, settings, pool: pool, progress: progress)
        let card = StageCard(training.preService, StageSource(training), result, settings)
        return InServiceModel(
            model: StageModel(settings, StageFields(training), result.reader.inputs, result.network, result.weights, card))
    }

    /// Overdue probabilities, `[B]`; the same at any number of threads, and whoever stands beside an applicant.
    /// - Throws: ``StageDistillationError`` where the columns or the window are not those of the training.
    public func probabilities(_ examples: InServiceExamples, pool: WorkerPool) throws(StageDistillationError) -> [Float] {
        try model.fields.refuseOthers(StageFields(examples))
        return model.probabilities(StageSource(examples), pool)
    }
}
