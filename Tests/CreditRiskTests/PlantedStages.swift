import CreditRisk
import Foundation
import SequenceKernel

/// Applicants with a latent risk: a curve of two of their features and of what they did before, and a part of its own. Outcomes are a noisy
/// draw from it; what happens in service shows it almost as it is, and nothing before does.
enum PlantedStages {
    static let before = RecordFields(categories: ["channel"], numbers: ["amount"])
    static let service = RecordFields(categories: ["payment"], numbers: ["days_late"])
    static let decision: Int64 = 1_700_000_000

    /// - Parameters:
    ///   - rare: added to the level of the risk: the lower, the fewer are overdue.
    ///   - withRecords: whether there are records before the decision.
    static func make(
        _ count: Int, first: UInt64 = 0, seed: UInt64, rare: Float = 0, withRecords: Bool = true, noise features: Int = 6
    ) throws -> InServiceExamples {
        var random = RandomSource(seed, 0x57A6E)
        var pre = try PreServiceRecords(before), during = try InServiceRecords(service, ServiceWindow())
        var (values, outcomes, decisions): ([Float], [Float], [Int64]) = ([], [], [])
        func symmetric() -> Float { 2 * random.uniform() - 1 }
        for number in 0..<count {
            let own = (0..<2 + features).map { _ in symmetric() }, habit = random.uniform()
            // Between -1.5 and 1.5, and about 0 in the mean.
            let risk = 1.5 * own[0] * own[1] + 0.7 * own[0] + (habit - 0.5) + 0.4 * symmetric() + rare
            values += own[0..<2] + (0..<features).map { $0 == 0 && random.uniform() < 0.1 ? .nan : own[2 + $0] }
            let moment = decision + Int64(first % 1_000_000 + UInt64(number)) * 60
            outcomes.append(random.uniform() < 1 / (1 + exp(-2.5 * risk)) ? 1 : 0)
            decisions.append(moment)
            let events = (0..<random.below(5)).map { place in
                ApplicantRecord(
                    at: moment - 86_400 * Int64(1 + 7 * place) - Int64(random.below(3_600)),
                    categories: [random.uniform() < habit ? "branch" : random.uniform() < 0.05 ? nil : "app"], numbers: [habit * 100])
            }
            try pre.append(withRecords ? events : [], before: moment)
            let payments = (0..<2 + random.below(3)).map { month in
                ApplicantRecord(
                    at: moment + 86_400 * Int64(20 * month), categories: [risk + 0.3 * symmetric() > 0 ? "late" : "paid"],
                    numbers: [risk * 10 + 2 * symmetric()])
            }
            try during.append(payments, after: moment)
        }
        let names = ["income", "debt"] + (0..<features).map { "noise\($0)" }
        let examples = try PreServiceExamples(
            customers: (0..<count).map { first + UInt64($0) }, decisions: decisions, outcomes: outcomes,
            profile: ProfileFeatures(names: names, count: count, values: values), records: withRecords ? pre : nil)
        return try InServiceExamples(examples, records: during)
    }

    /// Small enough for a test.
    static func settings(_ change: (inout StageDistillationSettings) -> Void = { _ in }) -> StageDistillationSettings {
        var settings = StageDistillationSettings()
        (settings.profileWidth, settings.embeddingWidth, settings.recordWidth, settings.fusionWidth) = (12, 3, 6, 12)
        (settings.studentWidth, settings.teacherWidth, settings.folds) = (8, 7, 2)
        (settings.epochs, settings.patience, settings.batchApplicants, settings.learningRate) = (3, 3, 64, 0.005)
        change(&settings)
        return settings
    }
}
