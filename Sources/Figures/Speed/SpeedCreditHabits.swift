internal import CAllocationCount
internal import CreditRisk
internal import Glibc
internal import SequenceKernel

/// Applicants for the network of intentions and habits: up to 50 sessions (median 14) of up to 25 behaviours (median 7).
struct IntentionHabitWork: CreditWork {
    private let examples: IntentionHabitExamples
    private let inputs: IntentionHabitInputs
    private let settings = IntentionHabitSettings()
    private let network: IntentionHabitNetwork
    private let weights: ParameterVector
    /// Holds the inputs as the peer reads them.
    private let workspace = Workspace()
    private let input: IntentionHabitInput

    private static let decision: Int64 = 1_700_000_000
    private static let seed: UInt64 = 11

    init(applicants: Int) throws {
        examples = try Self.examples(applicants, isFull: false)
        let vocabulary = try Self.vocabulary()
        inputs = IntentionHabitInputs([examples], vocabulary, settings)
        network = Self.network(settings, inputs, vocabulary)
        weights = ParameterVector(network.parameters, seed: Self.seed)
        input = inputs.input(examples, 0..<applicants, withHistory: true, workspace)
    }

    private static func network(
        _ settings: IntentionHabitSettings, _ inputs: IntentionHabitInputs, _ vocabulary: BehaviourVocabulary
    ) -> IntentionHabitNetwork {
        IntentionHabitNetwork(settings, columns: inputs.columns, vocabulary: vocabulary.entries.count)
    }

    /// 26 kinds of clicks, 14 of money operations, buttons and the rest: 42 as at the paper's first bank.
    private static func vocabulary() throws -> BehaviourVocabulary {
        try BehaviourVocabulary(
            (0..<26).map { .init(code: "click.\($0)", behaviour: "product \($0)", category: .itemClick) }
                + (0..<14).map { .init(code: "operation.\($0)", behaviour: "operation \($0)", category: .transformOperation) }
                + [.init(code: "button", behaviour: "", category: .functionWidget)])
    }

    /// - Parameter isFull: whether every applicant has 50 sessions of 25 behaviours.
    private static func examples(_ count: Int, isFull: Bool) throws -> IntentionHabitExamples {
        var random = RandomSource(seed, 0xC4ED)
        var histories = try SessionHistories(vocabulary())
        let rules = histories.rules
        for _ in 0..<count {
            let sessions =
                isFull ? rules.sessions : CreditTraining.length(&random, median: 14, deviation: 1, 1...rules.sessions)
            var own: [AppBehaviour] = []
            for session in 0..<sessions {
                var time = decision - Int64(sessions - session) * 200_000
                let length =
                    isFull
                    ? rules.behaviours
                    : CreditTraining.length(&random, median: 7, deviation: 0.7, rules.minimumBehaviours...rules.behaviours)
                for _ in 0..<length {
                    let kind = random.below(60)
                    let code = kind < 26 ? "click.\(kind)" : kind < 40 ? "operation.\(kind - 26)" : "button"
                    own.append(AppBehaviour(code, at: time, amount: kind < 40 && kind >= 26 ? Double(random.below(5_000)) : nil))
                    time += 1 + Int64(random.below(120))
                }
            }
            try histories.append(own, before: decision)
        }
        func floats(_ columns: Int, missing: Float = 0) -> [Float] {
            (0..<count * columns).map { _ in random.uniform() < missing ? .nan : 2 * random.uniform() - 1 }
        }
        let user = floats(20, missing: 0.05), device = floats(8), item = floats(5)
        return try IntentionHabitExamples(
            customers: (0..<count).map(UInt64.init), outcomes: (0..<count).map { Float($0 % 16 == 0 ? 1 : 0) },
            profile: ProfileTable(count: count, user: user, device: device, item: item), histories: histories)
    }

    var batch: Int { settings.batchApplicants }
    var parameterCount: Int { network.parameters.parameters.reduce(0) { $0 + $1.count } }

    var shape: FigureValue {
        let history = input.history!
        return [
            "applicants": .integer(examples.count), "sessions": .integer(history.sessions.count),
            "behaviours": .integer(history.sessions.rowCount), "vocabulary": .integer(inputs.fields.count),
            "most_sessions": .integer(settings.rules.sessions), "most_behaviours": .integer(settings.rules.behaviours),
            "embedding": .integer(settings.embeddingWidth), "states": .integer(settings.stateWidth),
            "head": .list((settings.hidden + [2]).map { .integer($0) }),
        ]
    }

