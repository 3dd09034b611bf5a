/// Where batches come from: the caller's data, in an order that depends on a seed and on nothing else.
public protocol BatchSource {
    /// What the objective reads.
    associatedtype Batch: Sendable
    /// Micro-batches in an epoch, counted from 0.
    func batchCount(epoch: Int) -> Int
    /// Micro-batch `number` of epoch `epoch`; the same whenever it is asked for.
    func batch(_ number: Int, epoch: Int) -> Batch
    /// What progress counts: the batch's events.
    func eventCount(_ batch: Batch) -> Int
}

/// How long to train and at which rate.
public struct TrainingPlan: Sendable, Hashable, Codable {
    /// Passes over the data.
    public var epochs: Int
    /// Ends after so many optimiser steps even if epochs are left.
    public var maximumSteps: Int?
    /// Micro-batches in an optimiser step.
    public var microBatches = 1
    /// The learning rate.
    public var schedule: Schedule
    /// Stops when the validation loss has stopped falling, and keeps the best weights; nil keeps the last.
    public var earlyStopping: EarlyStopping?
    /// Optimiser steps between checkpoints; nil for one at the end of each epoch.
    public var checkpointEvery: Int?

    /// A plan; see the properties.
    public init(
        epochs: Int, maximumSteps: Int? = nil, microBatches: Int = 1, schedule: Schedule = Schedule(),
        earlyStopping: EarlyStopping? = nil, checkpointEvery: Int? = nil
    ) {
        precondition(epochs > 0 && microBatches > 0, "TrainingPlan: \(epochs) epochs of \(microBatches) micro-batches")
        self.epochs = epochs
        self.maximumSteps = maximumSteps
        self.microBatches = microBatches
        self.schedule = schedule
        self.earlyStopping = earlyStopping
        self.checkpointEvery = checkpointEvery
    }
}

/// What a progress line shows.
public struct TrainingProgress: Sendable, Hashable {
    /// From 0.
    public let epoch: Int
    /// Optimiser steps made, and all there will be if nothing stops the run.
    public let step: Int
    /// All steps of the plan.
    public let totalSteps: Int
    /// Loss of the last step.
    public let loss: Float
    /// Mean loss of the epoch so far.
    public let epochLoss: Double
    /// Norm of the last gradient before clipping.
    public let gradientNorm: Double
    /// The rate of the last step.
    public let learningRate: Double
    /// Events a second since this process began training.
    public let eventsPerSecond: Double
    /// At the rate so far.
    public let secondsLeft: Double
    /// The last validation loss, when there is one.
    public let validationLoss: Double?
}

/// How a run ended.
public struct TrainingOutcome: Sendable, Hashable {
    /// Why it ended.
    public enum Reason: String, Sendable, Hashable, Codable {
        /// All epochs or steps are done.
        case finished
        /// The validation loss had stopped falling.
        case stoppedEarly
        /// The caller asked for it; a checkpoint holds the state.
        case cancelled
    }

    /// Why it ended.
    public let reason: Reason
    /// Epochs that were completed.
    public let epochs: Int
    /// Optimiser steps, those before a resume included.
    public let steps: Int
    /// Mean loss of the last completed epoch (of the steps so far, if none was completed).
    public let trainLoss: Double
    /// The lowest validation loss, whose weights were kept, when there was early stopping; else the last one.
    public let validationLoss: Double?
    /// Events a second of this process.
    public let eventsPerSecond: Double
}

/// Training cannot go on.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    /// The loss or its gradient overflowed at a step. The weights are those before it.
    case notFinite(step: Int, learningRate: Double)

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .notFinite(let step, let rate):
            "training step \(step): the loss or its gradient is not a finite number at learning rate \(rate); "
                + "lower the rate, lengthen the warm-up, or look for extreme values in the numeric fields"
        }
    }
}

/// The place in the data and all that the loop remembers; saved in a ``Checkpoint``.
public struct TrainingPosition: Sendable, Hashable, Codable {
    /// The epoch under way.
    public var epoch = 0
    /// The next micro-batch in it.
    public var batch = 0
    /// Sum of this epoch's losses, a step each.
    public var lossSum = 0.0
    /// Steps in ``lossSum``.
    public var lossCount = 0
    /// Mean loss of the last completed epoch.
    public var lastEpochLoss: Double?
    /// The last validation loss.
    public var validationLoss: Double?
    /// Mean training loss of each completed epoch.
    public var trainLosses: [Double] = []
    /// Validation loss after each completed epoch; empty without a validation part.
    public var validationLosses: [Double] = []
    /// The watch over the validation loss.
    public var earlyStopping: EarlyStopping?
    /// True once early stopping has said so.
    public var stopped = false

    /// The beginning.
    public init() {}
}

/// Runs a ``Trainer`` through a ``TrainingPlan``: rate, epochs, validation, early stopping, progress, checkpoints.
///
/// A small value: all it knows is the plan and the place reached. The best weights are kept apart once there is early stopping
/// and put back at the end.
public struct TrainingLoop {
    /// What was asked for.
    public let plan: TrainingPlan
    /// How far it came.
    public var position = TrainingPosition()
    /// Weights of the lowest validation loss so far.
    var best: BestWeights?

    /// At the beginning.
    public init(_ plan: TrainingPlan) {
        self.plan = plan
        position.earlyStopping = plan.earlyStopping
    }

    /// Optimiser steps of the whole plan.
    public func totalSteps(_ source: some BatchSource) -> Int {
        var steps = 0
        for epoch in 0..<plan.epochs { steps += (source.batchCount(epoch: epoch) + plan.microBatches - 1) / plan.microBatches }
        return plan.maximumSteps.map { min($0, steps) } ?? steps
    }

