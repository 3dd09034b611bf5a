internal import Evaluation

/// Logistic regression on standardised floats, held ten deviations from the mean, with a flag for each that was missing in training.
struct LinearCredit: Sendable, Equatable, Codable {
    private let scale: ProfileScale
    /// Of standardised floats, then flags.
    private let weights: [Float]
    /// Means of what the weights are multiplied with, so that terms are distances from the average.
    private let means: [Float]
    /// Log odds of the average applicant.
    let bias: Float
    /// The float that each weight belongs to.
    let sources: [Int]

    /// Fits each penalty on the training rows and keeps the one with the least log loss on the others.
    init(
        _ floats: [Float], _ outcomes: [Float], width: Int, validation: [Float], _ judged: [Float], strengths: [Double]
    ) throws(CreditBaselineError) {
        let table = try Self.table(floats, outcomes.count)
        scale = ProfileScale([table], .user)
        sources = Array(0..<width) + scale.flagged
        let (inputs, others) = (Self.inputs(floats, scale), Self.inputs(validation, scale))
        let path = SoftmaxRegression.path(
            features: inputs, columns: scale.width, labels: outcomes.map { Int32($0) }, classes: 2, strengths: strengths)
        var best: (loss: Double, weights: [Float], means: [Float], bias: Float)?
        for (_, fitted) in path {
            let weights: [Float] = (0..<fitted.columns).map { column in
                let slope = fitted.weights[column * 2 + 1] - fitted.weights[column * 2]
                return slope * fitted.factors[column]
            }
            let bias = fitted.biases[1] - fitted.biases[0]
            let margins = Self.terms(others, weights, fitted.means, bias).margins
            let loss = zip(margins, judged).reduce(0.0) { sum, pair in
                let probability = ScoreCalibration.none.probability(Double(pair.0))
                return sum + ScoreCalibration.logLoss(probability, happened: pair.1 == 1)
            }
            if best == nil || loss < best!.loss { best = (loss, weights, fitted.means, bias) }
        }
        guard let best else { throw .badSetting(name: "strengths", expected: "one or more penalties") }
        (weights, means, bias) = (best.weights, best.means, best.bias)
    }

    /// Whether a file holds what ``init(_:_:width:validation:_:strengths:)`` could have given for so many floats.
    func isWhole(width: Int) -> Bool {
        scale.isWhole && scale.means.count == width && weights.count == scale.width && means.count == scale.width
            && sources == Array(0..<width) + scale.flagged && weights.allSatisfy(\.isFinite) && means.allSatisfy(\.isFinite)
            && bias.isFinite
    }

    /// What each standardised float and flag adds, `[B, W]`, and the log odds, `[B]`.
    func terms(_ floats: [Float]) throws(CreditBaselineError) -> (values: [Float], margins: [Float]) {
        Self.terms(Self.inputs(floats, scale), weights, means, bias)
    }

    private static func table(_ floats: [Float], _ count: Int) throws(CreditBaselineError) -> ProfileTable {
        do throws(IntentionHabitError) { return try ProfileTable(count: count, user: floats) } catch { throw .perceptron(error) }
    }

    private static func inputs(_ floats: [Float], _ scale: ProfileScale) -> [Float] {
        let (columns, width) = (scale.means.count, scale.width)
        let rows = floats.count / max(1, columns)
        return [Float](unsafeUninitializedCapacity: rows * width) { buffer, count in
            floats.withUnsafeBufferPointer { floats in
                for row in 0..<rows {
                    scale.write(floats.baseAddress! + row * columns, to: buffer.baseAddress! + row * width)
                }
            }
            count = rows * width
        }
    }

    private static func terms(
        _ inputs: [Float], _ weights: [Float], _ means: [Float], _ bias: Float
    ) -> (values: [Float], margins: [Float]) {
        let rows = inputs.count / max(1, weights.count)
        var values = inputs
        var margins = [Float](repeating: bias, count: rows)
        for row in 0..<rows {
            for column in weights.indices {
                let place = row * weights.count + column
                values[place] = (inputs[place] - means[column]) * weights[column]
                margins[row] += values[place]
            }
        }
        return (values, margins)
    }
}
