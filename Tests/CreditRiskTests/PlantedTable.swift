import BoostedTrees
import CreditRisk
import SequenceKernel

/// Applicants whose risk lies in a product of two numbers, a line of a third, a category, and in whether a number is missing.
enum PlantedTable {
    /// - Parameter applications: of each customer, all of much the same risk.
    static func make(_ count: Int, first: UInt64 = 0, seed: UInt64, applications: Int = 1, interaction: Float = 3) throws -> CreditTable {
        var random = RandomSource(seed, 0x7AB)
        var (customers, outcomes) = ([UInt64](), [Float]())
        var (one, two, line, noise, job): ([Float], [Float], [Float], [Float], [String?]) = ([], [], [], [], [])
        for customer in 0..<count {
            let own = (0..<4).map { _ in 2 * random.uniform() - 1 }
            let isMissing = random.uniform() < 0.2
            let work = ["clerk", "farmer", "smith", nil][random.below(4)]
            for _ in 0..<applications {
                customers.append(first + UInt64(customer))
                one.append(own[0])
                two.append(own[1])
                line.append(isMissing ? .nan : 1000 + 100 * own[2])
                noise.append(own[3])
                job.append(work)
                let risk = interaction * own[0] * own[1] + (isMissing ? 1.5 : 1.5 * own[2]) + (work == "smith" ? 1 : 0) - 1
                outcomes.append(risk + 1.5 * (2 * random.uniform() - 1) > 0 ? 1 : 0)
            }
        }
        return try CreditTable(
            customers: customers, outcomes: outcomes,
            columns: [
                .numeric("one", one), .numeric("two", two), .numeric("line", line), .numeric("noise", noise), .categorical("job", job),
            ])
    }

    /// Small enough for a test.
    static func settings() -> CreditBaselineSettings {
        var settings = CreditBaselineSettings()
        (settings.forest.parallelTrees, settings.forest.depth) = (60, 6)
        (settings.trees.rounds, settings.trees.learningRate, settings.trees.earlyStoppingRounds) = (200, 0.15, 10)
        (settings.perceptron.preTrainingEpochs, settings.perceptron.learningRate, settings.perceptron.batchApplicants) = (30, 0.01, 64)
        (settings.perceptron.hidden, settings.perceptron.dropout) = ([24, 12], 0.05)
        return settings
    }
}
