import KernelTestSupport
import SequenceKernel
import Testing

/// Both builds of the loops over rows that lie across, where they can run.
private let laneBuilds: [LaneLoops] = VectorLoops.supportsAVX512 ? [LaneLoops.avx2, LaneLoops.avx512] : [LaneLoops.avx2]

/// Lanes around whole vectors and blocks.
private let laneCounts = [1, 15, 16, 17, 32, 33, 48, 49, 64, 100]

@Suite struct LaneTests {
    /// Weights and biases as the product wants them: for every 8 outputs 8 biases, then for each input 8 weights.
    private func panels(_ weights: [Float], _ biases: [Float], inputs: Int) -> [Float] {
        let outputs = biases.count
        var panels = [Float](repeating: 0, count: LaneLoops.padded(outputs) * (inputs + 1))
        for output in 0..<outputs {
            let start = output / 8 * 8 * (inputs + 1) + output % 8
            panels[start] = biases[output]
            for input in 0..<inputs { panels[start + (input + 1) * 8] = weights[output * inputs + input] }
        }
        return panels
    }

    /// Every ending, outputs that fill panels and do not, against the slow form; nothing is written behind the last panel's rows.
    @Test func productMatchesReference() {
        var random = RandomSource(71)
        var bits: [[[UInt32]]] = []
        for loops in laneBuilds {
            random = RandomSource(71)
            var found: [[UInt32]] = []
            for (place, outputs) in [1, 3, 8, 12, 16, 24, 37, 64].enumerated() {
                let lanes = laneCounts[place % laneCounts.count], inputs = [1, 5, 8, 64, 131][place % 5]
                let row = (lanes + 15) / 16 * 16 + 16
                let weights = random.floats(outputs * inputs), biases = random.floats(outputs), x = random.floats(inputs * row)
                let start = random.floats(LaneLoops.padded(outputs) * row)
                for ending in 0..<3 {
                    var y = start + [Float](repeating: 7, count: 64)
                    loops.product(lanes, outputs, inputs, panels(weights, biases, inputs: inputs), x, row, &y, row, ending)
                    #expect(y.suffix(64).allSatisfy { $0 == 7 })
                    let sums = DoubleReference.product(weights, x, rows: outputs, inner: inputs, columns: row)
                    for output in 0..<outputs {
                        for lane in 0..<lanes {
                            let sum = sums[output * row + lane] + Double(biases[output])
                            let expected =
                                ending == 0 ? sum : ending == 1 ? sum + Double(start[output * row + lane]) : DoubleReference.gelu(sum)
                            // Up to 131 products of size 1 at 2⁻²⁴ each.
                            #expect(abs(Double(y[output * row + lane]) - expected) < 1e-5, "\(outputs) × \(inputs), ending \(ending)")
                        }
                    }
                    found.append((0..<outputs * row).filter { $0 % row < lanes }.map { y[$0].bitPattern })
                }
            }
            bits.append(found)
        }
        #expect(Set(bits).count == 1, "the builds differ in bits")
    }

    @Test func activationIsGELU() {
        let count = 20_000
        let x = (0..<count).map { -20 + 40 * Float($0) / Float(count - 1) }
        for loops in laneBuilds {
            var y = [Float](repeating: 0, count: 8 * count)
            loops.product(count, 1, 1, panels([1], [0], inputs: 1), x, count, &y, count, 2)
            let worst = (0..<count).reduce(0.0) { most, index in
                let exact = DoubleReference.gelu(Double(x[index]))
                return max(most, abs(Double(y[index]) - exact) / max(5, abs(exact)) * 5)
            }
            #expect(worst < 1e-6)
            var extremes = [Float](repeating: 0, count: 8 * 16)
            loops.product(
                4, 1, 1, panels([1], [0], inputs: 1), [-.infinity, -1000, 1000, .infinity] + .init(repeating: 0, count: 12), 16, &extremes,
                16, 2)
            #expect(abs(extremes[0]) < 1e-6 && abs(extremes[1]) < 1e-6 && abs(extremes[2] - 1000) < 1e-3 && extremes[3] == .infinity)
        }
    }

    @Test func normMatchesReference() {
        var random = RandomSource(72)
        for loops in laneBuilds {
            for width in [1, 3, 8, 12, 64, 67] {
                for lanes in laneCounts {
                    let row = (lanes + 15) / 16 * 16
                    let x = random.floats(width * row, bound: 3), gain = random.floats(width), shift = random.floats(width)
                    var y = [Float](repeating: 0, count: width * row)
                    loops.norm(lanes, width, x, row, gain, shift, 1e-5, &y, row)
                    for lane in 0..<lanes {
                        let column = (0..<width).map { Double(x[$0 * row + lane]) }
                        let mean = column.reduce(0, +) / Double(width)
                        let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
                        for feature in 0..<width {
                            let normed = (column[feature] - mean) / (variance + 1e-5).squareRoot()
                            let expected = normed * Double(gain[feature]) + Double(shift[feature])
                            #expect(abs(Double(y[feature * row + lane]) - expected) < 4e-6, "width \(width), lane \(lane) of \(lanes)")
                        }
                    }
                }
            }
        }
    }

