#if arch(x86_64)
    import KernelTestSupport
    import SequenceKernel
    import Testing
    import VectorLoopsBFloat16

    @Suite(.enabled(if: BFloat16Weights.isSupported, "this processor has no AVX-512 BF16"))
    struct BFloat16Tests {
        /// The nearest bfloat16, ties to even, by the definition.
        private func rounded(_ value: Float) -> Float {
            let bits = value.bitPattern
            let half = bits & 0xFFFF, kept = bits & 0xFFFF_0000
            let up = half > 0x8000 || (half == 0x8000 && kept & 0x1_0000 != 0)
            return Float(bitPattern: up ? kept &+ 0x1_0000 : kept)
        }

        /// Against a sum in double precision of factors that were rounded one by one, for whole and broken panels, pairs and tiles.
        @Test(arguments: [1, 2, 5, 6, 7, 13], [(64, 32), (192, 64), (40, 33), (65, 131), (512, 128), (33, 1)])
        func product(rows: Int, shape: (outputs: Int, inputs: Int)) {
            var random = RandomSource(UInt64(rows * 1000 + shape.outputs))
            let x = random.floats(rows * shape.inputs, bound: 2), weight = random.floats(shape.outputs * shape.inputs, bound: 1)
            let bias = random.floats(shape.outputs), residual = random.floats(rows * shape.outputs)
            var packed = [UInt32](repeating: .max, count: bfloat16PackedCount(outputs: shape.outputs, inputs: shape.inputs))
            packBFloat16(shape.outputs, shape.inputs, weight, &packed)
            var pairs = [UInt32](repeating: .max, count: rows * ((shape.inputs + 1) / 2))
            roundBFloat16(rows, shape.inputs, x, shape.inputs, &pairs)
            var found = [Float](repeating: .nan, count: rows * shape.outputs)
            bfloat16Product(
                rows, shape.outputs, shape.inputs, pairs, packed, &found, shape.outputs, bias, residual, shape.outputs)
            var expected: [Float] = []
            for row in 0..<rows {
                for output in 0..<shape.outputs {
                    var sum = Double(bias[output]) + Double(residual[row * shape.outputs + output])
                    for input in 0..<shape.inputs {
                        let factors = (x[row * shape.inputs + input], weight[output * shape.inputs + input])
                        sum += Double(rounded(factors.0)) * Double(rounded(factors.1))
                    }
                    expected.append(Float(sum))
                }
            }
            // Sums of up to 131 products below 2 in single precision, rounded at every step.
            #expect(found.difference(from: expected, absoluteTolerance: 1e-4) == nil)
        }

        @Test func aRowDoesNotDependOnItsNeighbours() {
            var random = RandomSource(7)
            let x = random.floats(14 * 64), weight = random.floats(64 * 64)
            var packed = [UInt32](repeating: 0, count: bfloat16PackedCount(outputs: 64, inputs: 64))
            packBFloat16(64, 64, weight, &packed)
            func product(_ rows: Range<Int>) -> [Float] {
                var pairs = [UInt32](repeating: 0, count: rows.count * 32)
                roundBFloat16(rows.count, 64, Array(x[rows.lowerBound * 64..<rows.upperBound * 64]), 64, &pairs)
                var result = [Float](repeating: 0, count: rows.count * 64)
                bfloat16Product(rows.count, 64, 64, pairs, packed, &result, 64, nil, nil, 0)
                return result
            }
            let all = product(0..<14)
            for row in 0..<14 { #expect(product(row..<row + 1) == Array(all[row * 64..<(row + 1) * 64]), "row \(row)") }
        }
    }
#endif
