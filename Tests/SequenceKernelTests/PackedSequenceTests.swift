import KernelTestSupport
import SequenceKernel
import Testing

/// Packed sequences against the form of the papers: a padded block, in which padded steps copy the state.
@Suite struct PackedSequenceTests {
    static let lengths = [4, 1, 25, 0, 9, 25]

    /// Rows of a padded block `[B, T]`, nil where padded.
    private static func padded(_ packed: [Float], width: Int, atHead: Bool) -> [[[Double]?]] {
        let longest = lengths.max() ?? 0
        var next = 0
        return lengths.map { length in
            var rows = [[Double]?](repeating: nil, count: longest)
            for step in 0..<length {
                let row = packed[next * width..<(next + 1) * width].map { Double($0) }
                rows[atHead ? longest - length + step : step] = row
                next += 1
            }
            return rows
        }
    }

    private static func sigmoid(_ x: Double) -> Double { 1 / (1 + DoubleReference.exponential(-x)) }
    private static func tanh(_ x: Double) -> Double { 2 * sigmoid(2 * x) - 1 }

    /// Row `index` of a matrix times a vector.
    private static func product(_ matrix: [Float], _ index: Int, _ vector: [Double]) -> Double {
        vector.indices.reduce(0.0) { $0 + Double(matrix[index * vector.count + $1]) * vector[$1] }
    }

    /// The last states of a masked recurrence over padded rows.
    private static func masked(
        _ rows: [[[Double]?]], width: Int, _ step: (_ row: [Double], _ sequence: Int, _ h: [Double]) -> [Double]
    ) -> [[Double]] {
        rows.enumerated().map { sequence, rows in
            rows.reduce([Double](repeating: 0, count: width)) { h, row in row.map { step($0, sequence, h) } ?? h }
        }
    }

    /// The widths are a part of a vector, 30 as in HUIHEN (two vectors that overlap), and two vectors and a half.
    @Test(arguments: [6, 30, 40], [true, false]) func contextGRU(width: Int, atHead: Bool) {
        var scope = ParameterScope()
        let encoder = ContextGRUEncoder(inputs: 10, width: width, context: 4, form: .timeAware, in: &scope)
        let weights = ParameterVector(scope, seed: 41), workspace = Workspace(), count = Self.lengths.reduce(0, +)
        var random = RandomSource(42)
        let rows = random.floats(count * 10), times = random.floats(count).map(abs), context = random.floats(Self.lengths.count * 4)
        let offsets = workspace.offsets(lengths: Self.lengths)
        let (output, _) = encoder.forward(
            workspace.rows(rows, width: 10), offsets, times: UnsafePointer(workspace.rows(times, width: 1).base),
            context: workspace.rows(context, width: 4), Pass(weights: weights, workspace: workspace))

        let named = Dictionary(uniqueKeysWithValues: scope.parameters.map { ($0.name, weights[$0]) })
        func matrix(_ name: String) -> [Float] { named[name]! }
        var withTimes: [Float] = []
        for row in 0..<count {
            withTimes += rows[10 * row..<10 * row + 10]
            withTimes.append(times[row])
        }
        let states = Self.masked(Self.padded(withTimes, width: 11, atHead: atHead), width: width) { row, sequence, h in
            let x = Array(row.prefix(10)), c = context[4 * sequence..<4 * sequence + 4].map { Double($0) }
            func gate(_ index: Int) -> Double {
                let ofRow = Self.product(matrix("weight_ih"), index, x), ofState = Self.product(matrix("weight_hh"), index, h)
                return ofRow + ofState + Self.product(matrix("weight_ch"), index, c) + Double(matrix("bias")[index])
            }
            let reset: [Double] = (0..<width).map { Self.sigmoid(gate($0)) * h[$0] }
            let shifted: [Double] = x.indices.map { column in
                x[column] + Self.sigmoid(Double(matrix("time.scale")[column]) * row[10])
            }
            return (0..<width).map { (index: Int) -> Double in
                let u: Double = Self.sigmoid(gate(width + index))
                let p = Self.tanh(gate(2 * width + index) + Self.product(matrix("weight_rh"), index, reset))
                let open = Self.sigmoid(Self.product(matrix("time.weight"), index, shifted) + Double(matrix("time.bias")[index]))
                return (1 - u) * h[index] + p * open * u
            }
        }
        // float32, 25 dependent steps.
        #expect(lastStates(output, offsets).difference(from: states.flatMap { $0 }.map { Float($0) }, absoluteTolerance: 5e-6) == nil)
    }

    @Test(arguments: [6, 30, 40]) func plainGRU(width: Int) {
        var scope = ParameterScope()
        let encoder = GRUEncoder(inputs: 10, width: width, in: &scope)
        let weights = ParameterVector(scope, seed: 43), workspace = Workspace(), count = Self.lengths.reduce(0, +)
        var random = RandomSource(44)
        let rows = random.floats(count * 10), offsets = workspace.offsets(lengths: Self.lengths)
        let (output, _) = encoder.forward(workspace.rows(rows, width: 10), offsets, Pass(weights: weights, workspace: workspace))
        let named = Dictionary(uniqueKeysWithValues: scope.parameters.map { ($0.name, weights[$0]) })
        func matrix(_ name: String) -> [Float] { named["layers.0." + name]! }
        let states = Self.masked(Self.padded(rows, width: 10, atHead: true), width: width) { x, _, h in
            func input(_ index: Int) -> Double { Self.product(matrix("weight_ih"), index, x) + Double(matrix("bias_ih")[index]) }
            func hidden(_ index: Int) -> Double { Self.product(matrix("weight_hh"), index, h) + Double(matrix("bias_hh")[index]) }
            return (0..<width).map { (index: Int) -> Double in
                let r: Double = Self.sigmoid(input(index) + hidden(index))
                let z: Double = Self.sigmoid(input(width + index) + hidden(width + index))
                let n = Self.tanh(input(2 * width + index) + r * hidden(2 * width + index))
                return (1 - z) * n + z * h[index]
            }
        }
        #expect(lastStates(output, offsets).difference(from: states.flatMap { $0 }.map { Float($0) }, absoluteTolerance: 5e-6) == nil)
    }

    /// The gradients where two vectors of a row overlap and where a whole one stands before them.
    @Test(arguments: [17, 30, 40]) func gradients(width: Int) {
        let failures = checkEncoder(
            seed: 6,
            LayerExpectation(
                inputs: 3, outputs: width,
                shapes: [
                    "layers.0.weight_ih": [3 * width, 3], "layers.0.weight_hh": [3 * width, width], "layers.0.bias_ih": [3 * width],
                    "layers.0.bias_hh": [3 * width],
                ]), lengths: [3, 5], isCausal: true
        ) { GRUEncoder(inputs: 3, width: width, in: &$0) }
        #expect(failures == [])
    }

    private func lastStates(_ states: Rows, _ offsets: SequenceOffsets) -> [Float] {
        (0..<offsets.count).flatMap { sequence in
            offsets[sequence].last.map { states.rows($0..<$0 + 1).scalars } ?? [Float](repeating: 0, count: states.width)
        }
    }
}
