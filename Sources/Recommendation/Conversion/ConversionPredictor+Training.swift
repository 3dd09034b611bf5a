internal import BoostedTrees
internal import Evaluation
internal import Glibc
public import SequenceKernel

extension ConversionPredictor {
    /// A predictor and what it was chosen by.
    public struct Training: Sendable {
        /// The predictor, learnt from all examples.
        public let predictor: ConversionPredictor
        /// Examples that were held out, rising, `[H]`: all of them, unless the latest customers were.
        public let heldOutRows: [Int]
        /// Their calibrated probabilities by predictors that did not see their customers, `[H, K]`.
        public let heldOut: [Float]
    }

    /// Learns from examples.
    ///
    /// Penalty, or depth and rounds, by the least log loss of customers held out; temperature and threshold from the same
    /// predictions; then once more on everything. Folds are shared among the pool's threads and give the same bytes at any number.
    /// - Parameter progress: called with the share done, now and then; false stops.
    /// - Throws: ``ConversionError`` where there are no two customers, settings are not possible, or it was stopped.
    public static func train(
        _ examples: ConversionExamples, _ settings: ConversionSettings = ConversionSettings(), pool: WorkerPool,
        progress: (Double) -> Bool = { _ in true }
    ) throws(ConversionError) -> Training {
        try settings.validate()
        let customers = Set(examples.customer).count
        guard customers >= 2 else { throw .tooFewCustomers(found: customers, needed: 2) }
        let (known, shares) = Configuration.shares(examples.outcome, classes: examples.classes.count)
        var configuration = Configuration(
            names: examples.names, classes: examples.classes, known: known, shares: shares,
            absentFlags: settings.head == .softmax ? AbsentFlags(examples.features, width: examples.names.count) : AbsentFlags(columns: []),
            temperature: 1, threshold: 2, settings: settings)
        var card = ConversionCard(examples, customers: customers, known: known)
        let folds =
            settings.heldOut == .folds
            ? CustomerFolds(
                examples.customer, strata: examples.outcome, count: min(settings.folds, customers), seed: settings.seed)
            : CustomerFolds(examples.customer, latest: settings.latestShare, times: examples.time)
        let fitting = ConversionFitting(examples, configuration, folds: folds)
        let (head, all) = known.count == 1 ? (.constant, fitting.constantLogits) : try fitting.run(&card, pool, progress: progress)
        let (rows, classes) = (folds.heldOutRows, examples.classes.count)
        let logits = rows.flatMap { all[$0 * known.count..<($0 + 1) * known.count] }
        if settings.calibration == .temperature, known.count > 1 {
            configuration.temperature = Self.temperature(logits, rows.map { fitting.labels[$0] }, classes: known.count)
        }
        let (heldOut, right) = (configuration.probabilities(logits: logits), rows.map { examples.outcome[$0] })
        switch settings.decision {
        case .cost: configuration.threshold = OfferThreshold.byCost(missed: settings.missedCost, falseOffer: settings.falseOfferCost)
        case .f1: configuration.threshold = OfferThreshold.byF1(heldOut, right: right, classes: classes)
        }
        card.judge(heldOut, right: right, shares: shares, threshold: configuration.threshold)
        return Training(predictor: ConversionPredictor(configuration, head, card), heldOutRows: rows, heldOut: heldOut)
    }

    /// The temperature with the least log loss, by golden-section search over its logarithm between e⁻³ and e³ (the loss is convex in 1/T).
    static func temperature(_ logits: [Float], _ labels: [Int32], classes: Int) -> Double {
        func loss(_ logarithm: Double) -> Double {
            let scale = exp(-logarithm)
            var sum = 0.0
            for row in labels.indices {
                let line = row * classes..<(row + 1) * classes
                let top = Double(logits[line].max()!) * scale
                var total = 0.0
                for place in line { total += exp(Double(logits[place]) * scale - top) }
                sum += log(total) + top - Double(logits[line.lowerBound + Int(labels[row])]) * scale
            }
            return sum
        }
        let ratio = (5.0.squareRoot() - 1) / 2
        var (low, high) = (-3.0, 3.0)
        var (a, b) = (high - ratio * (high - low), low + ratio * (high - low))
        var (lossA, lossB) = (loss(a), loss(b))
        while high - low > 1e-4 {
            if lossA <= lossB {
                (high, b, lossB) = (b, a, lossA)
                a = high - ratio * (high - low)
                lossA = loss(a)
            } else {
                (low, a, lossA) = (a, b, lossB)
                b = low + ratio * (high - low)
                lossB = loss(b)
            }
        }
        return exp((low + high) / 2)
    }
}

extension ConversionCard {
    init(_ examples: ConversionExamples, customers: Int, known: [Int]) {
        (decisions, self.customers) = (examples.count, customers)
        for (label, name) in examples.classes.enumerated() { outcomes[name] = examples.outcome.count { $0 == label } }
        absentClasses = examples.classes.indices.filter { !known.contains($0) }.map { examples.classes[$0] }
        let width = examples.names.count
        constantFeatures = examples.names.indices.filter { column in
            let first = examples.features[column]
            return (0..<examples.count).allSatisfy { row in
                let value = examples.features[row * width + column]
                return value == first || (value.isNaN && first.isNaN)
            }
        }.map { examples.names[$0] }
    }

    mutating func judge(_ heldOut: [Float], right: [Int32], shares: [Double], threshold: Double) {
        let classes = shares.count
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
        heldOutDecisions = right.count
        heldOutLogLoss = mean(ClassificationMetrics.logLosses(probabilities: heldOut, right: right, classes: classes))
        heldOutLogLossOfShares = mean(right.map { -log(shares[Int($0)]) })
        let metrics = DiscriminationMetrics(
            scores: right.indices.map { 1 - heldOut[$0 * classes] }, positives: right.map { $0 != 0 })
        func known(_ value: Double) -> Double? { value.isNaN ? nil : value }
        (heldOutAUC, heldOutAveragePrecision) = (known(metrics.auc), known(metrics.averagePrecision))
        let offers = OfferThreshold.offers(heldOut, classes: classes, threshold: threshold)
        heldOutMicroF1 = known(ClassificationMetrics(right: right, predicted: offers, classes: classes).microF1(background: 0))
    }
}
