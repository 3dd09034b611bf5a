import CreditRisk
import Foundation
import KernelTestSupport
import SequenceKernel
import Testing

/// Self-supervised pre-training on raw tables.
@Suite struct MaskedRecordTests {
    private static func batch(_ count: Int, epoch: Int = 0) -> ApplicantBatch {
        let batch = ApplicantBatch()
        (batch.applicants, batch.epoch) = (Array(0..<count), epoch)
        return batch
    }

    /// The whole way from the loss to every weight that hidden records reach; the others have no gradient.
    @Test(arguments: FrameworkNetworkTests.forms) func endToEndGradients(form: String) throws {
        let configuration = FrameworkNetworkTests.configuration(form)
        let examples = try PlantedTables.make(24, .category, configuration)
        let encoder = try FrameworkEncoder(examples, configuration)
        let network = MaskedRecordNetwork(encoder, configuration.network), weights = network.weights(seed: 8)
        let objective = MaskedRecordObjective(network, encoder, try encoder.encoded(examples).0, share: 0.3, seed: 4)
        let checked = ObjectiveGradients(objective, weights, Self.batch(24)) { objective.lastLoss }
        #expect(checked.loss() > 0)
        // Single precision, as in the network's own check.
        var tolerance = GradientTolerance()
        (tolerance.relative, tolerance.ofRootMeanSquare) = (2e-2, 2e-2)
        #expect(checkGradients(checked.variables, seed: 1, tolerance: tolerance, samples: 12, loss: checked.loss) == [])
        #expect(weights.parameters.contains { $0.name.hasPrefix("masked.") })
    }

    /// What is hidden cannot be read: where all records are, applicants with as many records get the same answers, so that it does not matter
    /// whose values are whose. Where some are in sight it does. Numbers, categories and vectors all tell the two apart.
    @Test func hiddenRecordsAreNotRead() throws {
        let configuration = PlantedTables.configuration {
            ($0.tables[0].categorical, $0.tables[0].times, $0.network.width) = ([], [], 4)
        }
        func loss(_ share: Float, swaps: Bool) throws -> Float {
            var (applicants, bureau, app) = (
                ApplicantTable(configuration.applicants), RecordTable(configuration.tables[0]), RecordTable(configuration.tables[1])
            )
            for number in 0..<2 {
                let own = swaps ? 1 - number : number
                try applicants.append(
                    key: "\(number)", decision: PlantedTables.decision, outcome: Float(number), categorical: ["web"], numeric: [30, 3])
                for record in 1...4 {
                    let time = PlantedTables.decision - Int64(record) * PlantedTables.day
                    let value = Float(10 * own + record * record)
                    try bureau.append(key: "\(number)", time: time, numeric: [Double(value)], vectors: [[value, 1, -value * value]])
                    try app.append(key: "\(number)", time: time, categorical: [["home", "loan", "help"][(own + record * own) % 3]])
                }
            }
            let examples = try FrameworkExamples(configuration, applicants, [bureau, app])
            let encoder = try FrameworkEncoder(examples, configuration)
            let network = MaskedRecordNetwork(encoder, configuration.network)
            return Trainer(
                MaskedRecordObjective(network, encoder, try encoder.encoded(examples).0, share: share, seed: 4),
                weights: network.weights(seed: 3), pool: WorkerPool(threads: 1), seed: 1
            ).loss(Self.batch(2))
        }
        let (some, swapped) = (try loss(0.5, swaps: false), try loss(0.5, swaps: true))
        #expect(abs(some - swapped) > 1e-3, "\(some) and \(swapped)")
        let (all, other) = (try loss(1, swaps: false), try loss(1, swaps: true))
        // Sums of the same terms in another order.
        #expect(abs(all - other) < 1e-5 && all > 0, "\(all) and \(other)")
    }

    /// What no hidden record teaches is handed over as it was.
    @Test(arguments: FrameworkNetworkTests.forms) func onlyWhatIsTaughtChanges(form: String) throws {
        var configuration = FrameworkNetworkTests.configuration(form)
        (configuration.network.preTrainingEpochs, configuration.network.epochs, configuration.network.weightDecay) = (2, 1, 0.5)
        let examples = try PlantedTables.make(64, .category, configuration)
        let encoder = try FrameworkEncoder(examples, configuration)
        let (masked, network) = (MaskedRecordNetwork(encoder, configuration.network), FrameworkNetwork(encoder, configuration.network))
        let (learnt, first, weights) = (masked.weights(seed: 2), network.weights(seed: 1), network.weights(seed: 1))
        let objective = MaskedRecordObjective(masked, encoder, try encoder.encoded(examples).0, share: 0.3, seed: 4)
        let trainer = Trainer(
            objective, weights: learnt, pool: WorkerPool(threads: 2), optimizer: AdamW(weightDecay: 0.5), clipNorm: 1, seed: 1)
        for _ in 0..<5 { _ = trainer.step(Self.batch(64), learningRate: 0.01) }
        masked.hand(learnt, to: weights)
        let isNested = form.hasPrefix("nested")
        for (before, after) in zip(first.parameters, weights.parameters) {
            let same = (0..<before.count).allSatisfy { first.pointer(before)[$0] == weights.pointer(after)[$0] }
            let isTaught =
                before.name.contains(".tables.") || before.name.hasSuffix(".types")
                || before.name.contains(isNested ? ".records." : ".items.") && !before.name.contains("pooling")
            #expect(before.name.hasPrefix("histories.") && isTaught ? !same : same, "\(before.name)")
        }
    }

