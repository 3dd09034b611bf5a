internal import CAllocationCount
internal import CreditRisk
internal import Glibc
internal import SequenceKernel

/// Applicants, a network and its training, as both programs get them.
protocol CreditWork {
    /// Applicants in a step of ours.
    var batch: Int { get }
    var parameterCount: Int { get }
    /// Sizes, for the output.
    var shape: FigureValue { get }
    /// Writes inputs and starting weights for the peer.
    func add(to writer: inout SafetensorsWriter)
    /// Applicants a second of training with the preset's dropout, and the most blocks of memory that a step asked for.
    func trainingRate(_ pool: WorkerPool, seconds: Double) throws -> (applicants: Double, allocations: Int)
    /// Losses of the first steps without dropout.
    func losses(_ pool: WorkerPool) throws -> [Float]
}

/// Steps that are timed, and steps that are compared.
enum CreditTraining {
    static let comparedSteps = 10
    /// Batches of the compared steps: the first applicants in their order.
    private static let comparedBatch = 128

    /// Whole passes over the applicants in batches, the first untimed; the median of the passes.
    static func rate<Objective: TrainingObjective>(
        _ trainer: Trainer<Objective>, applicants: Int, batch: Int, learningRate: Double, seconds: Double
    ) -> (applicants: Double, allocations: Int) where Objective.Batch == ApplicantBatch {
        var order = Array(0..<applicants)
        var random = RandomSource(0x5BEE, 1)
        random.shuffle(&order)
        let batches = batches(order, size: batch)
        for own in batches { _ = trainer.step(own, learningRate: learningRate) }
        var (rates, most) = (Rounds(), 0)
        let began = FigureContext.now()
        while rates.values.count < 2 || FigureContext.now() - began < seconds {
            let (start, before) = (FigureContext.now(), allocation_count())
            for own in batches { _ = trainer.step(own, learningRate: learningRate) }
            most = max(most, (allocation_count() - before + batches.count - 1) / batches.count)
            rates.add(Double(applicants) / (FigureContext.now() - start))
        }
        return (rates.median, most)
    }

    static func losses<Objective: TrainingObjective>(
        _ trainer: Trainer<Objective>, learningRate: Double
    ) -> [Float] where Objective.Batch == ApplicantBatch {
        let batches = batches(Array(0..<4 * comparedBatch), size: comparedBatch)
        return (0..<comparedSteps).map { trainer.step(batches[$0 % batches.count], learningRate: learningRate).loss }
    }

    private static func batches(_ order: [Int], size: Int) -> [ApplicantBatch] {
        stride(from: 0, to: order.count, by: size).map { first in
            let batch = ApplicantBatch()
            batch.applicants = Array(order[first..<min(order.count, first + size)])
            return batch
        }
    }

    /// A number of sequences or rows about a median, with a long tail.
    static func length(_ random: inout RandomSource, median: Float, deviation: Float, _ range: ClosedRange<Int>) -> Int {
        var normal: Float = -6
        for _ in 0..<12 { normal += random.uniform() }
        return min(range.upperBound, max(range.lowerBound, Int((Double(median) * exp(Double(deviation * normal))).rounded())))
    }

    /// Starting weights and the settings that the peer needs.
    static func add(_ weights: ParameterVector, _ settings: [String: Double], _ name: String, to writer: inout SafetensorsWriter) {
        weights.add(to: &writer, prefix: "\(name).weights.")
        for (key, value) in settings { writer.metadata["\(name).\(key)"] = "\(value)" }
    }
}

extension SafetensorsWriter {
    /// Adds whole numbers, which must stay until the file is written.
    mutating func add(_ name: String, shape: [Int], numbers: UnsafePointer<Int32>) {
        add(name, .int32, shape: shape, bytes: UnsafeRawBufferPointer(start: numbers, count: shape.reduce(4, *)))
    }
}
