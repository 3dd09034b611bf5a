internal import Glibc

/// Foretells which product a customer takes within the horizon, or none.
///
/// What it does in odd cases:
/// - a feature that never changed in training has no influence, whatever it is later;
/// - a class that no training decision had keeps a fixed small probability: half an example's share;
/// - where training had one class only, every prediction is the shares of the classes counted so;
/// - classes absent from a test part change nothing.
public struct ConversionPredictor: Sendable {
    /// What stands in `config.json`.
    struct Configuration: Sendable, Equatable, Codable {
        var names: [String]
        var classes: [String]
        /// Classes that training had, rising, `[P]`.
        var known: [Int]
        /// Share of each class in training, absent ones with half an example, `[K]`.
        var shares: [Double]
        var absentFlags: AbsentFlags
        var temperature: Double
        var threshold: Double
        var settings: ConversionSettings
    }

    let configuration: Configuration
    let head: ConversionHead
    /// What the training says of itself.
    public let card: ConversionCard
    /// Digest over all its files; empty until it was read from them.
    public let id: String

    init(_ configuration: Configuration, _ head: ConversionHead, _ card: ConversionCard, id: String = "") {
        (self.configuration, self.head, self.card, self.id) = (configuration, head, card, id)
    }

    /// Features it reads, in their order (C).
    public var names: [String] { configuration.names }
    /// Classes (K), the first "none".
    public var classes: [String] { configuration.classes }
    /// How it was taught.
    public var settings: ConversionSettings { configuration.settings }
    /// Share of each class in training, `[K]`; absent ones with half an example.
    public var shares: [Double] { configuration.shares }
    /// What logits are divided by.
    public var temperature: Double { configuration.temperature }
    /// Probability of the likeliest product from which it is offered.
    public var threshold: Double { configuration.threshold }

    /// Probabilities of all classes.
    /// - Parameters:
    ///   - features: `[N, C]`, NaN where missing.
    ///   - names: names of the columns given, in any order; those learnt from, all of them and no others.
    /// - Returns: `[N, K]`; each row adds up to 1. A row's depend on nothing but the row.
    /// - Throws: ``ConversionError`` for other columns, sizes that do not agree, and infinite values.
    public func probabilities(_ features: [Float], names: [String]) throws(ConversionError) -> [Float] {
        let width = self.names.count
        guard names.count == width, Set(names) == Set(self.names) else {
            throw .otherColumns(
                missing: self.names.filter { !Set(names).contains($0) }, unexpected: names.filter { !Set(self.names).contains($0) })
        }
        guard features.count.isMultiple(of: width) else {
            throw .wrongSize(what: "values of \(width) features", found: features.count, expected: features.count / width * width)
        }
        if let place = features.firstIndex(where: \.isInfinite) {
            throw .badRow(
                row: place / width + 1, what: "feature \(names[place % width]) is infinite", remedy: "leave it empty where it is not known")
        }
        var ordered = features
        if names != self.names {
            let places = self.names.map { names.firstIndex(of: $0)! }
            for start in stride(from: 0, to: features.count, by: width) {
                for column in 0..<width { ordered[start + column] = features[start + places[column]] }
            }
        }
        return configuration.probabilities(logits: try logits(ordered))
    }

    /// Probabilities of examples, `[D, K]`.
    public func probabilities(_ examples: ConversionExamples) throws(ConversionError) -> [Float] {
        try probabilities(examples.features, names: examples.names)
    }

    func logits(_ features: [Float]) throws(ConversionError) -> [Float] {
        var (values, width) = (features, names.count)
        if case .softmax = head {
            values = configuration.absentFlags.applied(features, width: width)
            width += configuration.absentFlags.columns.count
        }
        return try head.logits(values, columns: width, known: configuration.known.count)
    }

    /// What is offered: the likeliest product where its probability reaches the threshold, else 0.
    /// - Parameter probabilities: `[N, K]`.
    /// - Returns: `[N]`.
    public func offers(_ probabilities: [Float]) -> [Int32] {
        OfferThreshold.offers(probabilities, classes: classes.count, threshold: threshold)
    }
}