    /// Every head against the slow form, and the same bits wherever in the lanes a sequence lies.
    @Test(arguments: [4, 5, 6, 16, 32], [false, true]) func attentionMatchesReference(depth: Int, isCausal: Bool) {
        let heads = 2, width = heads * depth
        for loops in laneBuilds {
            for lengths in [[1], [3, 17, 0, 1, 16], [7, 70, 33], [50, 2]] {
                var random = RandomSource(UInt64(depth))
                let total = lengths.reduce(0, +), row = total + 64
                let qkv = random.floats(LaneLoops.padded(3 * width) * row, bound: 2)
                var offsets: [Int32] = [0]
                for length in lengths { offsets.append(offsets.last! + Int32(length)) }
                let longest = lengths.max()!
                var output = [Float](repeating: .nan, count: width * row)
                var weights = [Float](repeating: .nan, count: (longest + 8) * 48)
                loops.attention(offsets, lengths.count, width, heads, isCausal, qkv, row, &output, row, &weights)
                for (sequence, count) in lengths.enumerated() where count > 0 {
                    let first = Int(offsets[sequence])
                    for head in 0..<heads {
                        func part(_ which: Int) -> [Float] {
                            (0..<count).flatMap { event in
                                (0..<depth).map { qkv[(which * width + head * depth + $0) * row + first + event] }
                            }
                        }
                        let expected = DoubleReference.attention(part(0), part(1), part(2), count: count, depth: depth, causal: isCausal)
                        let found = (0..<count).flatMap { event in
                            (0..<depth).map { output[(head * depth + $0) * row + first + event] }
                        }
                        let difference = found.difference(from: expected.map { Float($0) }, absoluteTolerance: 2e-5)
                        #expect(difference == nil, "lengths \(lengths), sequence \(sequence), head \(head)")
                    }
                    var alone = [Float](repeating: .nan, count: width * (count + 64))
                    let own = (0..<3 * width).flatMap { feature in
                        (0..<count + 64).map { $0 < count ? qkv[feature * row + first + $0] : 0 }
                    }
                    loops.attention([0, Int32(count)], 1, width, heads, isCausal, own, count + 64, &alone, count + 64, &weights)
                    for feature in 0..<width {
                        let apart = alone[feature * (count + 64)..<feature * (count + 64) + count]
                        let together = output[feature * row + first..<feature * row + first + count]
                        #expect(apart.elementsEqual(together), "lengths \(lengths), sequence \(sequence) differs alone")
                    }
                }
            }
        }
    }

