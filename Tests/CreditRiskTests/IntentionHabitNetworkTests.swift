import CreditRisk
import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct IntentionHabitNetworkTests {
    /// Every ablation, by name.
    static let switches: [String] = [
        "none", "sessions", "fieldMaps", "timeAware", "calendar", "contextAware", "coupled", "untimed", "reset only", "learnt guidance",
    ]

    static func settings(_ name: String) -> IntentionHabitSettings {
        PlantedApplicants.settings {
            $0.dropout = 0
            switch name {
            case "sessions": $0.sessions = false
            case "fieldMaps": $0.fieldMaps = false
            case "timeAware": $0.timeAware = false
            case "calendar": $0.calendar = false
            case "contextAware": $0.contextAware = false
            case "coupled": $0.timeGate = "coupled"
            case "untimed": $0.timeGate = "none"
            case "learnt guidance": $0.learnsGuidance = true
            case "reset only": $0.candidateSeesRawState = false
            default: break
            }
        }
    }

    /// A network with its examples, weights and scratch.
    final class Bench {
        let examples: IntentionHabitExamples
        let inputs: IntentionHabitInputs
        let network: IntentionHabitNetwork
        let weights: ParameterVector
        let workspace = Workspace()

        init(_ settings: IntentionHabitSettings, count: Int = 12, seed: UInt64 = 8) throws {
            examples = try PlantedApplicants.make(count, seed: 3, rules: settings.rules)
            let vocabulary = try PlantedApplicants.vocabulary()
            inputs = IntentionHabitInputs([examples], vocabulary, settings)
            // A flag for the missing values of one feature of the applicant.
            network = IntentionHabitNetwork(settings, columns: [5, 2, 3], vocabulary: vocabulary.entries.count)
            weights = ParameterVector(network.parameters, seed: seed)
        }

        func vectors(_ examples: IntentionHabitExamples, withHistory: Bool = true) -> Rows {
            workspace.reset()
            let input = inputs.input(examples, 0..<examples.count, withHistory: withHistory, workspace)
            return network.vectors(input, Pass(weights: weights, workspace: workspace))
        }
    }

    /// The whole way from the loss of equation 16 to every weight and every table, for each switch.
    @Test(arguments: switches, [9, 13] as [UInt64]) func endToEndGradients(name: String, seed: UInt64) throws {
        let bench = try Bench(Self.settings(name), count: 24, seed: seed)
        let guides = bench.examples.customers.map { $0 % 3 == 0 ? Float.nan : 0.1 + 0.03 * Float($0) }
        let objective = IntentionHabitObjective(
            bench.network, bench.inputs, bench.examples, guides: guides, strength: 1, withHistory: true)
        let batch = ApplicantBatch()
        batch.applicants = Array(0..<bench.examples.count)
        let pool = WorkerPool(threads: 1)
        let gradients = UnsafeMutablePointer<Float>.allocate(capacity: bench.weights.count)
        gradients.initialize(repeating: 0, count: bench.weights.count)
        defer { gradients.deallocate() }
        let workspaces = (0..<objective.shardCount).map { _ in Workspace() }
        let scatters = (0..<objective.shardCount).map { _ in GradientScatter() }
        let passes = (0..<objective.shardCount).map {
            Pass(weights: bench.weights, workspace: workspaces[$0], gradients: gradients, scatter: scatters[$0])
        }
        func loss() -> Double {
            for shard in passes.indices {
                workspaces[shard].reset()
                objective.forward(batch, shard: shard, passes[shard])
            }
            _ = objective.joint(batch, passes, pool, tableGradients: gradients + bench.weights.denseCount)
            return objective.lastLoss
        }
        _ = loss()
        for shard in passes.indices { objective.backward(batch, shard: shard, passes[shard]) }
        for scatter in scatters {
            for note in scatter.notes {
                let table = gradients + bench.weights.denseCount + note.table.offset, width = note.table.shape[1]
                for lookup in 0..<note.count {
                    for column in 0..<width {
                        table[Int(note.rows[lookup]) * width + column] += note.gradient[lookup * note.stride + column]
                    }
                }
            }
        }
        let variables = bench.weights.parameters.map { parameter in
            let place = bench.weights.pointer(parameter) - bench.weights.base
            return CheckedVariable(
                parameter.name, values: bench.weights.pointer(parameter),
                gradient: Array(UnsafeBufferPointer(start: gradients + place, count: parameter.count)))
        }
        // Rectifiers have kinks, and one crossed within a step moves a difference by what one applicant of 24 gives: the step is small, and of
        // the seeds tried these two have no kink in reach. The rest is noise: float32's 1e-7 over that step.
        var tolerance = GradientTolerance()
        (tolerance.relative, tolerance.ofRootMeanSquare, tolerance.absolute, tolerance.step) = (2e-2, 3e-2, 2e-4, 1.5e-3)
        #expect(checkGradients(variables, seed: 1, tolerance: tolerance, samples: 12, loss: loss) == [])
        #expect(variables.count == bench.weights.parameters.count && variables.count > 10)
    }

    /// Each switch takes parameters away or adds others: it changes what is computed.
    @Test func switchesChangeTheNetwork() throws {
        var seen = Set<[String]>()
        for name in Self.switches where name != "coupled" {
            let names = try Bench(Self.settings(name)).weights.parameters.map { "\($0.name) \($0.shape)" }
            #expect(seen.insert(names).inserted, "\(name) changes nothing")
        }
        let (literal, coupled) = (try Bench(Self.settings("none")), try Bench(Self.settings("coupled")))
        #expect(literal.vectors(literal.examples).scalars != coupled.vectors(coupled.examples).scalars)
    }

    /// Old sessions in another order: another habit, the same intention. Another last session: both change.
    @Test func oldSessionsAreHabitOnly() throws {
        let bench = try Bench(Self.settings("none"))
        func session(_ codes: [String], _ day: Int64) -> [AppBehaviour] {
            codes.enumerated().map { AppBehaviour($1, at: day * 86_400 + Int64($0) * 60, amount: $1 == "transfer.done" ? 100 : nil) }
        }
        func vectors(_ sessions: [[String]]) throws -> [Float] {
            var histories = try SessionHistories(try PlantedApplicants.vocabulary())
            // Seven days apart is the same weekday, and the last day is the same for all.
            let own = sessions.enumerated().flatMap { session($1, 10_000 + 7 * Int64($0)) }
            try histories.append(own, before: 2_000_000_000)
            let examples = try IntentionHabitExamples(
                customers: [1], profile: ProfileTable(count: 1, user: [0.1, 0.2, 0.3, 0.4], device: [1, 2], item: [1, 2, 3]),
                histories: histories)
            return bench.vectors(examples).scalars
        }
        let a = ["loan.open", "confirm@loan", "transfer.done"], b = ["fund.open", "back@fund", "fund.open", "loan.open"]
        let c = ["loan.open", "loan.open", "confirm@loan"]
        let plain = try vectors([a, b, c]), shuffled = try vectors([b, a, c]), other = try vectors([a, b, b])
        let states = 6
        #expect(plain[0..<states] == shuffled[0..<states] && plain[states..<2 * states] != shuffled[states..<2 * states])
        #expect(plain[0..<states] != other[0..<states] && plain[states..<2 * states] != other[states..<2 * states])
        #expect(plain[(2 * states)...] == shuffled[(2 * states)...] && plain[(2 * states)...] == other[(2 * states)...])
    }

    /// Without a history, and for an applicant without sessions, both slots are zero and the profile is not.
    @Test func emptySlots() throws {
        let bench = try Bench(Self.settings("none"))
        var histories = try SessionHistories(try PlantedApplicants.vocabulary())
        for _ in 0..<bench.examples.count { try histories.append([], before: 0) }
        let empty = try IntentionHabitExamples(
            customers: bench.examples.customers, profile: bench.examples.profile, histories: histories)
        let none = bench.vectors(bench.examples, withHistory: false).scalars
        #expect(bench.vectors(empty).scalars == none)
        for row in 0..<bench.examples.count {
            let own = none[row * 24..<(row + 1) * 24]
            #expect(own.prefix(12).allSatisfy { $0 == 0 } && own.dropFirst(12).contains { $0 > 0 })
        }
    }

    /// A money operation's vector is its embedding times log(1 + amount) over the deviation of that; other behaviours' is their embedding.
    @Test func amountsScaleVectors() throws {
        let bench = try Bench(Self.settings("fieldMaps"))
        var histories = try SessionHistories(try PlantedApplicants.vocabulary())
        let amounts: [Double] = [0, 20, 4_000]
        let own = amounts.enumerated().map { AppBehaviour("transfer.done", at: Int64($0), amount: $1) }
        try histories.append(own + [AppBehaviour("confirm@loan", at: 4), AppBehaviour("back@fund", at: 5)], before: 10)
        let examples = try IntentionHabitExamples(
            customers: [1], profile: ProfileTable(count: 1, user: [0, 0, 0, 0], device: [0, 0], item: [0, 0, 0]), histories: histories)
        bench.workspace.reset()
        let settings = Self.settings("fieldMaps"), vocabulary = try PlantedApplicants.vocabulary()
        let inputs = IntentionHabitInputs([examples], vocabulary, settings)
        let input = try #require(inputs.input(examples, 0..<1, withHistory: true, bench.workspace).history)
        let vectors = bench.network.behaviourVectors(input, Pass(weights: bench.weights, workspace: bench.workspace))
        // Pauses of 1, 1, 2 and 1 second after the first behaviour: standardised, with 3600 as 1, or in seconds.
        let pauses = [0.693147181, 0.693147181, 1.098612289, 0.693147181], middle = pauses.reduce(0, +) / 4
        let spread = (pauses.map { ($0 - middle) * ($0 - middle) }.reduce(0, +) / 4).squareRoot()
        let expected: [(IntentionHabitSettings.Times, [Double])] = [
            (.standard, pauses.map { ($0 - middle) / spread }), (.unit, pauses.map { $0 / 8.188966864 }), (.seconds, [1, 1, 2, 1]),
        ]
        for (times, values) in expected {
            var own = settings
            own.times = times
            let read = try #require(
                IntentionHabitInputs([examples], vocabulary, own).input(examples, 0..<1, withHistory: true, bench.workspace).history)
            let found = Array(UnsafeBufferPointer(start: read.times, count: 5))
            #expect(found.difference(from: [0] + values.map { Float($0) }, absoluteTolerance: 1e-5) == nil, "\(times)")
        }
        let table = try #require(bench.weights.parameters.first { $0.name == "behaviour.weight" })
        let rows = bench.weights[table]
        let logs = [0, 3.044522438, 8.294299609], mean = logs.reduce(0, +) / 3
        let deviation = (logs.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 3).squareRoot()
        let transfer = Int(vocabulary["transfer.done"])
        for (place, log) in logs.enumerated() {
            let expected = (0..<4).map { rows[transfer * 4 + $0] * Float(log / deviation) }
            #expect(vectors.rows(place..<place + 1).scalars.difference(from: expected, absoluteTolerance: 1e-5) == nil)
        }
        #expect(vectors.rows(3..<4).scalars == Array(rows[4..<8]) && vectors.rows(4..<5).scalars == Array(rows[4..<8]))
    }

    /// Maps of the whole vocabulary, then amounts: the same as amounts, then a map of each row (equation 1), for every field.
    @Test func mapsOfTheVocabulary() throws {
        let bench = try Bench(Self.settings("none"))
        bench.workspace.reset()
        let input = try #require(bench.inputs.input(bench.examples, 0..<12, withHistory: true, bench.workspace).history)
        let vectors = bench.network.behaviourVectors(input, Pass(weights: bench.weights, workspace: bench.workspace))
        func floats(_ name: String) throws -> [Float] {
            bench.weights[try #require(bench.weights.parameters.first { $0.name == name })]
        }
        let table = try floats("behaviour.weight"), maps = try floats("field.weight")
        var fields = Set<Int32>()
        for row in 0..<vectors.count {
            let field = Int(input.fields[row]), own = Int(input.behaviours[row])
            fields.insert(input.fields[row])
            var expected = [Float](repeating: 0, count: 4)
            for output in 0..<4 {
                let map = (field * 4 + output) * 4
                for column in 0..<4 { expected[output] += maps[map + column] * (table[own * 4 + column] * input.scales[row]) }
                expected[output] = max(0, expected[output])
            }
            #expect(vectors.rows(row..<row + 1).scalars.difference(from: expected, absoluteTolerance: 1e-5) == nil)
        }
        #expect(fields.count == 3 && vectors.scalars.contains { $0 > 0 })
    }
}
