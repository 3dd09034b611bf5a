import DurableFiles
import Evaluation
import Foundation
import Recommendation
import SequenceKernel
import Testing

/// Decisions of customers with two features that matter, one that never changes and one that is mostly missing.
enum ConversionSample {
    static let names = ["balance", "visits", "constant", "rare"]
    static let classes = ["none", "loan", "card", "fund"]

    /// - Parameter absent: classes that nobody takes.
    static func examples(_ count: Int = 900, seed: UInt64 = 1, absent: Set<Int32> = [3]) throws -> ConversionExamples {
        var source = UnitSource(seed)
        var (features, outcome) = ([Float](), [Int32]())
        for _ in 0..<count {
            let (balance, visits) = (source.unit() * 2 - 1, source.unit() * 2 - 1)
            features += [balance, visits, 4, source.unit() < 0.8 ? .nan : source.unit()]
            let weights = [1, expf(3 * balance - 1), expf(3 * visits - 1), 1].enumerated().map { absent.contains(Int32($0)) ? 0 : $1 }
            var draw = source.unit() * weights.reduce(0, +)
            var label = 0
            while label < 3 && draw >= weights[label] { draw -= weights[label]; label += 1 }
            while absent.contains(Int32(label)) { label -= 1 }
            outcome.append(Int32(label))
        }
        return try ConversionExamples(
            names: names, features: features, classes: classes, outcome: outcome, customer: (0..<count).map { Int32($0 / 3) },
            time: (0..<count).map { Int64($0) })
    }

    static func settings(_ head: ConversionSettings.Head) -> ConversionSettings {
        var settings = ConversionSettings(head)
        (settings.folds, settings.depths, settings.rounds, settings.patience) = (3, [2, 3], 60, 10)
        (settings.strengths, settings.learningRate) = ([0.1, 0.01, 0.001], 0.2)
        return settings
    }
}

@Suite struct ConversionTests {
    @Test(arguments: ConversionSettings.Head.allCases) func foretellsCustomersItNeverSaw(_ head: ConversionSettings.Head) throws {
        let training = try ConversionPredictor.train(
            ConversionSample.examples(), ConversionSample.settings(head), pool: WorkerPool(threads: 2))
        let predictor = training.predictor
        let judged = try ConversionSample.examples(600, seed: 2)
        let probabilities = try predictor.probabilities(judged)
        for row in 0..<judged.count {
            #expect(abs(probabilities[row * 4..<row * 4 + 4].reduce(0, +) - 1) < 1e-5)
        }
        let losses = ClassificationMetrics.logLosses(probabilities: probabilities, right: judged.outcome, classes: 4)
        let mean = losses.reduce(0, +) / 600
        #expect(mean < predictor.card.heldOutLogLossOfShares - 0.1)
        // What was held out says what is to be expected: 900 and 600 decisions differ by some 0.04.
        #expect(abs(mean - predictor.card.heldOutLogLoss) < 0.08)
        #expect(predictor.card.absentClasses == ["fund"] && predictor.card.constantFeatures == ["constant"])
        #expect(predictor.card.customers == 300 && predictor.card.decisions == 900 && predictor.card.outcomes["fund"] == 0)
        let fund = Float(0.5 / 900.5)
        #expect((0..<600).allSatisfy { abs(probabilities[$0 * 4 + 3] - fund) < 1e-7 })
        let offers = predictor.offers(probabilities)
        #expect(Set(offers).isSubset(of: [0, 1, 2]) && offers.contains(0) && offers.contains(1))
        #expect(ClassificationMetrics(right: judged.outcome, predicted: offers, classes: 4).microF1(background: 0) > 0.5)
    }

