import CreditRisk
import SequenceKernel

/// Raw tables in which something of the outcome is planted.
enum PlantedTables {
    static let day: Int64 = 86_400_000_000
    static let decision: Int64 = 20_000 * day

    /// What tells the outcome.
    enum Signal: String, CaseIterable {
        /// The category of the records.
        case category
        /// Whether an amount is missing.
        case missing
        /// Records at or after the decision alone.
        case future
        /// How long an applicant pauses between his records.
        case pauses
        /// A ready-made vector.
        case vector
        /// Fixed features.
        case profile
    }

    static func configuration(_ change: (inout FrameworkConfiguration) -> Void = { _ in }) -> FrameworkConfiguration {
        var bureau = FrameworkConfiguration.Table(name: "bureau", time: "reported")
        (bureau.categorical, bureau.numeric, bureau.times) = (["kind", "branch"], ["amount"], ["opened"])
        bureau.vectors = [FrameworkConfiguration.Vector(name: "text", columns: ["t0", "t1", "t2"])]
        var app = FrameworkConfiguration.Table(name: "app", time: "at")
        app.categorical = ["page"]
        var configuration = FrameworkConfiguration(tables: [bureau, app])
        (configuration.applicants.outcome, configuration.applicants.numeric) = ("overdue", ["age", "income"])
        configuration.applicants.categorical = ["channel"]
        (configuration.network.epochs, configuration.network.batchApplicants, configuration.network.dropout) = (6, 64, 0)
        configuration.network.learningRate = 0.01
        change(&configuration)
        return configuration
    }

    /// Applicants and their records.
    static func make(
        _ count: Int, _ signal: Signal, first: Int = 0, seed: UInt64 = 5, _ configuration: FrameworkConfiguration = configuration(),
        later: Bool = false, isTold: Bool = true
    ) throws -> FrameworkExamples {
        var random = RandomSource(seed, 0x7AB1)
        var (applicants, bureau, app) = (
            ApplicantTable(configuration.applicants), RecordTable(configuration.tables[0]), RecordTable(configuration.tables[1])
        )
        for number in first..<first + count {
            let isOverdue = random.uniform() < 0.4, key = "customer-\(number)"
            func is1(_ own: Signal) -> Bool { signal == own && isOverdue }
            let age = Double(random.uniform()) * 50 + 20 + (is1(.profile) ? 15 : 0)
            try applicants.append(
                key: key, decision: decision, outcome: isTold ? (isOverdue ? 1 : 0) : .nan,
                categorical: [random.uniform() < 0.5 ? "web" : "branch"],
                numeric: [age, random.uniform() < 0.2 ? .nan : Double(random.uniform()) * 4_000])
            for _ in 0..<random.below(6) + 3 {
                let kind = ["loan", "card", "phone"][random.uniform() < 0.5 ? 0 : is1(.category) ? 1 : random.below(2) * 2]
                // Where missingness tells, an amount is missing from the overdue and near the mean, or zero, from others.
                let isMissing = signal == .missing ? (isOverdue && random.uniform() < 0.8) : random.uniform() < 0.1
                let isZero = signal == .missing && !isOverdue && random.uniform() < 0.8
                let opened = decision - Int64(random.below(900) + 1) * day
                let vector = (0..<3).map { _ in random.uniform() * 2 - 1 }
                try bureau.append(
                    key: key, time: decision - Int64(random.below(300) + 1) * day / 2,
                    categorical: [kind, "b\(random.below(4))"], numeric: [isMissing ? .nan : isZero ? 0 : Double(random.below(5_000))],
                    times: [random.uniform() < 0.2 ? nil : opened],
                    vectors: [random.uniform() < 0.2 ? nil : [vector[0] + (is1(.vector) ? 1 : 0), vector[1], vector[2]]])
            }
            if later || signal == .future {
                for _ in 0..<4 {
                    try bureau.append(
                        key: key, time: decision + Int64(random.below(50)) * day,
                        categorical: [isOverdue ? "card" : "loan", "after"], numeric: [isOverdue ? 1e6 : 0], times: [nil], vectors: [nil])
                }
            }
            var time = decision - 40 * day
            for _ in 0..<random.below(8) {
                try app.append(key: key, time: time, categorical: [["home", "loan", "help", nil][random.below(4)]])
                time += Int64(random.below(600) + 1) * 1_000_000 * (is1(.pauses) ? 200 : 1)
            }
        }
        return try FrameworkExamples(configuration, applicants, [bureau, app])
    }

    static func train(
        _ signal: Signal, _ count: Int = 600, threads: Int = 2, _ change: (inout FrameworkConfiguration) -> Void = { _ in }
    ) throws -> FrameworkModel {
        let configuration = configuration(change)
        return try FrameworkModel.train(
            configuration, training: make(count, signal, configuration),
            validation: make(count / 2, signal, first: 1_000_000, seed: 6, configuration), pool: WorkerPool(threads: threads))
    }
}