    /// Trains until the plan is fulfilled, the validation loss has stopped falling, or `isCancelled` says yes.
    ///
    /// - Parameters:
    ///   - validate: the validation loss, asked for after each epoch.
    ///   - save: called with the state when a checkpoint is due: at the plan's intervals and when the run is cancelled.
    ///   - progress: called after each optimiser step.
    ///   - isCancelled: asked between steps.
    public mutating func run<Source: BatchSource, Objective: TrainingObjective>(
        _ trainer: Trainer<Objective>, _ source: Source, validate: (() throws -> Double)? = nil,
        save: ((TrainingLoop) throws -> Void)? = nil, progress: (TrainingProgress) -> Void = { _ in },
        isCancelled: () -> Bool = { false }
    ) throws -> TrainingOutcome where Source.Batch == Objective.Batch {
        let total = totalSteps(source)
        var rate = ProgressClock(stepsBefore: trainer.stepCount)
        while position.epoch < plan.epochs && !position.stopped {
            let count = source.batchCount(epoch: position.epoch)
            // A checkpoint of the very last step was written before its epoch was ended: that is still to do.
            guard trainer.stepCount < total || (position.batch > 0 && position.batch >= count) else { break }
            while position.batch < count && trainer.stepCount < total {
                if isCancelled() {
                    try save?(self)
                    return outcome(.cancelled, trainer, rate)
                }
                let learningRate = plan.schedule.rate(step: trainer.stepCount, of: total)
                let first = position.batch
                let epoch = position.epoch
                let result = trainer.step(microBatches: min(plan.microBatches, count - first), learningRate: learningRate) { index in
                    let batch = source.batch(first + index, epoch: epoch)
                    rate.events += source.eventCount(batch)
                    return batch
                }
                guard result.loss.isFinite && result.gradientNorm.isFinite else {
                    throw TrainingError.notFinite(step: result.step, learningRate: learningRate)
                }
                position.batch = min(count, first + plan.microBatches)
                position.lossSum += Double(result.loss)
                position.lossCount += 1
                progress(
                    TrainingProgress(
                        epoch: epoch, step: result.step, totalSteps: total, loss: result.loss,
                        epochLoss: position.lossSum / Double(position.lossCount), gradientNorm: result.gradientNorm,
                        learningRate: learningRate, eventsPerSecond: rate.eventsPerSecond,
                        secondsLeft: rate.secondsLeft(step: result.step, total: total), validationLoss: position.validationLoss))
                if let every = plan.checkpointEvery, result.step % every == 0 { try save?(self) }
            }
            if position.batch >= count { try endEpoch(trainer, validate) }
            if plan.checkpointEvery == nil || position.epoch == plan.epochs || position.stopped || trainer.stepCount >= total {
                try save?(self)
            }
        }
        if let best { best.restore(trainer.weights) }
        return outcome(position.stopped ? .stoppedEarly : .finished, trainer, rate)
    }

    private mutating func endEpoch(_ trainer: Trainer<some TrainingObjective>, _ validate: (() throws -> Double)?) throws {
        position.epoch += 1
        position.batch = 0
        position.lastEpochLoss = position.lossSum / Double(max(1, position.lossCount))
        position.trainLosses.append(position.lossSum / Double(max(1, position.lossCount)))
        position.lossSum = 0
        position.lossCount = 0
        guard let validate else { return }
        let loss = try validate()
        position.validationLoss = loss
        position.validationLosses.append(loss)
        switch position.earlyStopping?.look(loss) {
        case .improved:
            if best == nil { best = BestWeights(count: trainer.weights.count) }
            best?.keep(trainer.weights)
        case .stop: position.stopped = true
        case .waiting, nil: break
        }
    }

    private func outcome(
        _ reason: TrainingOutcome.Reason, _ trainer: Trainer<some TrainingObjective>, _ clock: ProgressClock
    ) -> TrainingOutcome {
        let running = position.lossCount > 0 ? position.lossSum / Double(position.lossCount) : .nan
        let best = position.earlyStopping.flatMap { $0.bestLook >= 0 ? $0.best : nil }
        return TrainingOutcome(
            reason: reason, epochs: position.epoch, steps: trainer.stepCount, trainLoss: position.lastEpochLoss ?? running,
            validationLoss: best ?? position.validationLoss, eventsPerSecond: clock.eventsPerSecond)
    }
}

/// Events and steps since the process began training.
private struct ProgressClock {
    let began = ContinuousClock.now
    let stepsBefore: Int
    var events = 0

    init(stepsBefore: Int) { self.stepsBefore = stepsBefore }

    private var seconds: Double { max(1e-9, (ContinuousClock.now - began) / .seconds(1)) }

    var eventsPerSecond: Double { Double(events) / seconds }

    func secondsLeft(step: Int, total: Int) -> Double {
        seconds / Double(max(1, step - stepsBefore)) * Double(max(0, total - step))
    }
}

/// A copy of all weights at the lowest validation loss.
final class BestWeights {
    let scalars: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        self.count = count
        scalars = .allocate(capacity: max(1, count))
        scalars.initialize(repeating: 0, count: max(1, count))
    }

    deinit { scalars.deallocate() }

    func keep(_ weights: ParameterVector) { scalars.update(from: weights.base, count: count) }
    func restore(_ weights: ParameterVector) { weights.base.update(from: scalars, count: count) }
}
