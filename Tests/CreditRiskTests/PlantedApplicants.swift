import CreditRisk
import SequenceKernel

/// Applicants whose risk lies partly in their profile and partly in how long they hesitate before they confirm.
enum PlantedApplicants {
    static func vocabulary() throws -> BehaviourVocabulary { try SessionHistoryTests.vocabulary() }

    /// - Parameters:
    ///   - first: number of the first customer.
    ///   - fromProfile: weight of the profile in the risk; the rest is hesitation.
    static func make(
        _ count: Int, first: UInt64 = 0, seed: UInt64, withHistories: Bool = true, fromProfile: Float = 1,
        rules: SessionRules = SessionRules()
    ) throws -> IntentionHabitExamples {
        var random = RandomSource(seed, 0xAB)
        var histories = try SessionHistories(vocabulary(), rules)
        var (user, device, item, outcomes): ([Float], [Float], [Float], [Float]) = ([], [], [], [])
        for _ in 0..<count {
            let own = random.floats(4)
            let hesitation = random.uniform()
            user += [own[0], own[1], random.uniform() < 0.1 ? .nan : own[2], own[3]]
            device += random.floats(2)
            item += random.floats(3)
            // A product of two features: no line separates it.
            let risk = fromProfile * 4 * own[0] * own[1] + 3 * (hesitation - 0.5)
            outcomes.append(risk + 0.5 * (2 * random.uniform() - 1) > 0.3 ? 1 : 0)
            guard withHistories else { continue }
            try histories.append(behaviours(hesitation, &random), before: 1_000_000_000)
        }
        return try IntentionHabitExamples(
            customers: (0..<count).map { first + UInt64($0) }, outcomes: outcomes,
            profile: ProfileTable(count: count, user: user, device: device, item: item), histories: withHistories ? histories : nil)
    }

    private static func behaviours(_ hesitation: Float, _ random: inout RandomSource) -> [AppBehaviour] {
        var time: Int64 = 900_000_000 + Int64(random.below(1_000_000))
        var own: [AppBehaviour] = []
        for _ in 0..<1 + random.below(4) {
            for place in 0..<3 + random.below(4) {
                let code = ["loan.open", "fund.open", "transfer.done", "confirm@loan"][place == 0 ? 0 : random.below(4)]
                own.append(AppBehaviour(code, at: time, amount: code == "transfer.done" ? Double(10 + random.below(5_000)) : nil))
                time += Int64(2 + random.below(10)) + Int64(hesitation * 900)
            }
            time += 10_000 + Int64(random.below(200_000))
        }
        return own
    }

    /// Small enough for a test.
    static func settings(_ change: (inout IntentionHabitSettings) -> Void = { _ in }) -> IntentionHabitSettings {
        var settings = IntentionHabitSettings()
        (settings.embeddingWidth, settings.stateWidth, settings.hidden) = (4, 6, [12, 8])
        (settings.epochs, settings.preTrainingEpochs, settings.batchApplicants) = (4, 4, 64)
        settings.learningRate = 0.005
        change(&settings)
        return settings
    }
}

extension RandomSource {
    /// `count` floats uniform in ±1.
    fileprivate mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in 2 * uniform() - 1 } }
}
