public import DurableFiles

/// A checkpoint cannot be continued from.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
    /// Not one of Tessera's checkpoints.
    case notACheckpoint(path: String)
    /// Written by a newer Tessera.
    case unsupportedVersion(path: String, found: String, newestSupported: Int)
    /// Written under other settings or another vocabulary.
    case configurationDiffers(path: String)
    /// Names, shapes or number types are not the model's.
    case parametersDiffer(path: String, ParameterDifferences)
    /// Its bytes are not those that were written.
    case damaged(path: String, reason: String)
    /// Not readable as tensors.
    case unreadable(path: String, SafetensorsError)

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .notACheckpoint(let path): "\(path): not a checkpoint of Tessera; name the file that a training run wrote"
        case .unsupportedVersion(let path, let found, let newest):
            "\(path): checkpoint format \(SafetensorsError.shown(found)), this program reads up to \(newest): use a newer Tessera"
        case .configurationDiffers(let path):
            "\(path): written under other settings or for another corpus: resume with the settings it was begun with, or start anew"
        case .parametersDiffer(let path, let differences):
            "\(path): its parameters are not this model's (\(differences)): resume with the settings it was begun with"
        case .damaged(let path, let reason): "\(path): damaged (\(reason)): use an earlier checkpoint or start anew"
        case .unreadable(let path, .file(let error)): error.path == path ? error.description : "\(path): \(error)"
        case .unreadable(let path, let error): "\(path): \(error)"
        }
    }
}

/// Everything a run needs to go on as if it had never stopped, in one `safetensors` file: weights, both moments, the best weights so
/// far, and the numbers of the loop; with a digest over all of it. Written whole or not at all.
///
/// What is not in it: dropout masks, shuffles and initial weights, which follow from the seed and the counters.
public enum Checkpoint {
    /// The format this program writes.
    public static let version = 1
    private static let format = "tessera-checkpoint"

    /// Writes the state of a run. `configDigest` stands for all settings that must not change in between.
    public static func save<Objective: TrainingObjective>(
        _ trainer: Trainer<Objective>, _ loop: TrainingLoop, configDigest: String, to path: String, in fileSystem: FileSystem = .live
    ) throws(FileError) {
        var writer = SafetensorsWriter()
        trainer.weights.add(to: &writer, prefix: "weights.")
        trainer.weights.add(to: &writer, prefix: "first.", scalars: trainer.moments.first)
        trainer.weights.add(to: &writer, prefix: "second.", scalars: trainer.moments.second)
        if let best = loop.best { trainer.weights.add(to: &writer, prefix: "best.", scalars: best.scalars) }
        writer.metadata = numbers(loop.position)
        writer.metadata["format"] = format
        writer.metadata["format_version"] = String(version)
        writer.metadata["config_digest"] = configDigest
        writer.metadata["seed"] = String(trainer.seed)
        writer.metadata["step"] = String(trainer.stepCount)
        writer.metadata["micro_batch"] = String(trainer.microBatchCount)
        writer.metadata["has_best"] = String(loop.best != nil)
        writer.metadata["digest"] = writer.digest()
        try writer.write(to: path, in: fileSystem)
    }

    /// Puts the state of a saved run into a trainer and a loop built from the same settings. When it throws, both are untouched.
    public static func load<Objective: TrainingObjective>(
        _ path: String, into trainer: Trainer<Objective>, _ loop: inout TrainingLoop, configDigest: String,
        in fileSystem: FileSystem = .live
    ) throws(CheckpointError) {
        let file: SafetensorsFile
        do { file = try SafetensorsFile(path, in: fileSystem) } catch { throw .unreadable(path: path, error) }
        let metadata = file.metadata
        guard metadata["format"] == format else { throw .notACheckpoint(path: path) }
        guard metadata["format_version"] == String(version) else {
            throw .unsupportedVersion(path: path, found: metadata["format_version"] ?? "none", newestSupported: version)
        }
        guard metadata["config_digest"] == configDigest else { throw .configurationDiffers(path: path) }
        try compare(file, trainer.weights, hasBest: metadata["has_best"] == "true", path)
        let digest = SHA256Digest()
        digest.update(SafetensorsWriter.digestText(metadata.filter { $0.key != "digest" }))
        digest.update(file.data)
        guard metadata["digest"] == digest.finishHex() else { throw .damaged(path: path, reason: "its digest does not fit its bytes") }

        guard let step = metadata["step"].flatMap({ Int($0) }), step >= 0,
            let microBatch = metadata["micro_batch"].flatMap({ Int($0) }), microBatch >= 0,
            let position = position(metadata)
        else { throw .damaged(path: path, reason: "a counter is missing") }
        guard metadata["seed"] == String(trainer.seed) else { throw .configurationDiffers(path: path) }
        trainer.weights.read(from: file, prefix: "weights.")
        trainer.weights.read(from: file, prefix: "first.", into: trainer.moments.first)
        trainer.weights.read(from: file, prefix: "second.", into: trainer.moments.second)
        trainer.stepCount = step
        trainer.microBatchCount = microBatch
        loop.position = position
        loop.best = nil
        if metadata["has_best"] == "true" {
            let best = BestWeights(count: trainer.weights.count)
            trainer.weights.read(from: file, prefix: "best.", into: best.scalars)
            loop.best = best
        }
    }