    @Test(arguments: ConversionSettings.Head.allCases) func sameBytesAtAnyNumberOfThreadsAndFromItsFiles(
        _ head: ConversionSettings.Head
    ) throws {
        let folder = NSTemporaryDirectory() + "conversion-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (examples, settings) = (try ConversionSample.examples(300), ConversionSample.settings(head))
        let one = try ConversionPredictor.train(examples, settings, pool: WorkerPool(threads: 1))
        let four = try ConversionPredictor.train(examples, settings, pool: WorkerPool(threads: 4))
        #expect(one.heldOut == four.heldOut)
        let id = try one.predictor.write(to: folder)
        #expect(try four.predictor.write(to: folder + "-b") == id)
        defer { try? FileManager.default.removeItem(atPath: folder + "-b") }
        let read = try ConversionPredictor(folder)
        #expect(try read.probabilities(examples) == one.predictor.probabilities(examples))
        #expect(read.id == id && read.card == one.predictor.card && read.threshold == one.predictor.threshold)
        let file = folder + (head == .softmax ? "/softmax.safetensors" : "/trees.json")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: file))
        #expect { _ = try ConversionPredictor(folder) } throws: { "\($0)".contains("its bytes are not those that were written") }
        #expect { _ = try ConversionPredictor(folder + "-c") } throws: { "\($0)".contains("no conversion predictor here") }
    }

    @Test(arguments: ConversionSettings.Head.allCases) func progressIsToldAndMayStopIt(_ head: ConversionSettings.Head) throws {
        let (examples, settings) = (try ConversionSample.examples(200), ConversionSample.settings(head))
        var shares: [Double] = []
        let whole = try ConversionPredictor.train(examples, settings, pool: WorkerPool(threads: 2)) {
            shares.append($0); return true
        }
        #expect(shares.first == 0 && zip(shares, shares.dropFirst()).allSatisfy { $0 < $1 } && shares.last! < 1 && shares.count > 2)
        #expect(whole.predictor.card.customers == 67)
        for last in shares {
            let error = #expect(throws: ConversionError.self) {
                try ConversionPredictor.train(examples, settings, pool: WorkerPool(threads: 2)) { $0 < last }
            }
            guard case .cancelled = error else {
                Issue.record("stopped at \(last): \(String(describing: error))")
                continue
            }
        }
    }

    @Test func productsThatNobodyNamedAreCountedApart() throws {
        let folder = try scratchFolder()
        let text = "customer_id,time_ms,product\na,1,loan\nb,2,yacht\na,3,boat\n,4,loan\n"
        let path = "\(folder.path)/a.csv"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        var index = CustomerIndex()
        let open = try ApplicationTable(path, customers: &index)
        #expect(open.products == ["boat", "loan", "yacht"] && open.unknown == 0 && open.rejects.total == 1)
        let known = try ApplicationTable(path, products: ["loan", "(unknown)"], customers: &index)
        #expect(known.products == ["loan", "(unknown)", "((unknown))"] && known.unknown == 2 && known.rejects.total == 1)
        #expect(known.applications.map(\.product) == [1, 3, 3] && known.applications.map(\.customer) == [0, 1, 0])
        #expect(try ApplicationTable(path, products: ["loan", "boat", "yacht"], customers: &index).unknown == 0)
    }

    @Test func columnsAreFoundByNameAndOthersRefused() throws {
        let predictor = try ConversionPredictor.train(
            ConversionSample.examples(200), ConversionSample.settings(.softmax), pool: WorkerPool(threads: 1)
        ).predictor
        let straight = try predictor.probabilities([0.5, -0.5, 4, .nan], names: ConversionSample.names)
        #expect(try predictor.probabilities([.nan, 4, -0.5, 0.5], names: ConversionSample.names.reversed()) == straight)
        #expect(try predictor.probabilities([0.5, -0.5, 99, .nan], names: ConversionSample.names) == straight, "constant in training")
        #expect { _ = try predictor.probabilities([1, 2, 3, 4], names: ["balance", "visits", "constant", "income"]) } throws: {
            "\($0)".contains("missing: rare") && "\($0)".contains("not known: income")
        }
        #expect(throws: ConversionError.self) { try predictor.probabilities([1, 2, 3], names: ConversionSample.names) }
        #expect(throws: ConversionError.self) { try predictor.probabilities([.infinity, 2, 3, 4], names: ConversionSample.names) }
    }

    @Test(arguments: ConversionSettings.Head.allCases) func oneClassOnlyGivesTheShares(_ head: ConversionSettings.Head) throws {
        let folder = NSTemporaryDirectory() + "conversion-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let examples = try ConversionSample.examples(90, absent: [1, 2, 3])
        let training = try ConversionPredictor.train(examples, ConversionSample.settings(head), pool: WorkerPool(threads: 1))
        try training.predictor.write(to: folder)
        let probabilities = try ConversionPredictor(folder).probabilities(examples)
        #expect(abs(probabilities[0] - 90 / 91.5) < 1e-6 && abs(probabilities[1] - 0.5 / 91.5) < 1e-6)
        #expect(training.predictor.card.heldOutAUC == nil && training.predictor.threshold == 2)
        #expect(training.predictor.offers(probabilities).allSatisfy { $0 == 0 })
    }

    @Test func twoCustomersAreTheLeast() throws {
        var examples = try ConversionSample.examples(6)
        _ = try ConversionPredictor.train(examples, ConversionSample.settings(.softmax), pool: WorkerPool(threads: 1))
        examples = examples.selecting([0, 1, 2])
        #expect { _ = try ConversionPredictor.train(examples, pool: WorkerPool(threads: 1)) } throws: { "\($0)".contains("1 customers") }
    }

    @Test func theLatestCustomersMayBeTheOnesHeldOut() throws {
        // What one feature means turns round after two thirds of the time; only the latest customers know which of two others lasts.
        var source = UnitSource(12)
        var (features, outcome) = ([Float](), [Int32]())
        for row in 0..<900 {
            let (passing, lasting) = (source.unit() * 2 - 1, source.unit() * 2 - 1)
            features += [passing, lasting]
            outcome.append(source.unit() < 1 / (1 + expf(-(row < 600 ? 4 * passing : 0) - lasting)) ? 1 : 0)
        }
        let examples = try ConversionExamples(
            names: ["passing", "lasting"], features: features, classes: ["none", "loan"], outcome: outcome,
            customer: (0..<900).map { Int32($0 / 2) }, time: (0..<900).map { Int64($0) })
        var settings = ConversionSample.settings(.softmax)
        settings.strengths = [1, 0.0001]
        let folds = try ConversionPredictor.train(examples, settings, pool: WorkerPool(threads: 1))
        settings.heldOut = .latest
        let latest = try ConversionPredictor.train(examples, settings, pool: WorkerPool(threads: 1))
        #expect(folds.heldOutRows.count == 900 && latest.heldOutRows == Array(630..<900))
        #expect(latest.heldOut.count == 540 && latest.predictor.card.heldOutDecisions == 270)
        #expect(folds.predictor.card.strength == 0.0001 && latest.predictor.card.strength == 1)
        // Nearly nothing learnt of the passing feature still holds, and the temperature says so.
        #expect(latest.predictor.temperature > 2 * folds.predictor.temperature)
        settings.latestShare = 0
        #expect(throws: ConversionError.self) { try settings.validate() }
    }

    @Test func missingValuesSpeak() throws {
        // The outcome is told by nothing but the absence of a value.
        var source = UnitSource(4)
        let outcome = (0..<300).map { _ in Int32(source.unit() < 0.5 ? 1 : 0) }
        let examples = try ConversionExamples(
            names: ["age"], features: outcome.map { $0 == 1 ? .nan : source.unit() }, classes: ["none", "loan"], outcome: outcome,
            customer: (0..<300).map { $0 }, time: [Int64](repeating: 0, count: 300))
        for head in ConversionSettings.Head.allCases {
            let training = try ConversionPredictor.train(examples, ConversionSample.settings(head), pool: WorkerPool(threads: 1))
            #expect(training.predictor.card.heldOutAUC == 1)
        }
    }

    @Test func badExamplesAreRefused() {
        func make(
            names: [String] = ["a"], features: [Float] = [1, 2], classes: [String] = ["none", "loan"], outcome: [Int32] = [0, 1]
        ) throws {
            _ = try ConversionExamples(
                names: names, features: features, classes: classes, outcome: outcome, customer: [1, 2], time: [0, 0])
        }
        #expect(throws: Never.self) { try make() }
        #expect { try make(features: [1, .infinity]) } throws: { "\($0)".contains("row 2") }
        #expect { try make(outcome: [0, 2]) } throws: { "\($0)".contains("row 2") }
        #expect(throws: ConversionError.self) { try make(names: ["a", "a"], features: [1, 2, 3, 4]) }
        #expect(throws: ConversionError.self) { try make(classes: ["none"], outcome: [0, 0]) }
        #expect(throws: ConversionError.self) { try make(features: [1]) }
        #expect(throws: ConversionError.self) { try make(outcome: [0]) }
    }

    @Test func costsGiveTheThreshold() throws {
        #expect(OfferThreshold.byCost(missed: 9, falseOffer: 1) == 0.1)
        var settings = ConversionSample.settings(.softmax)
        (settings.decision, settings.missedCost, settings.falseOfferCost) = (.cost, 3, 1)
        let predictor = try ConversionPredictor.train(ConversionSample.examples(200), settings, pool: WorkerPool(threads: 1)).predictor
        #expect(predictor.threshold == 0.25)
        #expect(predictor.offers([0.5, 0.3, 0.2, 0, 0.6, 0.2, 0.2, 0]) == [1, 0])
        settings.missedCost = 0
        #expect(throws: ConversionError.self) { try settings.validate() }
    }

    @Test func theBestThresholdForF1LiesBetweenScores() {
        // Products 1 at 0.9 and 0.6 are right, at 0.7 wrong: best is to offer the first three (2·2/(3+2)) against (2·1/(1+2)).
        let probabilities: [Float] = [0.1, 0.9, 0.3, 0.7, 0.4, 0.6, 0.8, 0.2]
        let threshold = OfferThreshold.byF1(probabilities, right: [1, 0, 1, 0], classes: 2)
        #expect(abs(threshold - 0.4) < 1e-6)
        #expect(OfferThreshold.byF1(probabilities, right: [0, 0, 0, 0], classes: 2) == 2)
    }

    @Test func settingsRefuseUnknownWords() throws {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(ConversionSettings.self, from: Data(#"{"dephts":[2]}"#.utf8)) }
        let read = try JSONDecoder().decode(ConversionSettings.self, from: Data(#"{"head":"trees","depths":[5]}"#.utf8))
        #expect(read.head == .trees && read.depths == [5] && read.folds == 5)
    }
}
