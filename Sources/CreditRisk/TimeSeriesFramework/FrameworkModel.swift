public import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Takes: raw records and fixed features of applicants.   Gives: the probability of each to fall overdue, to be stacked or used alone.
public struct FrameworkModel: Sendable {
    /// What it reads and how it was trained.
    public let configuration: FrameworkConfiguration
    /// From raw records to numbers.
    public let encoder: FrameworkEncoder
    /// What the training says of itself.
    public let card: FrameworkCard
    /// Digest over all its files; empty until it is read from a directory.
    public let id: String
    package let network: FrameworkNetwork
    package let weights: ParameterVector
    private let transposes: TransposedWeights

    init(
        _ configuration: FrameworkConfiguration, _ encoder: FrameworkEncoder, _ network: FrameworkNetwork, _ weights: ParameterVector,
        card: FrameworkCard, id: String = ""
    ) {
        (self.configuration, self.encoder, self.network) = (configuration, encoder, network)
        (self.weights, self.card, self.id) = (weights, card, id)
        transposes = TransposedWeights(of: weights)
    }

    /// Weights of the network.
    public var parameterCount: Int { network.parameters.parameters.reduce(0) { $0 + $1.count } }

    /// Applicants that go through the network together: their records stay in the cache.
    private static let block = 8

    /// Overdue probabilities of all applicants, `[B]`; the same at any number of threads, and whoever stands beside an applicant.
    /// - Throws: ``FrameworkError/otherTables(_:)`` where they are not those of the training.
    public func probabilities(_ examples: FrameworkExamples, pool: WorkerPool) throws(FrameworkError) -> [Float] {
        try scores(examples, pool: pool).probabilities
    }

    /// The same with what was kept and what was not of the applicants' records.
    /// - Throws: as ``probabilities(_:pool:)``.
    public func scores(
        _ examples: FrameworkExamples, pool: WorkerPool
    ) throws(FrameworkError) -> (probabilities: [Float], counts: FrameworkEncoder.Counts) {
        let (encoded, counts) = try encoder.encoded(examples)
        return (Self.probabilities(encoded, encoder, network, Pass.Source(weights: weights, transposes: transposes), pool), counts)
    }

    /// Memory of one worker, reused from applicant to applicant.
    public final class Scratch: @unchecked Sendable {
        fileprivate let workspace = Workspace()
        fileprivate var encoding: FrameworkEncoding
        fileprivate var tape = FrameworkNetwork.Tape()

        /// Some memory for a model; it grows to what the longest history needs.
        public init(_ model: FrameworkModel) { encoding = FrameworkEncoding(model.encoder) }
        /// How often memory had to be asked for; constant in the steady state.
        public var allocationCount: Int { workspace.allocationCount }
        /// What the last applicant was encoded as.
        package var encoded: EncodedHistories { encoding.encoded }
    }

    /// Overdue probability of one applicant, by number: the same as among others, to the byte. In the steady state nothing is allocated.
    /// - Throws: as ``probabilities(_:pool:)``.
    public func probability(of applicant: Int, in examples: FrameworkExamples, _ scratch: Scratch) throws(FrameworkError) -> Float {
        try encoder.check(examples)
        precondition((0..<examples.count).contains(applicant), "FrameworkModel: applicant \(applicant) of \(examples.count)")
        precondition(scratch.encoding.encoder == encoder, "FrameworkModel: the scratch is another model's")
        scratch.encoding.removeAll()
        scratch.encoding.append(applicant, of: examples)
        scratch.workspace.reset()
        let pass = Pass(weights: weights, workspace: scratch.workspace, transposes: transposes)
        let input = FrameworkInput(encoder, scratch.encoding.encoded, 0..<1, scratch.workspace)
        return 1 / (1 + exp(-network.forward(input, pass, &scratch.tape)[0][0]))
    }

    /// Mean attention of each field of a table over the records of some applicants: what the model looks at.
    /// - Returns: names and shares that sum to 1, in the order of the fields; empty for a table that there is not or that has no records.
    /// - Throws: as ``probabilities(_:pool:)``.
    public func fieldAttention(
        _ examples: FrameworkExamples, table name: String
    ) throws(FrameworkError) -> [(field: String, share: Double)] {
        let (encoded, _) = try encoder.encoded(examples)
        guard let table = configuration.tables.firstIndex(where: { $0.name == name }), encoded.tables[table].count > 0 else { return [] }
        let names = encoder.fieldNames(of: name)
        var sums = [Double](repeating: 0, count: names.count)
        let workspace = Workspace()
        for first in stride(from: 0, to: encoded.count, by: Self.block) {
            workspace.reset()
            let pass = Pass(weights: weights, workspace: workspace, transposes: transposes)
            let input = FrameworkInput(encoder, encoded, first..<min(first + Self.block, encoded.count), workspace)
            guard let shares = network.attention(input, table: table, pass) else { return [] }
            for row in 0..<shares.count { for field in names.indices { sums[field] += Double(shares[row][field]) } }
        }
        return zip(names, sums).map { ($0, $1 / Double(encoded.tables[table].count)) }
    }

    static func probabilities(
        _ encoded: EncodedHistories, _ encoder: FrameworkEncoder, _ network: FrameworkNetwork, _ source: Pass.Source, _ pool: WorkerPool
    ) -> [Float] {
        let workspaces = (0..<pool.threads).map { _ in Workspace() }
        let count = encoded.count
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            nonisolated(unsafe) let base = buffer.baseAddress
            pool.run((count + block - 1) / block) { number, worker in
                let range = number * block..<min((number + 1) * block, count)
                let workspace = workspaces[worker]
                workspace.reset()
                let pass = Pass(weights: source.weights, workspace: workspace, transposes: source.transposes)
                var tape = FrameworkNetwork.Tape()
                let logits = network.forward(FrameworkInput(encoder, encoded, range, workspace), pass, &tape)
                for (place, applicant) in range.enumerated() { base![applicant] = 1 / (1 + exp(-logits[place][0])) }
            }
            initialized = count
        }
    }
}

/// What a training says of itself.
public struct FrameworkCard: Sendable, Equatable, Codable {
    /// Applicants learnt from.
    public var applicants = 0
    /// Of these overdue.
    public var overdue = 0
    /// Passes over them.
    public var epochs = 0
    /// AUC on the validation part, of the weights that were kept.
    public var validationAUC: Double?
    /// What self-supervised pre-training did; nil where there was none.
    public var preTraining: PreTraining?
    /// What was found when applicants and records were brought together.
    public var tables = FrameworkExamples.Counts()
    /// What was kept of the records of those learnt from.
    public var records = FrameworkEncoder.Counts()

    /// Nothing measured yet.
    public init() {}

    /// Self-supervised pre-training.
    public struct PreTraining: Sendable, Equatable, Codable {
        /// Applicants whose records were read.
        public var applicants: Int
        /// Of these without a known outcome.
        public var withoutOutcome: Int
        /// Passes over them.
        public var epochs: Int
        /// Loss of the hidden fields in the first pass, about their mean: it falls, and compares with nothing else.
        public var firstLoss: Double
        /// The same in the last pass.
        public var lastLoss: Double
    }
}
