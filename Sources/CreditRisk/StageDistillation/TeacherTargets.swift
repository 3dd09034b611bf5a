internal import BoostedTrees
public import SequenceKernel

/// What teachers say of applicants whom they did not learn from: the only form in which a student meets them.
///
/// Each customer is in one part; a part's logits and representations come from the teacher that learnt from the other parts.
public struct TeacherTargets: Sendable {
    /// Parts of the customers.
    public let folds: Int
    /// Floats of a representation (R).
    public let width: Int
    /// The part that holds each applicant out, `[B]`.
    public let foldOfApplicant: [Int]
    /// Teachers' logits, `[B]`.
    public let logits: [Float]
    /// Teachers' representations, `[B, R]`.
    public let representations: [Float]
    /// AUC of each teacher on the validation part.
    public let validationAUC: [Double]
    /// Digest of the customers and decisions they are of, as in the cards of models.
    public let split: String
    /// Columns that only the teachers read.
    public let inServiceFields: [String]
    /// States of the records before the decision; nil where the fine grain does not go record by record.
    let events: EventTargets?
    let applications: [Application]
    let validation: Set<UInt64>

    /// Applicants (B).
    public var count: Int { logits.count }

    /// Mean representation of each class in each part's axes, as a running mean in the order of the applicants: `[folds, 2, R]`. Teachers are
    /// frozen, so it ends where a mean kept during training would settle. A class without applicants in a part is zeros.
    func prototypes(_ outcomes: [Float]) -> [Float] {
        var means = [Double](repeating: 0, count: folds * 2 * width), counts = [Double](repeating: 0, count: folds * 2)
        for applicant in outcomes.indices {
            let place = foldOfApplicant[applicant] * 2 + (outcomes[applicant] == 1 ? 1 : 0)
            counts[place] += 1
            for column in 0..<width {
                let value = Double(representations[applicant * width + column])
                means[place * width + column] += (value - means[place * width + column]) / counts[place]
            }
        }
        return means.map { Float($0) }
    }

    /// The same in the order of a student's applicants.
    /// - Throws: ``StageDistillationError/otherCustomers(missing:unexpected:)`` where the applicants are not the same.
    package func ordered(for examples: PreServiceExamples) throws(StageDistillationError) -> TeacherTargets {
        let places = Dictionary(uniqueKeysWithValues: self.applications.enumerated().map { ($1, $0) })
        let applications = examples.applications
        let order = applications.compactMap { places[$0] }
        guard order.count == applications.count, order.count == count else {
            throw .otherCustomers(missing: applications.count - order.count, unexpected: count - order.count)
        }
        return TeacherTargets(
            folds: folds, width: width, foldOfApplicant: order.map { foldOfApplicant[$0] }, logits: order.map { logits[$0] },
            representations: order.flatMap { representations[$0 * width..<($0 + 1) * width] }, validationAUC: validationAUC, split: split,
            inServiceFields: inServiceFields, events: events?.ordered(order), applications: applications, validation: validation)
    }

    /// Trains a teacher for each part of the customers on the other parts and has it judge its own; the same bytes at any number of threads.
    /// - Parameters:
    ///   - training: the student's applicants, with what happened to them afterwards.
    ///   - validation: other customers, who say when each teacher has learnt enough.
    ///   - progress: called after each optimiser step with the part and the share done; false stops.
    /// - Throws: ``StageDistillationError`` where data or settings are not possible, or a part's customers leave only one outcome to others.
    public static func outOfFold(
        _ training: InServiceExamples, validation: InServiceExamples, _ settings: StageDistillationSettings, pool: WorkerPool,
        progress: (Int, Double) -> Bool = { _, _ in true }
    ) throws(StageDistillationError) -> TeacherTargets {
        try settings.validate()
        try StageTraining.check(training.preService, validation.preService)
        let own = training.preService
        let folds = try parts(own, count: settings.folds, seed: settings.seed)
        var logits = [Float](repeating: 0, count: own.count)
        var representations = [Float](repeating: 0, count: own.count * settings.teacherWidth)
        var aucs: [Double] = []
        var events =
            settings.eventWeight > 0
            ? own.records.map { EventTargets($0.columns, longest: settings.longestRecords, width: settings.recordWidth) } : nil
        for fold in 0..<settings.folds {
            let rows = folds.indices.filter { folds[$0] != fold }, held = folds.indices.filter { folds[$0] == fold }
            let found = try StageTraining.teacher(training, rows: rows, validation, settings, pool: pool) { progress(fold, $0) }
            let (ownLogits, ownRepresentations) = StageTraining.outputs(found.reader, found.network, found.weights, rows: held, pool)
            for (place, row) in held.enumerated() {
                logits[row] = ownLogits[place]
                for column in 0..<settings.teacherWidth {
                    representations[row * settings.teacherWidth + column] = ownRepresentations[place * settings.teacherWidth + column]
                }
            }
            events?.fill(found, rows: held)
            aucs.append(found.auc)
        }
        return TeacherTargets(
            folds: settings.folds, width: settings.teacherWidth, foldOfApplicant: folds, logits: logits, representations: representations,
            validationAUC: aucs, split: StageTraining.split(own.applications), inServiceFields: training.inServiceFields, events: events,
            applications: own.applications, validation: Set(validation.preService.customers))
    }

    /// The part of each applicant, `[B]`: all of a customer's in one, overdue customers spread evenly.
    static func parts(_ examples: PreServiceExamples, count: Int, seed: UInt64) throws(StageDistillationError) -> [Int] {
        do throws(BoostedTreesError) {
            return try GroupFolds(groups: examples.customers, positives: examples.positives, count: count, seed: seed).fold
        } catch {
            throw .examples("there are fewer customers than folds; take fewer folds")
        }
    }
}