extension ConversionPredictor.Configuration {
    /// Logits `[N, P]` → probabilities `[N, K]`.
    func probabilities(logits: [Float]) -> [Float] {
        let (count, all) = (known.count, classes.count)
        let rows = logits.count / count
        // What the classes share that training knew.
        let left = 1 - classes.indices.filter { !known.contains($0) }.reduce(0) { $0 + shares[$1] }
        var result = [Float](repeating: 0, count: rows * all)
        var line = [Double](repeating: 0, count: count)
        for row in 0..<rows {
            for k in 0..<count { line[k] = Double(logits[row * count + k]) / temperature }
            let top = line.max()!
            var sum = 0.0
            for k in 0..<count {
                line[k] = exp(line[k] - top)
                sum += line[k]
            }
            for k in 0..<all { result[row * all + k] = Float(shares[k]) }
            for k in 0..<count { result[row * all + known[k]] = Float(left * line[k] / sum) }
        }
        return result
    }

    /// Shares of classes; those without an example count half of one.
    static func shares(_ outcome: [Int32], classes: Int) -> (known: [Int], shares: [Double]) {
        var counts = [Double](repeating: 0, count: classes)
        for label in outcome { counts[Int(label)] += 1 }
        let known = counts.indices.filter { counts[$0] > 0 }
        for label in counts.indices where counts[label] == 0 { counts[label] = 0.5 }
        let total = counts.reduce(0, +)
        return (known, counts.map { $0 / total })
    }
}

/// When a product is offered.
public enum OfferThreshold {
    /// The probability from which offering the likeliest product costs less than not offering it.
    ///
    /// With m the cost of a missed conversion and f that of a false offer: an offer of a product with probability p costs f (1 − p) and spares
    /// m p, so it pays from p = f / (f + m) (Elkan, 2001); other products are missed either way.
    public static func byCost(missed: Double, falseOffer: Double) -> Double { falseOffer / (falseOffer + missed) }

    /// The probability of the likeliest product at which micro F1 of the products is best; of equals the highest. A value between two
    /// probabilities that occur; 2, which nothing reaches, where no product occurs.
    /// - Parameters:
    ///   - probabilities: `[N, K]` of customers that were not learnt from.
    ///   - right: `[N]`.
    public static func byF1(_ probabilities: [Float], right: [Int32], classes: Int) -> Double {
        precondition(
            probabilities.count == right.count * classes, "OfferThreshold.byF1: \(probabilities.count) for [\(right.count), \(classes)]")
        let best = likeliest(probabilities, classes: classes)
        let events = right.count { $0 != 0 }
        guard events > 0 else { return 2 }
        let order = best.indices.sorted { (best[$0].probability, $1) > (best[$1].probability, $0) }
        var (found, top, threshold) = (0, 0.0, 2.0)
        for (place, row) in order.enumerated() {
            if best[row].product == right[row] { found += 1 }
            let next = place + 1 < order.count ? best[order[place + 1]].probability : 0
            guard next != best[row].probability else { continue }
            let score = 2 * Double(found) / Double(place + 1 + events)
            if score > top { (top, threshold) = (score, (Double(best[row].probability) + Double(next)) / 2) }
        }
        return threshold
    }

    static func likeliest(_ probabilities: [Float], classes: Int) -> [(product: Int32, probability: Float)] {
        (0..<probabilities.count / classes).map { row in
            var best = 1
            for k in 1..<classes where probabilities[row * classes + k] > probabilities[row * classes + best] { best = k }
            return (Int32(best), probabilities[row * classes + best])
        }
    }

    /// The likeliest product of each row where it reaches the threshold, else 0.
    public static func offers(_ probabilities: [Float], classes: Int, threshold: Double) -> [Int32] {
        likeliest(probabilities, classes: classes).map { Double($0.probability) >= threshold ? $0.product : 0 }
    }
}
