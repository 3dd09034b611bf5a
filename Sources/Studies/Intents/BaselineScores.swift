internal import Glibc
public import IntentTaxonomy

/// A baseline with the same care as the student: calibrated, and with thresholds chosen, on scores of sessions whose visitors it did not see.
public struct BaselineScores: Sendable {
    /// Labelled sessions to learn from.
    public var training: [Int]
    /// What they learn, `[S * K]`: the confidences as the student learns them, see `DistillationSettings.target(_:presentFrom:)`.
    public var targets: [Float]
    /// Whether each intent is present in them, `[S * K]`.
    public var present: [Bool]
    /// Whose sessions they are, `[S]`.
    public var visitors: [Int]
    /// Aim, calibration and parts, as the student's.
    public var settings: DistillationSettings

    /// What a baseline learns from.
    public init(training: [Int], targets: [Float], present: [Bool], visitors: [Int], settings: DistillationSettings) {
        (self.training, self.targets, self.present, self.visitors) = (training, targets, present, visitors)
        self.settings = settings
    }

    /// Scores of a baseline for sessions it did not learn from.
    public func make(_ baseline: any IntentBaseline, scored: [Int]) throws(StudyError) -> IntentStudy.Scorer {
        let intents = targets.count / max(1, training.count)
        let folds: VisitorFolds
        do { folds = try VisitorFolds(visitors: visitors, count: settings.folds, seed: settings.seed) } catch {
            throw .tooLittle(what: "visitors of the labelled sessions", found: Set(visitors).count, needed: settings.folds)
        }
        var heldOut = [Float](repeating: 0, count: targets.count)
        for part in 0..<folds.count {
            let others = training.indices.filter { folds.fold[$0] != part }
            let own = training.indices.filter { folds.fold[$0] == part }
            let scores = try baseline.scores(
                training: others.map { training[$0] }, targets: others.flatMap { targets[$0 * intents..<($0 + 1) * intents] },
                intents: intents, scored: own.map { training[$0] })
            for (place, row) in own.enumerated() {
                for k in 0..<intents { heldOut[row * intents + k] = scores[place * intents + k] }
            }
        }
        let raw = try baseline.scores(training: training, targets: targets, intents: intents, scored: scored)
        var (probabilities, validation) = (raw, heldOut.map(Double.init))
        for k in 0..<intents {
            let rows = training.indices.map { $0 * intents + k }
            let fitted = IntentCalibration.fit(
                settings.calibration, logits: rows.map { Self.logit(heldOut[$0]) }, present: rows.map { present[$0] })
            for row in rows { validation[row] = fitted.probability(Self.logit(heldOut[row])) }
            for row in scored.indices { probabilities[row * intents + k] = Float(fitted.probability(Self.logit(raw[row * intents + k]))) }
        }
        let thresholds = IntentThresholds.choose(settings.aim, probabilities: validation, present: present, intents: intents)
        return IntentStudy.Scorer(name: baseline.name, probabilities: probabilities, thresholds: thresholds.map(Float.init))
    }

    private static func logit(_ probability: Float) -> Double {
        let p = min(max(Double(probability), 1e-6), 1 - 1e-6)
        return log(p / (1 - p))
    }
}
