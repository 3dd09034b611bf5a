import KernelTestSupport
import SequenceKernel
import Testing
import VectorLoopsAVX2

@Suite struct FieldLoopsTests {
    /// Fields of half a vector, of a whole one and of an odd width; more fields than a vector has floats.
    static let shapes = [(3, 8), (10, 8), (16, 8), (20, 8), (4, 16), (5, 6)]

    @Test(arguments: shapes) func attention(fields: Int, width: Int) {
        let rows = 7
        var random = RandomSource(31, UInt64(fields), UInt64(width))
        let activated = random.floats(rows * fields * width), input = random.floats(rows * fields * width), query = random.floats(width)
        // The third event has no field at all.
        let presence = (0..<rows * fields).map { UInt8($0 / fields != 2 && random.uniform() < 0.7 ? 1 : 0) }
        let scale: Float = 0.35
        for given in [nil, presence] {
            var weights: [Double] = [], sums = [Double](repeating: 0, count: rows * width)
            for row in 0..<rows {
                let powers = (0..<fields).map { field -> Double in
                    guard given?[row * fields + field] != 0 else { return 0 }
                    let place = (row * fields + field) * width
                    var score = 0.0
                    for column in 0..<width { score += Double(activated[place + column]) * Double(query[column]) }
                    return DoubleReference.exponential(Double(scale) * score)
                }
                let sum = powers.reduce(0, +)
                for (field, power) in powers.enumerated() {
                    weights.append(sum > 0 ? power / sum : 0)
                    let weight = weights[row * fields + field], first = (row * fields + field) * width
                    for column in 0..<width { sums[row * width + column] += weight * Double(input[first + column]) }
                }
            }
            for attend in [fieldLoops.attention, VectorLoopsAVX2.fieldAttention] {
                var found = [Float](repeating: .nan, count: rows * fields), output = [Float](repeating: .nan, count: rows * width)
                (given ?? []).withUnsafeBufferPointer {
                    attend(rows, fields, width, activated, input, query, scale, given == nil ? nil : $0.baseAddress, &found, &output)
                }
                // float32, sums of at most 20 terms.
                #expect(found.difference(from: weights.map { Float($0) }, absoluteTolerance: 1e-6) == nil)
                #expect(output.difference(from: sums.map { Float($0) }, absoluteTolerance: 2e-6) == nil)
            }
        }
    }

    /// The layer's gradients at the framework's width, with more fields than a vector has floats.
    @Test func gradients() {
        let failures = withEverySeed(0..<2) { seed in
            checkLayer(
                seed: seed,
                LayerExpectation(inputs: 18 * 8, outputs: 8, shapes: ["weight": [8, 8], "names": [18, 8], "query": [8]])
            ) { FieldAttention(fields: 18, width: 8, in: &$0) }
        }
        #expect(failures == [])
    }

    @Test(arguments: [3, 6, 8, 10, 16, 21]) func rowsOfATable(width: Int) {
        let ids: [Int32] = [2, 0, -1, 2, 4, 2], factors: [Float] = [0.5, 2, 9, 1, -1, 3]
        var random = RandomSource(32, UInt64(width))
        let x = random.floats(ids.count * (width + 2)), table = random.floats(5 * width)
        for given in [nil, factors] {
            var expected = table, found = table + [7]
            for (place, id) in ids.enumerated() where id >= 0 {
                for column in 0..<width {
                    expected[Int(id) * width + column].addProduct(given?[place] ?? 1, x[place * (width + 2) + column])
                }
            }
            (given ?? []).withUnsafeBufferPointer {
                fieldLoops.accumulateRows(ids.count, width, ids, given == nil ? nil : $0.baseAddress, x, width + 2, &found)
            }
            #expect(found == expected + [7])
        }
        var scaled = [Float](repeating: 7, count: ids.count * (width + 2))
        fieldLoops.scaledRows(ids.count, width, table, ids, factors, &scaled, width + 2)
        for (place, id) in ids.enumerated() {
            let expected = (0..<width).map { id < 0 ? 0 : factors[place] * table[Int(id) * width + $0] }
            #expect(Array(scaled[place * (width + 2)..<place * (width + 2) + width]) == expected)
            #expect(scaled[place * (width + 2) + width] == 7)
        }
    }

    @Test(arguments: [6, 8, 24]) func outerProducts(width: Int) {
        var random = RandomSource(33, UInt64(width))
        let x = random.floats(5 * 3), slope = random.floats(width), rows = random.floats(5 * (width + 1))
        var y = rows, sums = [Float](repeating: 1, count: width), expected = rows, expectedSums = sums
        for row in 0..<5 {
            for column in 0..<width {
                expected[row * (width + 1) + column].addProduct(x[row * 3 + 1], slope[column])
                expectedSums[column].addProduct(x[row * 3 + 1], rows[row * (width + 1) + column])
            }
        }
        x.withUnsafeBufferPointer { x in
            fieldLoops.addOuter(5, width, x.baseAddress! + 1, 3, slope, &y, width + 1)
            fieldLoops.outerSums(5, width, x.baseAddress! + 1, 3, rows, width + 1, &sums)
        }
        #expect(y == expected && sums == expectedSums)
    }

    /// A small table's gradient is the same whether it is noted or added up in the shard.
    @Test func denseTables() {
        let ids: [Int32] = [1, 3, 1, 0, 3, 3]
        var random = RandomSource(34)
        let upstream = random.floats(6 * 8)
        func gradient(isDense: Bool) -> [Float] {
            var scope = ParameterScope()
            let embedding = Embedding(count: 4, width: 8, isDense: isDense, in: &scope)
            let weights = ParameterVector(scope, seed: 1), scatter = GradientScatter()
            var gradient = [Float](repeating: 0, count: 32)
            gradient.withUnsafeMutableBufferPointer { gradient in
                let pass = Pass(weights: weights, workspace: Workspace(), gradients: gradient.baseAddress, scatter: scatter)
                upstream.withUnsafeBufferPointer { embedding.backward($0.baseAddress!, stride: 8, ids, rows: 6, pass) }
            }
            #expect(scatter.notes.isEmpty == isDense)
            for note in scatter.notes {
                for lookup in 0..<note.count {
                    for column in 0..<8 { gradient[Int(note.rows[lookup]) * 8 + column] += note.gradient[lookup * 8 + column] }
                }
            }
            return gradient
        }
        #expect(gradient(isDense: true) == gradient(isDense: false))
    }
}
