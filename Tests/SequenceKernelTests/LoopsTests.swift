import FoundationEssentials
import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct LoopsTests {
    /// Counts around whole vectors, each with a guard behind the last float.
    static let counts = [1, 2, 3, 4, 7, 8, 12, 15, 16, 17, 31, 47, 64, 100]

    /// Largest distance of `found` from `expected` over a fine grid.
    private func worst(
        _ range: ClosedRange<Float>, relative: Bool = false, _ found: (Int, [Float], inout [Float]) -> Void,
        _ expected: (Double) -> Double
    ) -> Double {
        let count = 20_001
        let x = (0..<count).map { range.lowerBound + (range.upperBound - range.lowerBound) * Float($0) / Float(count - 1) }
        var y = [Float](repeating: 0, count: count)
        found(count, x, &y)
        return zip(x, y).reduce(0.0) { most, pair in
            let exact = expected(Double(pair.0))
            return max(most, abs(Double(pair.1) - exact) / (relative ? abs(exact) : 1))
        }
    }

    @Test func accuracyOfFunctions() {
        for loops in builds {
            #expect(worst(-87...88, relative: true, { loops.exp($0, $1, &$2) }, DoubleReference.exponential) < 3e-7)
            #expect(worst(-20...20, { loops.gelu($0, $1, &$2) }, DoubleReference.gelu) < 1e-6)
            #expect(
                worst(-20...20, { loops.sigmoid($0, $1, &$2) }, { 1 / (1 + DoubleReference.exponential(-$0)) }) < 2e-7)
            #expect(
                worst(-20...20, { loops.tanh($0, $1, &$2) }, { 1 - 2 / (DoubleReference.exponential(2 * $0) + 1) }) < 3e-7)
            #expect(
                worst(
                    -20...20,
                    {
                        var value = $2
                        loops.geluWithSlope($0, $1, &value, &$2)
                    }, DoubleReference.geluSlope) < 1e-6)
        }
    }

    @Test func extremes() {
        let x: [Float] = [-.infinity, -1000, -88, 0, 88, 1000, .infinity]
        for loops in builds {
            var y = [Float](repeating: 9, count: x.count)
            loops.exp(x.count, x, &y)
            #expect(y[0] == 0 && y[1] == 0 && y[3] == 1 && y.allSatisfy { $0.isFinite })
            loops.sigmoid(x.count, x, &y)
            #expect(y[0] < 1e-37 && y[3] == 0.5 && y[5] == 1 && y[6] == 1)
            loops.tanh(x.count, x, &y)
            #expect(y[0] == -1 && y[3] == 0 && y[5] == 1)
            loops.gelu(5, Array(x[1...5]), &y)
            #expect(y[0] == 0 && y[2] == 0 && y[4] == 1000)
        }
    }

    @Test func elementWiseTails() {
        var random = RandomSource(21)
        for loops in builds {
            for count in Self.counts {
                let a = random.floats(count), b = random.floats(count)
                func run(_ body: (inout [Float]) -> Void, _ expected: [Float], _ what: String) {
                    var y = a + [77]
                    body(&y)
                    let difference = Array(y.dropLast()).difference(from: expected, absoluteTolerance: 1e-6)
                    #expect(difference == nil && y.last == 77, "\(loops.name) \(what) of \(count)")
                }
                run({ loops.add(count, a, b, &$0) }, zip(a, b).map { $0 + $1 }, "add")
                run({ loops.multiply(count, a, b, &$0) }, zip(a, b).map { $0 * $1 }, "multiply")
                run({ loops.axpy(count, 0.5, b, &$0) }, zip(a, b).map { $0 + 0.5 * $1 }, "axpy")
                run({ loops.scale(count, 3, b, &$0) }, b.map { 3 * $0 }, "scale")
                run({ loops.gelu(count, b, &$0) }, b.map { Float(DoubleReference.gelu(Double($0))) }, "gelu")
                let exact = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                #expect(abs(Double(loops.dot(count, a, b)) - exact) < 1e-5)
                let squares = a.reduce(0.0) { $0 + Double($1) * Double($1) }
                #expect(abs(loops.sumOfSquares(count, a) - squares) < 1e-5)
            }
        }
    }

    @Test func softmaxAndLogSumExp() {
        var random = RandomSource(22)
        for loops in builds {
            for width in Self.counts {
                // Far from zero, as logits may be: only differences count.
                let x = random.floats(3 * width, bound: 5).map { $0 + 300 }
                var y = [Float](repeating: 0, count: 3 * width), sums = [Float](repeating: 0, count: 3)
                loops.softmaxRows(3, width, x, width, &y, width)
                loops.logSumExpRows(3, width, x, width, &sums)
                for row in 0..<3 {
                    let exact = x[row * width..<(row + 1) * width].map { Double($0) }
                    let expected = DoubleReference.softmax(exact).map { Float($0) }
                    #expect(Array(y[row * width..<(row + 1) * width]).difference(from: expected, absoluteTolerance: 1e-6) == nil)
                    let sum = exact.reduce(0.0) { $0 + DoubleReference.exponential($1 - 300) }
                    #expect(abs(DoubleReference.exponential(Double(sums[row]) - 300) / sum - 1) < 1e-4)  // 300 has steps of 3e-5
                }
            }
        }
    }

    @Test func columnSumsAndTranspose() {
        var random = RandomSource(23)
        for loops in builds {
            for width in Self.counts {
                for rows in [1, 5, 16, 18] {
                    let x = random.floats(rows * width)
                    var sums = [Float](repeating: 1, count: width + 1)
                    loops.columnSums(rows, width, x, width, &sums)
                    let expected = (0..<width).map { column in 1 + (0..<rows).reduce(0) { $0 + x[$1 * width + column] } } + [1]
                    #expect(sums.difference(from: expected, absoluteTolerance: 1e-5) == nil, "\(rows)×\(width)")
                    var turned = [Float](repeating: 7, count: width * rows + 1)
                    loops.transpose(rows, width, x, width, &turned, rows)
                    let exact: [Float] = (0..<width * rows).map { x[$0 % rows * width + $0 / rows] } + [7]
                    #expect(turned == exact)
                }
            }
        }
    }

    /// The two builds are different code; they must agree to rounding.
    @Test func buildsAgree() {
        guard VectorLoops.supportsAVX512 else { return }
        var random = RandomSource(24)
        let count = 100
        let gradient = random.floats(count)
        func step(_ loops: VectorLoops) -> [Float] {
            var w = [Float](repeating: 0.5, count: count), m = w, v = w
            loops.adamW(count, &w, gradient, &m, &v, 0.7, 0.9, 0.999, 1e-2, 3, 1e-8, 0.99)
            return w + m + v
        }
        #expect(step(.avx2).difference(from: step(.avx512), absoluteTolerance: 1e-6) == nil)
        var w = [Float](repeating: 0.5, count: count)
        var m = w, v = w
        vectorLoops.adamW(count, &w, gradient, &m, &v, 0.7, 0.9, 0.999, 1e-2, 3, 1e-8, 0.99)
        let g = 0.7 * Double(gradient[3]), mean = 0.9 * 0.5 + 0.1 * g, square = 0.999 * 0.5 + 0.001 * g * g
        #expect(abs(Double(w[3]) - (0.5 * 0.99 - 1e-2 * mean / (square.squareRoot() * 3 + 1e-8))) < 1e-6)
    }

    /// Unless the environment chooses another.
    @Test func theRightBuildRuns() {
        let wish = ProcessInfo.processInfo.environment["TESSERA_VECTOR"]
        #expect(vectorLoops.name == wish ?? (VectorLoops.supportsAVX512 ? "avx512" : "avx2"))
    }
}