    private static func compare(
        _ file: SafetensorsFile, _ weights: ParameterVector, hasBest: Bool, _ path: String
    ) throws(CheckpointError) {
        var all = ParameterDifferences()
        for prefix in ["weights.", "first.", "second."] + (hasBest ? ["best."] : []) {
            let differences = weights.differences(from: file, prefix: prefix)
            all.missing += differences.missing
            all.unexpected += differences.unexpected
            all.reshaped += differences.reshaped
        }
        guard all.isEmpty else { throw .parametersDiffer(path: path, all) }
    }

    // Swift prints a double with as many digits as it takes to read the same double back.
    private static func numbers(_ position: TrainingPosition) -> [String: String] {
        var numbers = [
            "epoch": String(position.epoch), "batch": String(position.batch), "loss_sum": String(position.lossSum),
            "loss_count": String(position.lossCount), "stopped": String(position.stopped),
            "train_losses": position.trainLosses.map { String($0) }.joined(separator: " "),
            "validation_losses": position.validationLosses.map { String($0) }.joined(separator: " "),
        ]
        if let loss = position.lastEpochLoss { numbers["last_epoch_loss"] = String(loss) }
        if let loss = position.validationLoss { numbers["validation_loss"] = String(loss) }
        if let stopping = position.earlyStopping {
            numbers["patience"] = String(stopping.patience)
            numbers["minimum_gain"] = String(stopping.minimumGain)
            numbers["best_loss"] = String(stopping.best)
            numbers["best_look"] = String(stopping.bestLook)
            numbers["looks"] = String(stopping.looks)
        }
        return numbers
    }

    private static func position(_ metadata: [String: String]) -> TrainingPosition? {
        func whole(_ key: String) -> Int? { metadata[key].flatMap { Int($0) } }
        func number(_ key: String) -> Double? { metadata[key].flatMap { Double($0) } }
        guard let epoch = whole("epoch"), let batch = whole("batch"), let sum = number("loss_sum"), let count = whole("loss_count"),
            let stopped = metadata["stopped"].flatMap({ Bool($0) }), epoch >= 0, batch >= 0, count >= 0
        else { return nil }
        var position = TrainingPosition()
        position.epoch = epoch
        position.batch = batch
        position.lossSum = sum
        position.lossCount = count
        position.stopped = stopped
        position.lastEpochLoss = number("last_epoch_loss")
        // Checkpoints of earlier programs have no curve; theirs begins where they were resumed.
        func curve(_ key: String) -> [Double] { (metadata[key] ?? "").split(separator: " ").compactMap { Double($0) } }
        position.trainLosses = curve("train_losses")
        position.validationLosses = curve("validation_losses")
        position.validationLoss = number("validation_loss")
        if let patience = whole("patience"), patience > 0 {
            guard let gain = number("minimum_gain"), let best = number("best_loss"), let bestLook = whole("best_look"),
                let looks = whole("looks")
            else { return nil }
            var stopping = EarlyStopping(patience: patience, minimumGain: gain)
            stopping.best = best
            stopping.bestLook = bestLook
            stopping.looks = looks
            position.earlyStopping = stopping
        }
        return position
    }
}
