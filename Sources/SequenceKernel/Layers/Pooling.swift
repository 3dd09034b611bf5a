/// How a sequence's rows become one row.
public enum PoolingKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Their mean.
    case mean
    /// The largest value of each column.
    case max
    /// The last row.
    case last
    /// A weighted mean: softmax of the products with a learned query.
    case attention
}

/// Packed rows → one row a sequence. A sequence without rows becomes a row of zeros and passes no gradient on.
///
///     attention: a = softmax_n(q · x_n / √H),  y = Σ a_n x_n
///
/// - Shapes: `[N, H]` with B + 1 offsets → `[B, H]`; the query is `[H]`.
/// - Complexity: N H.
public struct Pooling: Sendable {
    /// How.
    public let kind: PoolingKind
    /// Floats in a row (H).
    public let width: Int
    /// The learned query; nil but for attention.
    public let query: Parameter?

    /// Declares `query` for attention.
    public init(_ kind: PoolingKind, width: Int, in scope: inout ParameterScope) {
        self.kind = kind
        self.width = width
        query = kind == .attention ? scope.declare("query", [width], .fanIn(width), decays: false) : nil
    }

    /// What backward needs.
    public struct Tape {
        let input: Rows
        /// Which packed row gave each maximum, `[B, H]`; empty sequences have -1.
        var winners: UnsafeMutablePointer<Int32>?
        /// The weight of each row, `[N]`.
        var weights: UnsafeMutablePointer<Float>?
    }

    /// `[N, H]` → `[B, H]`.
    public func forward(_ input: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: Tape) {
        precondition(
            input.width == width && input.count == offsets.rowCount,
            "Pooling.forward: input [\(input.count), \(input.width)], \(offsets.rowCount) packed rows of \(width)")
        let output = pass.workspace.rows(offsets.count, width)
        var tape = Tape(input: input)
        if kind == .max { tape.winners = pass.workspace.integers(offsets.count * width) }
        if kind == .attention { tape.weights = pass.workspace.floats(Swift.max(1, input.count)) }
        for sequence in 0..<offsets.count {
            let rows = offsets[sequence]
            let target = output[sequence]
            target.update(repeating: 0, count: width)
            switch kind {
            case .mean:
                vectorLoops.columnSums(rows.count, width, input[rows.lowerBound], width, target)
                if !rows.isEmpty { vectorLoops.scale(width, 1 / Float(rows.count), target, target) }
            case .last:
                if let last = rows.last { target.update(from: input[last], count: width) }
            case .max: takeMaximum(input, rows, target, tape.winners! + sequence * width)
            case .attention: attend(input, rows, target, tape.weights!, pass)
            }
        }
        return (output, tape)
    }

    private func takeMaximum(
        _ input: Rows, _ rows: Range<Int>, _ target: UnsafeMutablePointer<Float>, _ winners: UnsafeMutablePointer<Int32>
    ) {
        guard let first = rows.first else { return winners.update(repeating: -1, count: width) }
        target.update(from: input[first], count: width)
        winners.update(repeating: Int32(first), count: width)
        for row in rows.dropFirst() {
            let source = input[row]
            for column in 0..<width where source[column] > target[column] {
                target[column] = source[column]
                winners[column] = Int32(row)
            }
        }
    }

    private func attend(
        _ input: Rows, _ rows: Range<Int>, _ target: UnsafeMutablePointer<Float>, _ weights: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        guard !rows.isEmpty, let query else { return }
        let scale = 1 / Float(width).squareRoot()
        for row in rows { weights[row] = vectorLoops.dot(width, input[row], pass.weights(query)) * scale }
        vectorLoops.softmaxRows(1, rows.count, weights + rows.lowerBound, rows.count, weights + rows.lowerBound, rows.count)
        for row in rows { vectorLoops.axpy(width, weights[row], input[row], target) }
    }

    /// Gradient `[B, H]` of the output → gradient `[N, H]` of the rows.
    public func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Tape, _ pass: Pass) -> Rows {
        let result = pass.workspace.rows(tape.input.count, width)
        if kind == .max || kind == .last { result.clear() }
        for sequence in 0..<offsets.count {
            let rows = offsets[sequence]
            let gradient = upstream[sequence]
            switch kind {
            case .mean:
                for row in rows { vectorLoops.scale(width, 1 / Float(rows.count), gradient, result[row]) }
            case .last:
                if let last = rows.last { result[last].update(from: gradient, count: width) }
            case .max:
                guard !rows.isEmpty, let winners = tape.winners else { continue }
                for column in 0..<width { result[Int(winners[sequence * width + column])][column] = gradient[column] }
            case .attention: attendBackward(gradient, rows, tape, result, pass)
            }
        }
        return result
    }

    private func attendBackward(_ gradient: UnsafeMutablePointer<Float>, _ rows: Range<Int>, _ tape: Tape, _ result: Rows, _ pass: Pass) {
        guard let query, let weights = tape.weights else { return }
        let scale = 1 / Float(width).squareRoot()
        var mean: Float = 0
        for row in rows { mean += weights[row] * vectorLoops.dot(width, gradient, tape.input[row]) }
        for row in rows {
            let slope = weights[row] * (vectorLoops.dot(width, gradient, tape.input[row]) - mean) * scale
            vectorLoops.scale(width, weights[row], gradient, result[row])
            vectorLoops.axpy(width, slope, pass.weights(query), result[row])
            vectorLoops.axpy(width, slope, tape.input[row], pass.gradient(query))
        }
    }
}
