import CreditRisk
import Evaluation
import SequenceKernel
import Testing

@Suite struct StageTrainingTests {
    struct Data {
        let training, validation, test: InServiceExamples

        init(_ count: Int = 200, rare: Float = 0, test: Int = 100, withRecords: Bool = true) throws {
            training = try PlantedStages.make(count, seed: 1, rare: rare, withRecords: withRecords)
            validation = try PlantedStages.make(count / 2, first: 1_000_000, seed: 2, rare: rare, withRecords: withRecords)
            self.test = try PlantedStages.make(test, first: 2_000_000, seed: 3, rare: rare, withRecords: withRecords)
        }

        func targets(_ settings: StageDistillationSettings, threads: Int = 2) throws -> TeacherTargets {
            try TeacherTargets.outOfFold(training, validation: validation, settings, pool: WorkerPool(threads: threads))
        }

        func student(
            _ settings: StageDistillationSettings, _ targets: TeacherTargets?, threads: Int = 2
        ) throws -> PreServiceModel {
            try PreServiceModel.train(
                training.preService, validation: validation.preService, targets: targets, settings, pool: WorkerPool(threads: threads))
        }

        func scores(_ settings: StageDistillationSettings, _ targets: TeacherTargets?) throws -> [Float] {
            try student(settings, targets).probabilities(test.preService, pool: WorkerPool(threads: 2))
        }
    }

    /// Same seed, same bytes, at any number of threads; another seed, others. Whoever stands beside an applicant does not matter.
    @Test(arguments: ["transformer", "gru"]) func sameBytes(encoder: String) throws {
        let data = try Data()
        let settings = PlantedStages.settings { $0.encoder = encoder }
        let one = try data.targets(settings, threads: 1), three = try data.targets(settings, threads: 3)
        #expect(one.logits == three.logits && one.representations == three.representations)
        let first = try data.student(settings, one, threads: 1), second = try data.student(settings, one, threads: 3)
        let scores = try first.probabilities(data.test.preService, pool: WorkerPool(threads: 1))
        #expect(try scores == second.probabilities(data.test.preService, pool: WorkerPool(threads: 3)))
        #expect(first.card == second.card && scores.allSatisfy { $0 > 0 && $0 < 1 })
        var other = settings
        other.seed = 2
        #expect(try data.scores(other, one) != scores)
        let fewer = try PlantedStages.make(7, first: 2_000_000, seed: 3)
        #expect(try first.probabilities(fewer.preService, pool: WorkerPool(threads: 1)) == Array(scores[0..<7]))
    }

    /// Taking away any part changes what is learnt; weights of nothing are the same as no teacher.
    @Test func everySwitch() throws {
        let data = try Data(600)
        // The average from the first step on: whichever epoch is kept has been under it.
        let settings = PlantedStages.settings { ($0.warmUpEpochs, $0.learningRate, $0.epochs) = (0, 0.004, 4) },
            targets = try data.targets(settings)
        var seen: [[Float]] = [try data.scores(settings, targets)]
        let changes: [(String, (inout StageDistillationSettings) -> Void)] = [
            ("soft", { $0.softWeight = 0 }), ("coarse", { $0.coarseWeight = 0 }), ("fine", { $0.fineWeight = 0 }),
            ("self", { $0.selfWeight = 0 }), ("weights", { $0.reweighting = 0 }), ("other way", { $0.reweighting = -1 }),
            ("distance", { $0.coarseDistance = "normed" }), ("projection", { $0.projection = "shared" }),
            ("all", { $0 = $0.plain }), ("temperature", { $0.temperature = 4 }), ("contrast", { $0.prototypeTemperature = 0.5 }),
            ("warm-up", { $0.warmUpEpochs = 1 }), ("decay", { $0.selfDecay = 0.5 }),
        ]
        for (name, change) in changes {
            var own = settings
            change(&own)
            let scores = try data.scores(own, targets)
            #expect(!seen.contains(scores), "\(name) changes nothing")
            seen.append(scores)
        }
        // Record by record: with targets that know the records only.
        var events = settings
        (events.eventWeight, events.fineWeight) = (0.5, 0)
        #expect(refusalMessage { _ = try data.student(events, targets) }.contains("eventWeight"))
        let finer = try data.targets(events)
        #expect(finer.logits == targets.logits)
        let scores = try data.scores(events, finer)
        #expect(!seen.contains(scores))
        events.eventWeight = 0
        #expect(try data.scores(events, finer) == seen[3])
        #expect(try data.scores(settings.plain, nil) == data.scores(settings.plain, targets))
    }

    /// A teacher that sees the service beats a student that does not; what it says out of fold makes the student better.
    @Test func learnsWhatIsPlanted() throws {
        let data = try Data(1_500, rare: -0.6, test: 4_000)
        let settings = PlantedStages.settings {
            ($0.epochs, $0.patience, $0.folds, $0.learningRate, $0.profileWidth, $0.fusionWidth) = (30, 6, 3, 0.004, 16, 16)
            $0.reweighting = 0
        }
        let study = try StageStudy.run(
            training: data.training, validation: data.validation, test: data.test, settings, seeds: [1, 2], variants: [.teacher],
            resampling: Resampling(rounds: 100), pool: WorkerPool(threads: 2))
        #expect(study.lines.map(\.variant) == [.teacher, .plain, .distilled])
        let teacher = try #require(study[.teacher]), plain = try #require(study[.plain]), distilled = try #require(study[.distilled])
        #expect(try #require(teacher.lessPlain).auc.isAboveZero && #require(teacher.lessPlain).ks.isAboveZero)
        #expect(distilled.metrics.auc.estimate > plain.metrics.auc.estimate)
        // Two seeds have one degree of freedom between them: their interval is wide, and says so.
        #expect(try #require(distilled.lessPlain).logLoss.estimate < 0.005)
        #expect(study.randomness.contains("Student's t") && plain.lessPlain == nil && distilled.distilledLessThis == nil)
        let gain = try #require(distilled.lessPlain).auc.estimate
        #expect(abs(gain - (distilled.metrics.auc.estimate - plain.metrics.auc.estimate)) < 1e-12)
        #expect(try #require(plain.deviationOfAUC) > 0)
        #expect(plain.metrics.auc.estimate > 0.6)
    }

