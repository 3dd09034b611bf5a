import CreditRisk
import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct FrameworkNetworkTests {
    /// Every form of the network, by name.
    static let forms = ["two histories", "merged", "nested", "nested and merged", "perceptron", "attention pooling", "filled with zero"]

    static func configuration(_ form: String) -> FrameworkConfiguration {
        PlantedTables.configuration {
            $0.network.width = 4
            switch form {
            case "merged": $0.histories = [.init(["bureau", "app"])]
            case "nested": $0.histories = [.init(["bureau"], pause: 2_000_000), .init(["app"], pause: 300)]
            case "nested and merged": $0.histories = [.init(["app", "bureau"], pause: 2_000_000)]
            case "perceptron": $0.network.headWidth = 5
            case "attention pooling": $0.network.pooling = .attention
            case "filled with zero": $0.network.missingCodes = false
            default: break
            }
        }
    }

    /// A network with its examples, weights and scratch.
    final class Bench {
        let examples: FrameworkExamples
        let encoder: FrameworkEncoder
        let network: FrameworkNetwork
        let weights: ParameterVector
        let workspace = Workspace()
        private var tape = FrameworkNetwork.Tape()

        init(_ form: String, count: Int = 24) throws {
            let configuration = FrameworkNetworkTests.configuration(form)
            examples = try PlantedTables.make(count, .category, configuration)
            encoder = try FrameworkEncoder(examples, configuration)
            network = FrameworkNetwork(encoder, configuration.network)
            weights = network.weights(seed: 8)
        }

        func logits(_ encoded: EncodedHistories, _ applicants: Range<Int>) -> [Float] {
            workspace.reset()
            let input = FrameworkInput(encoder, encoded, applicants, workspace)
            return network.forward(input, Pass(weights: weights, workspace: workspace), &tape).scalars
        }
    }

    /// The whole way from the loss to every weight and every table, for each form.
    @Test(arguments: forms) func endToEndGradients(form: String) throws {
        let bench = try Bench(form)
        let (encoded, _) = try bench.encoder.encoded(bench.examples)
        let objective = FrameworkObjective(bench.network, bench.encoder, encoded, outcomes: bench.examples.outcomes)
        let batch = ApplicantBatch()
        batch.applicants = Array(0..<bench.examples.count)
        let checked = ObjectiveGradients(objective, bench.weights, batch) { objective.lastLoss }
        // The logits are single precision: 1e-7 over the step, of gradients of which many are 1e-3.
        var tolerance = GradientTolerance()
        (tolerance.relative, tolerance.ofRootMeanSquare) = (2e-2, 2e-2)
        #expect(checkGradients(checked.variables, seed: 1, tolerance: tolerance, samples: 12, loss: checked.loss) == [])
        #expect(checked.variables.count > 20)
    }

    /// After the first steps no memory is asked for.
    @Test(arguments: forms) func trainingAsksForNoMemory(form: String) throws {
        let bench = try Bench(form, count: 64)
        let (encoded, _) = try bench.encoder.encoded(bench.examples)
        let objective = FrameworkObjective(bench.network, bench.encoder, encoded, outcomes: bench.examples.outcomes)
        let batch = ApplicantBatch()
        batch.applicants = Array(0..<64)
        let trainer = Trainer(objective, weights: bench.weights, pool: WorkerPool(threads: 2), seed: 1)
        let first = trainer.step(batch, learningRate: 0.01).loss
        _ = trainer.step(batch, learningRate: 0.01)
        let before = trainer.allocationCount
        var last = first
        for _ in 0..<20 { last = trainer.step(batch, learningRate: 0.01).loss }
        #expect(trainer.allocationCount == before && last < first)
    }

    /// Attention over the fields of a record sums to 1, and differs from record to record.
    @Test func attentionSumsToOne() throws {
        let bench = try Bench("two histories")
        let (encoded, _) = try bench.encoder.encoded(bench.examples)
        let input = FrameworkInput(bench.encoder, encoded, 0..<24, bench.workspace)
        let shares = try #require(bench.network.attention(input, table: 0, Pass(weights: bench.weights, workspace: bench.workspace)))
        #expect(shares.count == encoded.tables[0].count && shares.width == bench.encoder.fieldNames(of: "bureau").count)
        for row in 0..<shares.count {
            // Twelve floats that were rounded once each.
            #expect(abs((0..<shares.width).reduce(Float(0)) { $0 + shares[row][$1] } - 1) < 1e-5)
        }
        #expect(Set((0..<shares.count).map { shares[$0][0] }).count > 2)
    }

    /// What is at the place of padding moves nothing, and neither does whoever stands beside an applicant; other codes do.
    @Test(arguments: forms) func paddingIsNeverRead(form: String) throws {
        let bench = try Bench(form)
        let (encoded, _) = try bench.encoder.encoded(bench.examples)
        let before = bench.logits(encoded, 0..<24)
        for applicant in [0, 7, 23] { #expect(bench.logits(encoded, applicant..<applicant + 1) == [before[applicant]]) }
        let tables = bench.weights.parameters.filter { $0.name.hasSuffix("values.weight") }
        #expect(tables.count == 3)
        for table in tables {
            // The first field's codes come first: padding, unknown, missing and the first category.
            let width = table.shape[1]
            for column in 0..<width { bench.weights.pointer(table)[Int(FieldCode.padding) * width + column] = 1e6 }
        }
        #expect(bench.logits(encoded, 0..<24) == before)
        for table in tables { bench.weights.pointer(table)[Int(FieldCode.first) * table.shape[1]] += 1 }
        #expect(bench.logits(encoded, 0..<24) != before)
    }

    /// The order of records given at random does not matter, that of their times does.
    @Test func placesMatter() throws {
        let bench = try Bench("two histories")
        var configuration = Self.configuration("two histories")
        configuration.network.positions = false
        let network = FrameworkNetwork(bench.encoder, configuration.network)
        let weights = network.weights(seed: 8)
        var tape = FrameworkNetwork.Tape()
        let (encoded, _) = try bench.encoder.encoded(bench.examples)
        let workspace = Workspace()
        let plain = network.forward(
            FrameworkInput(bench.encoder, encoded, 0..<24, workspace), Pass(weights: weights, workspace: workspace), &tape)
        #expect(network.parameters.parameters == bench.network.parameters.parameters)
        #expect(plain.scalars != bench.logits(encoded, 0..<24))
    }

    /// An applicant without records has the same logit as one all of whose records came at or after the decision, and not that of one with an
    /// earlier record, whatever the model.
    @Test(arguments: forms) func emptyHistory(form: String) throws {
        let bench = try Bench(form)
        let configuration = Self.configuration(form)
        let decision: Int64 = 900_000_000_000_000
        var applicants = ApplicantTable(configuration.applicants)
        for key in ["empty", "late", "early"] {
            try applicants.append(key: key, decision: decision, categorical: [nil], numeric: [30, .nan])
        }
        var records = configuration.tables.map { RecordTable($0) }
        for (key, time) in [("late", decision), ("late", decision + 5), ("early", decision - 5)] {
            try records[0].append(key: key, time: time, categorical: ["card", "b1"], numeric: [70], times: [nil], vectors: [nil])
        }
        let (encoded, counts) = try bench.encoder.encoded(try FrameworkExamples(configuration, applicants, records))
        let logits = bench.logits(encoded, 0..<3)
        #expect(logits.allSatisfy(\.isFinite) && logits[0] == logits[1] && logits[0] != logits[2])
        #expect(counts.afterDecision == 2 && counts.kept == 1 && counts.withoutRecords == 2)
    }
}