    /// Overflow and far-apart scores must not give what is not a number.
    @Test func attentionBearsLargeScores() {
        for loops in laneBuilds {
            let row = 64, qkv = (0..<24 * row).map { Float($0 % 2 == 0 ? 60 : -60) * ($0 % 3 == 0 ? 1 : -1) }
            var output = [Float](repeating: .nan, count: 8 * row), weights = [Float](repeating: .nan, count: 28 * 48)
            loops.attention([0, 16], 1, 8, 2, false, qkv, row, &output, row, &weights)
            for feature in 0..<8 { #expect(output[feature * row..<feature * row + 16].allSatisfy { abs($0) <= 60.001 }) }
        }
    }

    @Test func rowsAndLanes() {
        var random = RandomSource(74)
        for loops in laneBuilds {
            for (count, width) in [(1, 1), (5, 8), (16, 12), (17, 16), (33, 67)] {
                let x = random.floats(count * width), row = (count + 15) / 16 * 16 + 16
                var y = [Float](repeating: 9, count: LaneLoops.padded(width) * row)
                loops.lanesOfRows(count, width, x, width, &y, row)
                for feature in 0..<LaneLoops.padded(width) {
                    for lane in 0..<row {
                        let expected =
                            lane >= row - 16 ? 9 : feature < width && lane < count ? x[lane * width + feature] : 0
                        #expect(y[feature * row + lane] == expected, "[\(feature), \(lane)] of \(width) × \(count)")
                    }
                }
            }
        }
    }

    @Test func meansMatchReferenceWhereverASequenceLies() {
        var random = RandomSource(75)
        let lengths = [1, 0, 16, 17, 3, 50], total = lengths.reduce(0, +), row = total + 32
        var offsets: [Int32] = [0]
        for length in lengths { offsets.append(offsets.last! + Int32(length)) }
        for loops in laneBuilds {
            for width in [1, 8, 12, 64] {
                let x = random.floats(width * row)
                var y = [Float](repeating: 9, count: lengths.count * width + 16)
                loops.means(offsets, lengths.count, width, x, row, &y, width)
                #expect(y.suffix(16).allSatisfy { $0 == 9 })
                for (sequence, length) in lengths.enumerated() {
                    let first = Int(offsets[sequence])
                    var alone = [Float](repeating: 9, count: width)
                    let own = (0..<width).flatMap { feature in (0..<length + 16).map { $0 < length ? x[feature * row + first + $0] : 5 } }
                    loops.means([0, Int32(length)], 1, width, own, length + 16, &alone, width)
                    for feature in 0..<width {
                        let sum = (0..<length).reduce(0.0) { $0 + Double(x[feature * row + first + $1]) }
                        let found = y[sequence * width + feature]
                        #expect(abs(Double(found) - (length == 0 ? 0 : sum / Double(length))) < 1e-6 && found == alone[feature])
                    }
                }
            }
        }
    }

    @Test func foldedEventsAreSums() {
        var random = RandomSource(76)
        for loops in laneBuilds {
            for (width, lanes, fields, numbers) in [(8, 1, 1, 0), (8, 35, 3, 2), (24, 16, 2, 1), (64, 50, 9, 3)] {
                let size = 11
                let tables = random.floats(fields * size * width), columns = random.floats(numbers * width + 1)
                let values = random.floats(numbers * lanes + 1), none = [Float](repeating: 0, count: width)
                let ids = (0..<fields * lanes).map { _ in Int32(random.below(size + 1)) - 1 }
                let row = (lanes + 15) / 16 * 16
                var y = [Float](repeating: 9, count: width * row), scratch = [Float](repeating: 9, count: 16 * width)
                var rows = none.withUnsafeBufferPointer { [UnsafePointer<Float>](repeating: $0.baseAddress!, count: 16 * fields) }
                tables.withUnsafeBufferPointer { tables in
                    ids.withUnsafeBufferPointer { ids in
                        values.withUnsafeBufferPointer { values in
                            loops.foldedEvents(
                                lanes, width, fields, (0..<fields).map { ids.baseAddress! + $0 * lanes },
                                (0..<fields).map { tables.baseAddress! + $0 * size * width }, none, numbers,
                                (0..<numbers + 1).map { values.baseAddress! + min($0, max(numbers - 1, 0)) * lanes }, columns, &y, row,
                                &scratch, &rows)
                        }
                    }
                }
                for lane in 0..<row {
                    for feature in 0..<width {
                        var expected: Float = 0
                        if lane < lanes {
                            for field in 0..<fields where ids[field * lanes + lane] >= 0 {
                                expected += tables[(field * size + Int(ids[field * lanes + lane])) * width + feature]
                            }
                            for number in 0..<numbers {
                                expected.addProduct(values[number * lanes + lane], columns[number * width + feature])
                            }
                        }
                        #expect(y[feature * row + lane] == expected, "[\(feature), \(lane)], \(fields) fields")
                    }
                }
            }
        }
    }

    /// The whole stack against the form that training uses, at odd widths and with long, short and empty sequences; and each sequence alone
    /// gives the same bits.
    @Test(arguments: [
        TransformerEncoder.Settings(width: 8, heads: 2, layers: 1, hidden: 32),
        TransformerEncoder.Settings(width: 12, heads: 3, layers: 2, hidden: 20, isCausal: true),
        TransformerEncoder.Settings(width: 10, heads: 1, layers: 2, hidden: 7, hasFinalNorm: false),
        TransformerEncoder.Settings(width: 64, heads: 4, layers: 2, hidden: 256),
    ]) func transformer(_ settings: TransformerEncoder.Settings) {
        var scope = ParameterScope()
        let encoder = TransformerEncoder(settings, in: &scope)
        let weights = ParameterVector(scope, seed: 5)
        let lanes = LaneTransformer(encoder, weights)
        let workspace = Workspace()
        var random = RandomSource(77)
        let lengths = [12, 1, 0, 16, 17, 515, 48, 49, 2]
        let width = settings.width, total = lengths.reduce(0, +)
        let input = random.floats(total * width)

        func run(_ input: [Float], _ lengths: [Int]) -> [Float] {
            workspace.reset()
            let rows = workspace.rows(input, width: width), offsets = workspace.offsets(lengths: lengths)
            let row = rows.count + LaneLoops.blockLanes
            let x = workspace.floats(LaneLoops.padded(width) * row)
            laneLoops.lanesOfRows(rows.count, width, rows.base, width, x, row)
            lanes.apply(x, row: row, offsets, workspace)
            return (0..<rows.count).flatMap { event in (0..<width).map { x[$0 * row + event] } }
        }

        let found = run(input, lengths)
        workspace.reset()
        let expected = encoder.forward(
            workspace.rows(input, width: width), workspace.offsets(lengths: lengths), Pass(weights: weights, workspace: workspace)
        ).output.scalars
        #expect(found.difference(from: expected, absoluteTolerance: 3e-6, relativeTolerance: 3e-6) == nil)
        var first = 0
        for length in lengths where length > 0 {
            let own = first * width..<(first + length) * width
            #expect(run(Array(input[own]), [length]) == Array(found[own]), "\(length) events alone")
            first += length
        }
        let allocations = workspace.allocationCount
        for _ in 0..<3 { _ = run(input, lengths) }
        #expect(workspace.allocationCount == allocations)
    }
}
