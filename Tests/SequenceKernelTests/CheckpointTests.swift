import DurableFiles
import FoundationEssentials
import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct CheckpointTests {
    static let plan = TrainingPlan(
        epochs: 2, microBatches: 1, schedule: TrainerTests.schedule, earlyStopping: EarlyStopping(patience: 3), checkpointEvery: 7)

    private func path(_ name: String) -> String { temporaryPath("checkpoint-\(name)") }

    /// Train 20 = train 13, stop, start anew from the file, train on; with dropout, moments, best weights and epochs in between.
    @Test(arguments: [3, 10, 13]) func resumeIsExact(stop: Int) throws {
        let path = path("resume")
        defer { try? FileSystem.live.removeFile(path) }
        func validate(_ trainer: Trainer<TableRegression>) -> () -> Double { { Double(trainer.loss(RandomBatches().batch(3, epoch: 8))) } }
        var (whole, wholeLoop) = makeRun(plan: Self.plan)
        let expected = try wholeLoop.run(whole, RandomBatches(), validate: validate(whole))

        var (first, firstLoop) = makeRun(threads: 1, plan: Self.plan)
        var steps = 0
        let interrupted = try firstLoop.run(
            first, RandomBatches(), validate: validate(first),
            save: { try Checkpoint.save(first, $0, configDigest: "c", to: path) }, progress: { steps = $0.step },
            isCancelled: { steps >= stop })
        #expect(interrupted.reason == .cancelled && interrupted.steps == stop)

        var (second, secondLoop) = makeRun(plan: Self.plan)
        try Checkpoint.load(path, into: second, &secondLoop, configDigest: "c")
        let resumed = try secondLoop.run(second, RandomBatches(), validate: validate(second))
        #expect(second.weights.all == whole.weights.all)
        #expect(resumed.trainLoss == expected.trainLoss && resumed.validationLoss == expected.validationLoss && resumed.steps == 20)
    }

    private func saved(_ name: String) throws -> (String, [UInt8]) {
        let path = path(name)
        var (trainer, loop) = makeRun(plan: Self.plan)
        for number in 0..<2 { _ = trainer.step(RandomBatches().batch(number, epoch: 0), learningRate: 1e-2) }
        loop.position.batch = 2
        try Checkpoint.save(trainer, loop, configDigest: "c", to: path)
        return (path, try FileSystem.live.contents(of: path))
    }

    private func loadError(_ path: String, configDigest: String = "c") -> CheckpointError? {
        var (trainer, loop) = makeRun(plan: Self.plan)
        let before = trainer.weights.all
        do throws(CheckpointError) {
            try Checkpoint.load(path, into: trainer, &loop, configDigest: configDigest)
            return nil
        } catch {
            #expect(trainer.weights.all == before && trainer.stepCount == 0 && loop.position == TrainingLoop(Self.plan).position)
            return error
        }
    }

    @Test func everyTruncationIsAnError() throws {
        let (path, bytes) = try saved("truncated")
        defer { try? FileSystem.live.removeFile(path) }
        for length in [0, 1, 7, 8, 9, 100, bytes.count / 2, bytes.count - 1] {
            try AtomicFile.write(Array(bytes.prefix(length)), to: path)
            guard case .unreadable = loadError(path) else {
                Issue.record("\(length) bytes of \(bytes.count) were read as a checkpoint")
                continue
            }
        }
    }

    @Test func everyChangedByteIsAnError() throws {
        let (path, bytes) = try saved("changed")
        defer { try? FileSystem.live.removeFile(path) }
        #expect(loadError(path) == nil)
        var random = RandomSource(5)
        for _ in 0..<60 {
            var changed = bytes
            let place = random.below(bytes.count)
            changed[place] ^= UInt8(1 << random.below(8))
            try AtomicFile.write(changed, to: path)
            // A changed space of the header's padding that is still a space is no change; there is none: every flip differs.
            #expect(loadError(path) != nil, "byte \(place)")
        }
    }

    @Test func differencesAreNamedAllAtOnce() throws {
        let (path, _) = try saved("names")
        defer { try? FileSystem.live.removeFile(path) }
        #expect(loadError(path, configDigest: "other") == .configurationDiffers(path: path))
        let file = try SafetensorsFile(path)
        var writer = SafetensorsWriter()
        writer.metadata = file.metadata
        for entry in file.entries where entry.name != "weights.linear.bias" {
            let shape = entry.name == "first.table" ? [8, 50] : entry.shape
            writer.add(entry.name, entry.type, shape: shape, bytes: file.bytes(entry))
        }
        writer.add("weights.intruder", shape: [1], [0])
        try writer.write(to: path)
        guard case .parametersDiffer(_, let differences) = loadError(path) else {
            Issue.record("no differences found")
            return
        }
        #expect(differences.missing == ["weights.linear.bias"] && differences.unexpected == ["weights.intruder"])
        #expect(differences.reshaped == ["first.table F32 [8, 50] for F32 [50, 8]"])
    }

    @Test func otherFiles() throws {
        let path = path("other")
        defer { try? FileSystem.live.removeFile(path) }
        var writer = SafetensorsWriter()
        writer.add("x", shape: [1], [1])
        try writer.write(to: path)
        #expect(loadError(path) == .notACheckpoint(path: path))
        writer.metadata = ["format": "tessera-checkpoint", "format_version": "99"]
        try writer.write(to: path)
        #expect(loadError(path) == .unsupportedVersion(path: path, found: "99", newestSupported: Checkpoint.version))
    }
}

/// A place of its own for a test's file.
func temporaryPath(_ name: String) -> String {
    FileManager.default.temporaryDirectory.appending(path: "tessera-\(name)-\(UInt64.random(in: 0 ... .max))").path
}