    func add(to writer: inout SafetensorsWriter) {
        let history = input.history!, count = history.sessions.rowCount, sessions = history.sessions.count
        func name(_ own: String) -> String { "huihen.\(own)" }
        writer.add(name("applicants"), shape: [examples.count + 1], numbers: history.applicants.base)
        writer.add(name("sessions"), shape: [sessions + 1], numbers: history.sessions.base)
        writer.add(name("behaviours"), shape: [count], numbers: history.behaviours)
        writer.add(name("weekdays"), shape: [sessions], numbers: history.calendar)
        writer.add(name("days"), shape: [sessions], numbers: history.calendar + sessions)
        writer.add(name("scales"), shape: [count], floats: history.scales)
        writer.add(name("times"), shape: [count], floats: history.times)
        writer.add(name("vocabulary_fields"), shape: [inputs.fields.count], inputs.fields.map(Float.init))
        for (group, rows) in [("user", input.profile.user), ("device", input.profile.device), ("item", input.profile.item)] {
            writer.add(name(group), shape: [rows.count, rows.width], floats: rows.base)
        }
        writer.add(name("outcomes"), shape: [examples.count], examples.outcomes)
        let numbers = [
            "dropout": Double(settings.dropout), "learning_rate": settings.learningRate, "weight_decay": settings.weightDecay,
        ]
        CreditTraining.add(weights, numbers, "huihen", to: &writer)
    }

    private func trainer(_ pool: WorkerPool, dropout: Float) throws -> Trainer<IntentionHabitObjective> {
        var settings = settings
        settings.dropout = dropout
        let network = Self.network(settings, inputs, examples.histories!.vocabulary)
        return Trainer(
            IntentionHabitObjective(network, inputs, examples, withHistory: true),
            weights: ParameterVector(network.parameters, seed: Self.seed), pool: pool,
            optimizer: AdamW(weightDecay: settings.weightDecay), seed: 1)
    }

    func trainingRate(_ pool: WorkerPool, seconds: Double) throws -> (applicants: Double, allocations: Int) {
        CreditTraining.rate(
            try trainer(pool, dropout: settings.dropout), applicants: examples.count, batch: batch, learningRate: settings.learningRate,
            seconds: seconds)
    }

    func losses(_ pool: WorkerPool) throws -> [Float] {
        CreditTraining.losses(try trainer(pool, dropout: 0), learningRate: settings.learningRate)
    }

    /// A model of one pass over these applicants.
    private static func model(_ examples: IntentionHabitExamples, _ pool: WorkerPool) throws -> IntentionHabitModel {
        var settings = IntentionHabitSettings()
        settings.epochs = 1
        let others = try IntentionHabitExamples(
            customers: examples.customers.map { $0 + 1 << 32 }, outcomes: examples.outcomes, profile: examples.profile,
            histories: examples.histories)
        return try IntentionHabitModel.train(
            IntentionHabitData(new: .init(training: examples, validation: others)), vocabulary: vocabulary(), settings, pool: pool)
    }

    /// Applicants a second that a model scores.
    func scoringRate(_ pool: WorkerPool, seconds: Double) throws -> Double {
        let model = try Self.model(examples, pool)
        _ = try model.probabilities(examples, pool: pool)
        return try Rounds.rate(of: examples.count, seconds: seconds) { _ = try model.probabilities(examples, pool: pool) }.median
    }

    struct Calls {
        var microseconds: (median: Double, p99: Double)
        var allocations: Int
        var count: Int
    }

    /// Single applicants of 50 sessions with 25 behaviours each, one after another on one thread.
    static func fullApplicants(calls: Int) throws -> Calls {
        let examples = try examples(64, isFull: true)
        let model = try model(examples, WorkerPool(threads: 1))
        let scratch = IntentionHabitModel.Scratch()
        for applicant in 0..<examples.count { _ = try model.probability(of: applicant, in: examples, scratch) }
        var times = [Double](repeating: 0, count: calls)
        let before = allocation_count()
        for call in 0..<calls {
            let start = FigureContext.now()
            _ = try model.probability(of: call % examples.count, in: examples, scratch)
            times[call] = FigureContext.now() - start
        }
        let allocations = allocation_count() - before
        times.sort()
        return Calls(
            microseconds: (1e6 * times[calls / 2], 1e6 * times[calls * 99 / 100]), allocations: allocations, count: calls)
    }
}
