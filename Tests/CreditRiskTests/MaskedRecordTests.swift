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
        let batch = Self.batch(24), pool = WorkerPool(threads: 1)
        let gradients = UnsafeMutablePointer<Float>.allocate(capacity: weights.count)
        gradients.initialize(repeating: 0, count: weights.count)
        defer { gradients.deallocate() }
        let workspaces = (0..<objective.shardCount).map { _ in Workspace() }
        let passes = workspaces.map { Pass(weights: weights, workspace: $0, gradients: gradients, scatter: GradientScatter()) }
        func loss() -> Double {
            for shard in passes.indices {
                workspaces[shard].reset()
                objective.forward(batch, shard: shard, passes[shard])
            }
            _ = objective.joint(batch, passes, pool, tableGradients: gradients + weights.denseCount)
            return objective.lastLoss
        }
        #expect(loss() > 0)
        for shard in passes.indices { objective.backward(batch, shard: shard, passes[shard]) }
        for scatter in passes.compactMap(\.scatter) {
            for note in scatter.notes {
                let table = gradients + weights.denseCount + note.table.offset, width = note.table.shape[1]
                for lookup in 0..<note.count {
                    for column in 0..<width {
                        table[Int(note.rows[lookup]) * width + column] += note.gradient[lookup * note.stride + column]
                    }
                }
            }
        }
        let variables = weights.parameters.map { parameter in
            let place = weights.pointer(parameter) - weights.base
            return CheckedVariable(
                parameter.name, values: weights.pointer(parameter),
                gradient: Array(UnsafeBufferPointer(start: gradients + place, count: parameter.count)))
        }
        // Single precision, as in the network's own check.
        var tolerance = GradientTolerance()
        (tolerance.relative, tolerance.ofRootMeanSquare) = (2e-2, 2e-2)
        #expect(checkGradients(variables, seed: 1, tolerance: tolerance, samples: 12, loss: loss) == [])
        #expect(weights.parameters.contains { $0.name.hasPrefix("masked.") })
    }

    /// What is hidden cannot be read: where all records are, applicants with as many records get the same answers, so that it does not matter
    /// whose amounts are whose. Where some are in sight it does.
    @Test func hiddenRecordsAreNotRead() throws {
        let configuration = PlantedTables.configuration {
            ($0.tables[0].categorical, $0.tables[0].times, $0.tables[0].vectors) = ([], [], [])
            $0.network.width = 4
        }
        func loss(_ share: Float, amounts: (Int, Int) -> Double) throws -> Float {
            var (applicants, bureau, app) = (
                ApplicantTable(configuration.applicants), RecordTable(configuration.tables[0]), RecordTable(configuration.tables[1])
            )
            for number in 0..<2 {
                try applicants.append(
                    key: "\(number)", decision: PlantedTables.decision, outcome: Float(number), categorical: ["web"], numeric: [30, 3])
                for record in 1...4 {
                    let time = PlantedTables.decision - Int64(record) * PlantedTables.day
                    try bureau.append(key: "\(number)", time: time, numeric: [amounts(number, record)])
                    try app.append(key: "\(number)", time: time, categorical: [record > 2 ? "home" : "loan"])
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
        func rising(_ number: Int, _ record: Int) -> Double { Double(10 * number + record * record) }
        let (some, swapped) = (try loss(0.5, amounts: rising), try loss(0.5) { rising(1 - $0, $1) })
        #expect(abs(some - swapped) > 1e-3, "\(some) and \(swapped)")
        let (all, other) = (try loss(1, amounts: rising), try loss(1) { rising(1 - $0, $1) })
        // Sums of the same terms in another order.
        #expect(abs(all - other) < 1e-5 && all > 0, "\(all) and \(other)")
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
        let unlabelled = try PlantedTables.make(3_000, .category, first: 7_000_000, seed: 12, configuration)
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
        #expect(
            refusalMessage {
                _ = try FrameworkModel.train(
                    configuration, training: training, validation: validation, unlabelled: validation, pool: WorkerPool(threads: 1))
            }.contains("without a known outcome"))
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
        let none = try files.train(files.configuration()).card
        #expect(!none.limits.contains { $0.contains("pre-training") })
    }
}
