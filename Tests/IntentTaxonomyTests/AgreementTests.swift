import Evaluation
import Foundation
import IntentTaxonomy
import Testing

/// Coefficients of agreement against tools/reference/agreement.py, which computes them pair by pair with fractions.
@Suite struct AgreementTests {
    struct Golden: Decodable {
        struct Published: Decodable {
            let source: String
            let coefficient: String
            let value: Double
            let places: Int
            let computed: Double
            let units: [[Int]]?
            let table: [[Double]]?
            let values: [[Double]]?
        }
        struct Drawn: Decodable {
            let units: [[Int]]
            let table: [[Double]]
            let values: [[Double]]
            let cohen: Double?
            let fleiss: Double?
            let krippendorff: Double?
            let krippendorff_of_values: Double?
        }
        let tolerance: Double
        let published: [Published]
        let drawn: [Drawn]

        static func read() throws -> Golden {
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/agreement.json")
            return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        }
    }

    static func isNear(_ a: Double?, _ b: Double?, _ tolerance: Double) -> Bool {
        guard let a, let b else { return a == nil && b == nil }
        return abs(a - b) <= tolerance
    }

    @Test func workedExamplesOfTheLiterature() throws {
        let golden = try Golden.read()
        #expect(golden.published.count == 4)
        for example in golden.published {
            let value: Double?
            switch example.coefficient {
            case "cohen": value = AgreementStatistics.cohen(try #require(example.table))
            case "fleiss": value = AgreementStatistics.fleiss(try #require(example.units))
            case "krippendorff": value = AgreementStatistics.krippendorff(try #require(example.units))
            default: value = AgreementStatistics.krippendorff(ofValues: try #require(example.values))
            }
            // Published to so many places.
            #expect(
                Self.isNear(value, example.value, 0.5 * pow(10, -Double(example.places)) + 1e-12), "\(example.source): \(value ?? .nan)")
            #expect(Self.isNear(value, example.computed, golden.tolerance), "\(example.source)")
        }
    }

    @Test func drawnTablesOfEveryKind() throws {
        let golden = try Golden.read()
        #expect(golden.drawn.count == 12)
        for (number, drawn) in golden.drawn.enumerated() {
            #expect(Self.isNear(AgreementStatistics.cohen(drawn.table), drawn.cohen, golden.tolerance), "table \(number)")
            #expect(Self.isNear(AgreementStatistics.fleiss(drawn.units), drawn.fleiss, golden.tolerance), "table \(number)")
            #expect(Self.isNear(AgreementStatistics.krippendorff(drawn.units), drawn.krippendorff, golden.tolerance), "table \(number)")
            #expect(
                Self.isNear(AgreementStatistics.krippendorff(ofValues: drawn.values), drawn.krippendorff_of_values, golden.tolerance),
                "table \(number)")
        }
    }

    @Test func weightsAreRepetitions() throws {
        for drawn in try Golden.read().drawn {
            let twice = drawn.units + drawn.units + drawn.units
            let weights = drawn.units.map { _ in 3.0 }
            #expect(
                Self.isNear(AgreementStatistics.krippendorff(drawn.units, weights: weights), AgreementStatistics.krippendorff(twice), 1e-12)
            )
            #expect(Self.isNear(AgreementStatistics.fleiss(drawn.units, weights: weights), AgreementStatistics.fleiss(twice), 1e-12))
        }
    }

    @Test func nothingIsMadeUpWhereThereIsNothing() {
        let agreed = [[2, 0], [2, 0], [3, 0]]
        #expect(AgreementStatistics.fleiss(agreed) == nil && AgreementStatistics.krippendorff(agreed) == nil)
        #expect(AgreementStatistics.observed(agreed) == 1)
        #expect(AgreementStatistics.cohen([[4, 0], [0, 0]]) == nil && AgreementStatistics.cohen([[0, 0], [0, 0]]) == nil)
        #expect(AgreementStatistics.observed([[1, 0]]) == nil && AgreementStatistics.krippendorff([[1, 0], [0, 1]]) == nil)
        #expect(AgreementStatistics.krippendorff(ofValues: [[0.3, 0.3], [0.3, 0.3, 0.3]]) == nil)
        #expect(AgreementStatistics.krippendorff(ofValues: []) == nil && AgreementStatistics.fleiss([]) == nil)
    }

    // What annotators say of sessions 0, 1, …: confidences of compare and pay.
    static func set(_ said: [(session: Int, annotator: String, compare: Double, pay: Double)]) -> LabelSet {
        LabelSet(
            taxonomy: TaxonomyTests.small,
            annotations: said.map { Annotation(session: $0.session, annotator: $0.annotator, confidences: [$0.compare, $0.pay]) })
    }

    @Test func aTableOfTwoAnnotatorsHasTheCountsOneWrites() throws {
        // Both: pay in 0, 1; disagree on 2; compare never by either on shared ones but by a alone in 3.
        let labels = Self.set([
            (0, "a", 0, 0.9), (0, "b", 0, 0.8), (1, "a", 0, 0.6), (1, "b", 0, 0.5), (2, "a", 0, 0.7), (2, "b", 0, 0.2), (3, "a", 0.9, 0),
            (4, "a", 0, 0), (4, "b", 0, 0.1),
        ])
        let agreement = try LabelAgreement(labels)
        #expect(agreement.sources == ["a", "b"] && agreement.sessions == 5 && agreement.sharedSessions == 4)
        let pay = agreement.intents[1]
        #expect(pay.intent == "pay" && pay.positives == 2 && pay.positivesBySource == [3, 2])
        #expect(pay.observed == 0.75)
        // Table: both 2, only a 1, neither 1: observed 3/4, expected (3/4)(2/4) + (1/4)(2/4) = 1/2.
        #expect(Self.isNear(pay.cohen?.estimate, 0.5, 1e-12))
        #expect(agreement.intents[0].cohen == nil && agreement.intents[0].positives == 1)
        // Hits 2; named by a 3 and by b 2 in shared sessions: 2·2/5.
        #expect(agreement.pairs.count == 1 && Self.isNear(agreement.pairs[0].microF1?.estimate, 0.8, 1e-12))
        // Session 2 has 0.45 in the mean, and session 4 nothing.
        #expect(Self.isNear(agreement.shareOfOther.estimate, 0.4, 1e-12))
        #expect(Self.isNear(agreement.intentsPerSession, 3.0 / 5, 1e-12))
    }

    @Test func intervalsHoldTheEstimateAndComeBackTheSame() throws {
        var said: [(session: Int, annotator: String, compare: Double, pay: Double)] = []
        for session in 0..<60 {
            said.append((session, "a", session % 3 == 0 ? 1 : 0, session % 2 == 0 ? 1 : 0))
            said.append((session, "b", session % 3 == 0 && session % 5 != 0 ? 1 : 0, session % 2 == 0 ? 1 : 0))
        }
        let one = try LabelAgreement(Self.set(said))
        #expect(try LabelAgreement(Self.set(said)) == one)
        let alpha = try #require(one.intents[0].krippendorff)
        #expect(alpha.lower < alpha.estimate && alpha.estimate < alpha.upper && alpha.upper <= 1)
        #expect(one.intents[1].krippendorff?.lower == 1)
        // With more sessions the interval is narrower.
        let fewer = try LabelAgreement(Self.set(said.filter { $0.session < 20 }))
        let wide = try #require(fewer.intents[0].krippendorff)
        #expect(wide.upper - wide.lower > alpha.upper - alpha.lower)
    }

    @Test func threeAnnotatorsHaveNoCohenAndAllPairs() throws {
        let agreement = try LabelAgreement(
            Self.set([(0, "a", 1, 0), (0, "b", 1, 0), (0, "c", 0, 0), (1, "a", 0, 1), (1, "b", 0, 1), (1, "c", 0, 1)]))
        #expect(agreement.intents.allSatisfy { $0.cohen == nil } && agreement.intents[1].fleiss?.estimate == 1)
        #expect(agreement.pairs.map { "\($0.first)\($0.second)" } == ["ab", "ac", "bc"])
    }

    @Test func theLastWordIsNotPartOfTheAgreement() throws {
        let labels = Self.set([(0, "a", 1, 0), (0, "b", 1, 0), (1, "a", 0, 1), (1, "b", 1, 1), (1, "judge", 0, 0)])
        let agreement = try LabelAgreement(labels, merge: LabelMerge(deciding: ["judge"]))
        #expect(agreement.sources == ["a", "b"])
        #expect(agreement.intents[1].positives == 0 && agreement.intents[1].observed == 1)
        #expect(throws: LabelError.noSuchAnnotator(name: "nobody")) { try LabelAgreement(labels, merge: LabelMerge(deciding: ["nobody"])) }
    }

    @Test func theGateHoldsBackAndYieldsToNames() throws {
        var said: [(session: Int, annotator: String, compare: Double, pay: Double)] = []
        for session in 0..<40 {
            said.append((session, "a", session % 2 == 0 ? 1 : 0, session == 0 ? 1 : 0))
            said.append((session, "b", session % 2 == 1 ? 1 : 0, session == 0 ? 1 : 0))
        }
        let agreement = try LabelAgreement(Self.set(said))
        let verdicts = try LabelGate().verdicts(agreement)
        #expect(verdicts[0].reasons == [.noNegative, .lowAgreement] && verdicts[1].reasons == [.fewPositives])
        #expect(throws: LabelError.self) { try LabelGate().trained(agreement) }
        #expect(try LabelGate(overrides: ["pay"]).trained(agreement) == ["pay"])
        #expect(try LabelGate(overrides: ["pay"]).verdicts(agreement)[1].isOverridden)
        #expect(try LabelGate(minimumPositives: 1).trained(agreement) == ["pay"])
        #expect(throws: LabelError.noSuchIntent(id: "buying")) { try LabelGate(overrides: ["buying"]).verdicts(agreement) }
    }

    @Test func anIntentWithoutPositiveIsNotTrainedEvenByName() throws {
        let agreement = try LabelAgreement(Self.set([(0, "a", 1, 0), (1, "a", 0, 0)]))
        #expect(try LabelGate(minimumPositives: 1).verdicts(agreement)[1].reasons == [.noPositive])
        // Nobody labelled twice: the count alone decides.
        #expect(try LabelGate(minimumPositives: 1).verdicts(agreement)[0].isAgreementKnown == false)
        #expect(try LabelGate(minimumPositives: 1).trained(agreement) == ["compare"])
        do {
            _ = try LabelGate(overrides: ["pay"]).verdicts(agreement)
            Issue.record("was accepted")
        } catch {
            #expect("\(error)".contains("pay") && "\(error)".contains("no labelled session shows it"))
        }
    }

    @Test func conflictsComeWorstFirstAndGoWhenDecided() throws {
        var annotations = [
            Annotation(session: 0, annotator: "a", confidences: [0.6, 0]), Annotation(session: 0, annotator: "b", confidences: [0.3, 0]),
            Annotation(session: 1, annotator: "a", confidences: [1, 0]), Annotation(session: 1, annotator: "b", confidences: [0, 0.9]),
            Annotation(session: 2, annotator: "a", confidences: [0.5, 0]), Annotation(session: 2, annotator: "b", confidences: [0.45, 0]),
            Annotation(session: 3, annotator: "a", confidences: [1, 1]),
        ]
        let contradiction = Contradiction(session: 3, source: "b", intents: ["pay"])
        let queue = ConflictQueue(
            LabelSet(taxonomy: TaxonomyTests.small, annotations: annotations, contradictions: [contradiction]))
        #expect(queue.entries.map(\.number) == [1, 3, 0])
        #expect(queue.entries[0].questions.map(\.intent) == ["compare", "pay"])
        #expect(queue.entries[0].questions[0].confidences == ["a": 1, "b": 0])
        #expect(queue.entries[1].kind == .contradictingDuplicate && queue.entries[1].annotator == "b")
        #expect(queue.jsonLines.split(separator: "\n").count == 3)
        annotations.insert(Annotation(session: 1, annotator: "judge", confidences: [1, 0]), at: 4)
        annotations.append(Annotation(session: 3, annotator: "judge", confidences: [1, 0]))
        let decided = ConflictQueue(
            LabelSet(taxonomy: TaxonomyTests.small, annotations: annotations, contradictions: [contradiction]),
            merge: LabelMerge(deciding: ["judge"]))
        #expect(decided.entries.map(\.number) == [0])
    }

    @Test func rulesOfMerging() throws {
        let labels = Self.set([(0, "a", 1, 0.9), (0, "b", 0.2, 0.7), (0, "c", 0, 0.1), (1, "a", 1, 0), (1, "b", 0, 0), (7, "a", 0.3, 1)])
        let mean = try labels.merged()
        #expect(mean.sessions == [0, 1, 7] && mean.intents == ["compare", "pay"])
        #expect(zip(mean.confidences, [0.4, 1.7 / 3, 0.5, 0, 0.3, 1]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(mean.positives == [1, 2])
        let majority = try labels.merged(LabelMerge(rule: .majority))
        #expect(majority.confidences == [0, 1, 0.5, 0, 0, 1])
        #expect(try labels.merged(LabelMerge(deciding: ["b"])).confidences == [0.2, 0.7, 0, 0, 0.3, 1])
        #expect(Array(mean[2]) == [0.3, 1])
    }

    @Test func theTableReadsWell() throws {
        let labels = Self.set([
            (0, "a", 1, 0.9), (0, "b", 1, 0.7), (1, "a", 1, 0), (1, "b", 0, 0), (2, "a", 0, 0), (2, "b", 1, 0), (3, "a", 0, 0),
        ])
        let agreement = try LabelAgreement(labels)
        let lines = agreement.text(try LabelGate(minimumPositives: 1, overrides: ["compare"]).verdicts(agreement)).split(separator: "\n")
        #expect(lines[0].hasPrefix("4 sessions labelled by a, b; 3 by at least two; 1.00 intents a session"))
        #expect(lines[1].hasPrefix("b beside a on 3 sessions: micro F1 0.67"))
        #expect(lines[2].contains("Cohen's kappa") && lines[2].contains("Krippendorff's alpha"))
        #expect(lines[3].hasPrefix("compare          3  2  2   0.33") && lines[3].hasSuffix("trained by name (low agreement)"))
        #expect(lines[4].hasPrefix("pay              1  1  1   1.00") && lines[4].hasSuffix("trained"))
        #expect(lines[5] == "2 of 2 intents pass the gate")
    }
}
