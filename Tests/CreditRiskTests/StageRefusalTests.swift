import CreditRisk
import SequenceKernel
import Testing

@Suite struct StageRefusalTests {
    static let settings = PlantedStages.settings { $0.epochs = 1 }

    /// The same applicants with other columns or rows.
    static func examples(
        _ source: PreServiceExamples, customers: [UInt64]? = nil, outcomes: [Float]? = nil, names: [String]? = nil, values: [Float]? = nil,
        records: PreServiceRecords?? = nil
    ) throws -> PreServiceExamples {
        let names = names ?? source.profile.names
        return try PreServiceExamples(
            customers: customers ?? source.customers, decisions: source.decisions, outcomes: outcomes ?? source.outcomes,
            profile: ProfileFeatures(
                names: names, count: source.count,
                values: values ?? (0..<source.count * names.count).map { Float($0 % 13) }), records: records ?? source.records)
    }

    /// A student is told by name which columns of a table are known only in service: in the profile, in the records, in a header.
    @Test func inServiceFields() throws {
        let data = try StageTrainingTests.Data(80, test: 20)
        let targets = try data.targets(Self.settings), student = try data.student(Self.settings, targets)
        let pool = WorkerPool(threads: 1), test = data.test.preService
        #expect(student.refusedFieldNames == ["payment", "days_late"])
        #expect(student.fieldNames == test.profile.names + ["channel", "amount"])
        let profile = try Self.examples(test, names: test.profile.names + ["days_late"])
        #expect(throws: StageDistillationError.inServiceFields(["days_late"])) { try student.probabilities(profile, pool: pool) }
        var records = try PreServiceRecords(RecordFields(categories: ["channel", "payment"], numbers: ["amount"]))
        for decision in test.decisions { try records.append([], before: decision) }
        let table = try Self.examples(test, records: records)
        #expect(throws: StageDistillationError.inServiceFields(["payment"])) { try student.probabilities(table, pool: pool) }
        #expect(throws: StageDistillationError.inServiceFields(["payment", "days_late"])) {
            try student.check(columns: ["income", "payment", "amount", "days_late"])
        }
        try student.check(columns: ["income", "amount"])
        // Neither can it be taught on them.
        let taught = try Self.examples(data.training.preService, names: data.training.preService.profile.names + ["payment"])
        #expect(throws: StageDistillationError.inServiceFields(["payment"])) {
            try PreServiceModel.train(taught, validation: data.validation.preService, targets: targets, Self.settings, pool: pool)
        }
        #expect(StageDistillationError.inServiceFields(["payment"]).description.contains("payment are known only after"))
    }

    @Test func otherFields() throws {
        let data = try StageTrainingTests.Data(80, test: 20)
        let student = try data.student(Self.settings.plain, nil), pool = WorkerPool(threads: 1), test = data.test.preService
        var names = test.profile.names
        names[1] = "debts"
        #expect(throws: StageDistillationError.otherFields(missing: ["debt"], unexpected: ["debts"])) {
            try student.probabilities(try Self.examples(test, names: names), pool: pool)
        }
        #expect(throws: StageDistillationError.otherFields(missing: ["channel", "amount"], unexpected: [])) {
            try student.probabilities(try Self.examples(test, records: .some(nil)), pool: pool)
        }
        #expect(throws: StageDistillationError.otherOrder) {
            try student.probabilities(try Self.examples(test, names: test.profile.names.reversed()), pool: pool)
        }
        let teacher = try InServiceModel.train(data.training, validation: data.validation, Self.settings, pool: pool)
        var short = try InServiceRecords(PlantedStages.service, ServiceWindow(closes: 86_400, outcomesFrom: 90 * 86_400))
        for decision in test.decisions { try short.append([], after: decision) }
        #expect(
            refusalMessage { _ = try teacher.probabilities(InServiceExamples(test, records: short), pool: pool) }.contains("another window")
        )
    }

    /// A teacher of other customers, of some of them, or of more of them is refused, with their numbers.
    @Test func otherCustomers() throws {
        let data = try StageTrainingTests.Data(80), other = try PlantedStages.make(80, first: 40, seed: 1)
        let targets = try data.targets(Self.settings), pool = WorkerPool(threads: 1)
        #expect(throws: StageDistillationError.otherCustomers(missing: 40, unexpected: 40)) {
            try PreServiceModel.train(
                other.preService, validation: data.validation.preService, targets: targets, Self.settings, pool: pool)
        }
        let fewer = try PlantedStages.make(79, seed: 1)
        #expect(throws: StageDistillationError.otherCustomers(missing: 0, unexpected: 1)) {
            try PreServiceModel.train(
                fewer.preService, validation: data.validation.preService, targets: targets, Self.settings, pool: pool)
        }
        // The same customers at other decisions are other applicants.
        #expect(targets.split == (try data.student(Self.settings, targets)).card.split)
        #expect(
            refusalMessage {
                _ = try PreServiceModel.train(
                    data.training.preService, validation: data.training.preService, targets: targets, Self.settings, pool: pool)
            }.contains("split by customer"))
        var wide = Self.settings
        wide.teacherWidth = 9
        #expect(refusalMessage { _ = try data.student(wide, targets) }.contains("teacherWidth"))
    }

    /// The order of the rows is the caller's: targets find their applicants.
    @Test func targetsByApplicant() throws {
        let data = try StageTrainingTests.Data(80)
        let targets = try data.targets(Self.settings), same = try targets.ordered(for: data.training.preService)
        #expect(same.logits == targets.logits && same.representations == targets.representations)
        let own = data.training.preService
        let turned = try PreServiceExamples(
            customers: own.customers.reversed(), decisions: own.decisions.reversed(), outcomes: own.outcomes.reversed(),
            profile: own.profile)
        let found = try targets.ordered(for: turned)
        #expect(found.logits == targets.logits.reversed() && found.foldOfApplicant == targets.foldOfApplicant.reversed())
        #expect(Array(found.representations[0..<7]) == Array(targets.representations.suffix(7)))
    }

    @Test func windows() throws {
        #expect(refusalMessage { _ = try ServiceWindow(closes: 91 * 86_400, outcomesFrom: 90 * 86_400) }.contains("window"))
        #expect(refusalMessage { _ = try ServiceWindow(closes: 0) }.contains("window"))
        var before = try PreServiceRecords(PlantedStages.before), after = try InServiceRecords(PlantedStages.service, ServiceWindow())
        func record(_ time: Int64, _ number: Float = 1) -> ApplicantRecord {
            ApplicantRecord(at: time, categories: ["a"], numbers: [number])
        }
        for time in [1_000, 1_001, Int64.max] as [Int64] {
            #expect(refusalMessage { try before.append([record(10), record(time)], before: 1_000) }.contains("not before the decision"))
        }
        for time in [999, 1_000 + 90 * 86_400, Int64.min, Int64.max] as [Int64] {
            #expect(refusalMessage { try after.append([record(time)], after: 1_000) }.contains("outside its window"))
        }
        #expect(refusalMessage { try before.append([record(1, .infinity)], before: 1_000) }.contains("amount of a record is infinite"))
        #expect(refusalMessage { try before.append([ApplicantRecord(at: 1)], before: 1_000) }.contains("0 categories and 0 numbers"))
        #expect(before.count == 0 && after.count == 0)
        try before.append([record(999, .nan), record(5)], before: 1_000)
        try after.append([record(1_000 + 90 * 86_400 - 1), record(1_000)], after: 1_000)
        #expect(before.count == 1 && after.recordCount == 2 && before.unordered == 1)
        // From the grant where that is told: two days later the window closes two days later, and outcomes count two days later.
        let late = 1_000 + 92 * 86_400 as Int64, grant = 1_000 + 2 * 86_400 as Int64
        var granted = try InServiceRecords(PlantedStages.service, ServiceWindow())
        #expect(refusalMessage { try granted.append([record(late)], after: 1_000, granted: grant) }.contains("outside its window"))
        #expect(refusalMessage { try granted.append([], after: 1_000, granted: 999) }.contains("granted before the decision"))
        #expect(refusalMessage { try granted.append([], after: 1_000, granted: Int64.max) }.contains("thousands of years"))
        try granted.append([record(late - 1)], after: 1_000, granted: grant)
        func known(_ time: Int64) throws -> PreServiceExamples {
            try PreServiceExamples(
                customers: [7], decisions: [1_000], outcomes: [0], outcomeTimes: [time],
                profile: ProfileFeatures(names: ["a"], count: 1, values: [1]))
        }
        #expect(refusalMessage { _ = try InServiceExamples(known(late - 1), records: granted) }.contains("outcomes begin to count"))
        _ = try InServiceExamples(known(late), records: granted)
        #expect(refusalMessage { _ = try PreServiceRecords(RecordFields()) }.contains("no fields"))
        #expect(refusalMessage { _ = try PreServiceRecords(RecordFields(categories: ["a"], numbers: ["a"])) }.contains("name each once"))
    }

    @Test func badExamples() throws {
        let data = try StageTrainingTests.Data(80), own = data.training.preService, pool = WorkerPool(threads: 1)
        func taught(_ examples: PreServiceExamples) -> String {
            refusalMessage {
                _ = try PreServiceModel.train(examples, validation: data.validation.preService, Self.settings.plain, pool: pool)
            }
        }
        let zeros = [Float](repeating: 0, count: own.count)
        #expect(taught(try Self.examples(own, outcomes: zeros)).contains("the same outcome"))
        #expect(
            taught(try Self.examples(own, outcomes: [.nan] + own.outcomes.dropFirst())).contains("1 of those learnt from have no outcome"))
        let label = own.outcomes.flatMap { [$0] + [Float](repeating: 1, count: 7) }
        #expect(taught(try Self.examples(own, values: label)).contains("income is the outcome itself"))
        #expect(refusalMessage { _ = try Self.examples(own, outcomes: [2] + own.outcomes.dropFirst()) }.contains("neither 0 nor 1"))
        #expect(
            refusalMessage { _ = try Self.examples(own, values: [.infinity] + [Float](repeating: 0, count: 639)) }
                .contains("income is infinite"))
        #expect(refusalMessage { _ = try ProfileFeatures(names: ["a", "a"], count: 1, values: [1, 2]) }.contains("name each once"))
        #expect(refusalMessage { _ = try ProfileFeatures(names: ["a"], count: 2, values: [1]) }.contains("1 values of 1 features for 2"))
        func timed(_ times: [Int64?]?, customers: [UInt64] = [7, 8]) throws -> PreServiceExamples {
            try PreServiceExamples(
                customers: customers, decisions: [100, 100], outcomes: [0, 1], outcomeTimes: times,
                profile: ProfileFeatures(names: ["a"], count: 2, values: [1, 2]))
        }
        #expect(
            refusalMessage { _ = try timed([200, 100]) } == "applicant 1 (from 0): the outcome was known when it was decided; "
                + "leave the applicant out or correct the times")
        #expect(refusalMessage { _ = try timed(nil, customers: [7, 7]) }.contains("the same customer and decision"))
        var records = try InServiceRecords(PlantedStages.service, ServiceWindow(closes: 50, outcomesFrom: 60))
        for _ in 0..<2 { try records.append([], after: 100) }
        #expect(refusalMessage { _ = try InServiceExamples(timed([160, 159]), records: records) }.contains("applicant 1 (from 0)"))
        _ = try InServiceExamples(timed([160, 161]), records: records)
        // One that is not told leaves the others to be checked.
        #expect(refusalMessage { _ = try timed([nil, 100]) }.contains("applicant 1 (from 0): the outcome was known when it was decided"))
        #expect(refusalMessage { _ = try InServiceExamples(timed([nil, 159]), records: records) }.contains("applicant 1 (from 0)"))
        _ = try InServiceExamples(timed([nil, 160]), records: records)
        #expect(refusalMessage { _ = try timed([nil]) }.contains("1 times of outcomes"))
        // No message says who it is about.
        #expect(!refusalMessage { _ = try timed(nil, customers: [7_777_777, 7_777_777]) }.contains("7777777"))
        #expect(refusalMessage { _ = try data.student(PlantedStages.settings { $0.heads = 5 }, nil) }.contains("heads"))
        #expect(refusalMessage { _ = try data.targets(PlantedStages.settings { $0.folds = 81 }) }.contains("folds"))
        #expect(throws: StageDistillationError.cancelled) {
            try PreServiceModel.train(own, validation: data.validation.preService, Self.settings, pool: pool) { _ in false }
        }
        #expect(throws: StageDistillationError.cancelled) {
            try TeacherTargets.outOfFold(data.training, validation: data.validation, Self.settings, pool: pool) { fold, _ in fold == 0 }
        }
    }

    /// Nobody has any records: the profile alone is read, and scores are numbers.
    @Test func emptyRecords() throws {
        let data = try StageTrainingTests.Data(80, withRecords: false)
        var empty = try PreServiceRecords(PlantedStages.before)
        for decision in data.training.preService.decisions { try empty.append([], before: decision) }
        let examples = try Self.examples(data.training.preService, records: empty)
        var judge = try PreServiceRecords(PlantedStages.before)
        for decision in data.validation.preService.decisions { try judge.append([], before: decision) }
        let validation = try Self.examples(data.validation.preService, records: judge)
        for encoder in ["gru", "transformer"] {
            let student = try PreServiceModel.train(
                examples, validation: validation, PlantedStages.settings { $0.encoder = encoder }, pool: WorkerPool(threads: 2))
            #expect(try student.probabilities(validation, pool: WorkerPool(threads: 2)).allSatisfy { $0 > 0 && $0 < 1 })
        }
    }
}
