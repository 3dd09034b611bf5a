internal import Evaluation
internal import SequenceKernel

/// A simple way of telling the intents of sessions, to be compared with: learns soft confidences of some sessions, gives scores for others.
///
/// Everything that is chosen is chosen on the training sessions. Same sessions, same bytes, at any number of threads.
public protocol IntentBaseline: Sendable {
    /// What a figure calls it.
    var name: String { get }

    /// Learns and scores.
    /// - Parameters:
    ///   - training: N sessions of the corpus.
    ///   - targets: `[N, K]`, how sure the labels are that the session has the intent, 0 to 1.
    ///   - intents: K.
    ///   - scored: M sessions of the corpus, not among the training ones.
    /// - Returns: `[M, K]` probabilities.
    /// - Throws: ``StudyError`` where there is too little to learn from.
    func scores(training: [Int], targets: [Float], intents: Int, scored: [Int]) throws(StudyError) -> [Float]
}

/// Each intent's mean confidence, whatever the session.
public struct MajorityBaseline: IntentBaseline {
    /// What a figure calls it.
    public let name = "majority"

    /// It needs no settings.
    public init() {}

    /// The mean target of each intent, `[M, K]`; each row is the same.
    public func scores(training: [Int], targets: [Float], intents: Int, scored: [Int]) throws(StudyError) -> [Float] {
        try IntentTargets.check(training, targets, intents)
        let means = (0..<intents).map { intent in
            Float(IntentTargets.column(intent, of: targets, intents).reduce(0.0) { $0 + Double($1) } / Double(training.count))
        }
        return scored.flatMap { _ in means }
    }
}

/// Targets `[N, K]` of training sessions.
enum IntentTargets {
    static func check(_ training: [Int], _ targets: [Float], _ intents: Int) throws(StudyError) {
        precondition(
            intents > 0 && targets.count == training.count * intents,
            "IntentBaseline: \(targets.count) targets for [\(training.count), \(intents)]")
        precondition(targets.allSatisfy { $0 >= 0 && $0 <= 1 }, "IntentBaseline: a target lies outside 0...1")
        guard !training.isEmpty else { throw .tooLittle(what: "sessions to learn intents from", found: 0, needed: 1) }
    }

    static func column(_ intent: Int, of targets: [Float], _ intents: Int) -> [Float] {
        stride(from: intent, to: targets.count, by: intents).map { targets[$0] }
    }

    /// Probabilities `[M, K]` of K probes that are fitted by as many threads as the pool has.
    static func scores(
        _ choice: LogisticChoice, targets: [Float], intents: Int, threads: Int
    ) -> [Float] {
        let (scored, validation) = (choice.scored, choice.validation)
        var result = [Float](repeating: 0, count: scored.rows * intents)
        result.withUnsafeMutableBufferPointer { result in
            nonisolated(unsafe) let result = result
            WorkerPool(threads: threads).run(intents) { intent, _ in
                let probe = validation.fit(column(intent, of: targets, intents))
                for (row, probability) in probe.probabilities(scored).enumerated() { result[row * intents + intent] = probability }
            }
        }
        return result
    }
}