    /// Hidden fields are learnt, the same bytes at any number of threads, and the network that outcomes teach begins there.
    @Test func preTraining() throws {
        func change(_ configuration: inout FrameworkConfiguration) {
            (configuration.network.preTrainingEpochs, configuration.network.dropout, configuration.network.epochs) = (4, 0.1, 2)
        }
        let (one, three) = (
            try PlantedTables.train(.category, 200, threads: 1, change), try PlantedTables.train(.category, 200, threads: 3, change)
        )
        let judged = try PlantedTables.make(100, .category, first: 5_000_000, seed: 9)
        let scores = try one.probabilities(judged, pool: WorkerPool(threads: 2))
        #expect(try scores == three.probabilities(judged, pool: WorkerPool(threads: 2)) && one.card == three.card)
        let card = try #require(one.card.preTraining)
        #expect(card.applicants == 200 && card.withoutOutcome == 0 && card.epochs == 4 && card.lastLoss < card.firstLoss, "\(card)")
        let plain = try PlantedTables.train(.category, 200) { ($0.network.dropout, $0.network.epochs) = (0.1, 2) }
        #expect(plain.card.preTraining == nil)
        #expect(try plain.probabilities(judged, pool: WorkerPool(threads: 2)) != scores)
        let configuration = PlantedTables.configuration(change)
        let unlabelled = try PlantedTables.make(3_000, .category, first: 7_000_000, seed: 12, configuration, isTold: false)
        let helped = try FrameworkModel.train(
            configuration, training: PlantedTables.make(200, .category, configuration),
            validation: PlantedTables.make(100, .category, first: 1_000_000, seed: 6, configuration), unlabelled: unlabelled,
            pool: WorkerPool(threads: 2))
        #expect(helped.card.preTraining?.withoutOutcome == 3_000 && helped.card.preTraining?.applicants == 3_200)
        let more = try #require(helped.card.preTraining)
        #expect(more.lastLoss < more.firstLoss, "\(more)")
    }

    /// Those who judge elsewhere teach nothing, not even without their outcome; wrong settings are refused.
    @Test func refusals() throws {
        let configuration = PlantedTables.configuration { $0.network.preTrainingEpochs = 1 }
        let (training, validation) = (
            try PlantedTables.make(60, .category, configuration), try PlantedTables.make(60, .category, first: 100, configuration)
        )
        func message(_ unlabelled: FrameworkExamples, _ own: FrameworkConfiguration = configuration) -> String {
            refusalMessage {
                _ = try FrameworkModel.train(
                    own, training: training, validation: validation, unlabelled: unlabelled, pool: WorkerPool(threads: 1))
            }
        }
        func made(_ first: Int, isTold: Bool = false) throws -> FrameworkExamples {
            try PlantedTables.make(60, .category, first: first, configuration, isTold: isTold)
        }
        #expect(try message(made(100)).contains("60 of those without a known outcome are customers who teach or judge"))
        #expect(try message(made(30)).contains("30 of those without a known outcome are customers who teach or judge"))
        #expect(try message(made(500, isTold: true)).contains("have one; let them teach"))
        #expect(try message(made(500)) == "nothing was refused")
        let mute = PlantedTables.configuration {
            $0.network.preTrainingEpochs = 1
            for table in $0.tables.indices { ($0.tables[table].categorical, $0.tables[table].numeric) = ([], []) }
            $0.tables = [$0.tables[0]]
        }
        #expect(
            refusalMessage {
                var (applicants, bureau) = (ApplicantTable(mute.applicants), RecordTable(mute.tables[0]))
                for number in 0..<8 {
                    try applicants.append(
                        key: "\(number)", decision: PlantedTables.decision, outcome: Float(number % 2), categorical: ["web"],
                        numeric: [30, 3])
                    try bureau.append(key: "\(number)", time: 5, times: [nil], vectors: [nil])
                }
                let all = try FrameworkExamples(mute, applicants, [bureau])
                _ = try FrameworkModel.train(
                    mute, training: all.subset([0, 1, 2, 3]), validation: all.subset([4, 5, 6, 7]), pool: WorkerPool(threads: 1))
            }.contains("network.preTrainingEpochs"))
        for change: @Sendable (inout FrameworkSettings) -> Void in [
            { $0.preTrainingEpochs = -1 }, { $0.hiddenShare = 0 }, { $0.hiddenShare = .nan },
        ] {
            var own = FrameworkSettings()
            change(&own)
            #expect(refusalMessage { try own.validate() }.contains("network."))
        }
    }

    /// A scorecard reads those without a known outcome in pre-training, and says so.
    @Test func scorecard() throws {
        let files = try PlantedFiles()
        defer { files.remove() }
        try files.fill(300)
        let lines = try String(contentsOfFile: "\(files.folder)/outcomes.csv", encoding: .utf8).split(separator: "\n")
        try files.write("outcomes.csv", lines.dropLast(60).joined(separator: "\n") + "\n")
        let configuration = try files.configuration { $0.framework.preTrainingEpochs = 2 }
        let judges = CreditScorecard.Judges(share: 0.3)
        let examples = try files.data(configuration).examples
        let read = examples.customers.indices.filter { examples.outcomes[$0].isNaN && !judges.holds(examples.customers[$0]) }.count
        let card = try files.train(configuration).card
        #expect((20..<60).contains(read))
        #expect(
            card.limits.contains { $0.hasPrefix("\(read) applicants without a known outcome were read in pre-training") }, "\(card.limits)")
        #expect(card.limits.contains("\(60 - read) applicants had no known outcome and were left out."), "\(card.limits)")
        let none = try files.train(files.configuration()).card
        #expect(!none.limits.contains { $0.contains("pre-training") })
    }
}