    /// Weighing the rare class up raises all probabilities, damping it lowers them.
    @Test func reweightingMovesTheLevel() throws {
        let data = try Data(600, rare: -1)
        func mean(_ power: Float) throws -> Float {
            let settings = PlantedStages.settings { ($0.reweighting, $0.effectiveNumberBeta, $0.epochs) = (power, 0.999, 6) }.plain
            return try data.scores(settings, nil).reduce(0, +) / 100
        }
        let (up, none, down) = (try mean(1), try mean(0), try mean(-1))
        #expect(up > none + 0.05 && none > down + 0.01)
    }

    /// Targets are out of fold and by customer; each teacher's part differs from what a teacher of all says.
    @Test func targetsAreOutOfFold() throws {
        let pool = WorkerPool(threads: 2)
        var pre = try PreServiceRecords(PlantedStages.before), during = try InServiceRecords(PlantedStages.service, ServiceWindow())
        for row in 0..<120 {
            try pre.append([], before: Int64(row))
            try during.append([ApplicantRecord(at: Int64(row), categories: [nil], numbers: [Float(row % 7)])], after: Int64(row))
        }
        let training = try InServiceExamples(
            PreServiceExamples(
                // Three decisions of each customer.
                customers: (0..<120).map { UInt64($0 / 3) }, decisions: (0..<120).map { Int64($0) },
                outcomes: (0..<120).map { $0 % 4 == 0 ? 1 : 0 },
                profile: ProfileFeatures(names: ["a"], count: 120, values: (0..<120).map { Float($0 % 11) }), records: pre),
            records: during)
        var judges = try PreServiceRecords(PlantedStages.before), judged = try InServiceRecords(PlantedStages.service, ServiceWindow())
        for row in 0..<40 {
            try judges.append([], before: Int64(row))
            try judged.append([], after: Int64(row))
        }
        let validation = try InServiceExamples(
            PreServiceExamples(
                customers: (0..<40).map { 900 + UInt64($0) }, decisions: (0..<40).map { Int64($0) },
                outcomes: (0..<40).map { Float($0 % 2) },
                profile: ProfileFeatures(names: ["a"], count: 40, values: (0..<40).map { Float($0) }), records: judges), records: judged)
        let settings = PlantedStages.settings { $0.folds = 4 }
        let targets = try TeacherTargets.outOfFold(training, validation: validation, settings, pool: pool)
        for row in 0..<120 { #expect(targets.foldOfApplicant[row] == targets.foldOfApplicant[row - row % 3]) }
        for fold in 0..<4 { #expect(targets.foldOfApplicant.filter { $0 == fold }.count == 30) }
        // Other outcomes of one part change what is said of the other parts, and not what is said of that part. Customers who were overdue
        // once are overdue always, so that the parts stay.
        let outcomes = training.preService.outcomes.indices.map { row in
            let own = training.preService.outcomes[row - row % 3..<row - row % 3 + 3]
            return targets.foldOfApplicant[row] == 1 && own.contains(1) ? 1 : own[row]
        }
        let changed = try InServiceExamples(
            PreServiceExamples(
                customers: training.preService.customers, decisions: training.preService.decisions, outcomes: outcomes,
                profile: training.preService.profile, records: pre), records: during)
        let others = try TeacherTargets.outOfFold(changed, validation: validation, settings, pool: pool)
        #expect(others.foldOfApplicant == targets.foldOfApplicant)
        for row in 0..<120 { #expect((others.logits[row] == targets.logits[row]) == (targets.foldOfApplicant[row] == 1)) }
    }

    /// Longer histories than are read count in the card; the latest records are those that are read.
    @Test func longHistories() throws {
        let data = try Data(80, test: 10)
        let settings = PlantedStages.settings { $0.longestRecords = 3 }.plain
        let student = try data.student(settings, nil)
        #expect(student.card.cutHistories > 0 && student.card.cutHistories < 80)
        func score(_ records: [ApplicantRecord]) throws -> Float {
            var table = try PreServiceRecords(PlantedStages.before)
            try table.append(records, before: 1_000_000_000)
            let one = try PreServiceExamples(
                customers: [1], decisions: [1_000_000_000],
                profile: ProfileFeatures(names: data.training.preService.profile.names, count: 1, values: [Float](repeating: 0, count: 8)),
                records: table)
            return try student.probabilities(one, pool: WorkerPool(threads: 1))[0]
        }
        let many = (0..<100_000).map { ApplicantRecord(at: Int64($0) * 1_000, categories: ["app"], numbers: [Float($0 % 90)]) }
        let whole = try score(many)
        #expect(try whole == score(many.reversed()) && whole.isFinite)
        #expect(try whole != score(many.suffix(2)))
        #expect(try score([]) > 0)
        // A word never seen is as good as a rare one.
        #expect(
            try score([ApplicantRecord(at: 5, categories: ["new"], numbers: [.nan])])
                == score([ApplicantRecord(at: 5, categories: ["newer"], numbers: [.nan])]))
    }
}
