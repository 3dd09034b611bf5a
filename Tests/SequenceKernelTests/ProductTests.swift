import KernelTestSupport
import SequenceKernel
import Testing

/// Builds that can run on this processor.
let builds: [VectorLoops] = VectorLoops.supportsAVX512 ? [VectorLoops.avx2, VectorLoops.avx512] : [VectorLoops.avx2]

@Suite struct ProductTests {
    /// Every width from 1 to 70 and those in use, rows around the register blocks, with and without the extras, A straight and transposed.
    @Test func matchesReference() {
        var random = RandomSource(11)
        let columns = Array(1...70) + [96, 131, 201]
        for loops in builds {
            for n in columns {
                let m = [1, 2, 3, 5, 7, 12, 13, 25][n % 8], k = [1, 4, 9, 33][n % 4]
                let a = random.floats(m * k), b = random.floats(k * (n + 3)), bias = random.floats(n), residual = random.floats(m * n)
                let plain = (0..<k).flatMap { Array(b[$0 * (n + 3)..<$0 * (n + 3) + n]) }
                let expected = DoubleReference.product(a, plain, rows: m, inner: k, columns: n)
                let transposed = (0..<k).flatMap { k0 in (0..<m).map { a[$0 * k + k0] } }
                for variant in 0..<8 {
                    let accumulates = variant & 1 != 0, hasBias = variant & 2 != 0, hasResidual = variant & 4 != 0
                    // Guards on both sides must stay as they are.
                    var c = [Float](repeating: 0.5, count: m * n + 64)
                    let straight = variant % 3 != 0
                    c.withUnsafeMutableBufferPointer { c in
                        loops.product(
                            m, n, k, straight ? a : transposed, straight ? k : 1, straight ? 1 : m, b, n + 3, c.baseAddress! + 32, n,
                            accumulates, hasBias ? bias : nil, hasResidual ? residual : nil, n)
                    }
                    let full = expected.indices.map { index in
                        Float(
                            expected[index] + (accumulates ? 0.5 : 0) + (hasBias ? Double(bias[index % n]) : 0)
                                + (hasResidual ? Double(residual[index]) : 0))
                    }
                    // K products of size 1 at 2⁻²⁴ each.
                    let difference = Array(c[32..<32 + m * n]).difference(from: full, absoluteTolerance: 4e-6)
                    #expect(difference == nil, "\(loops.name) \(m)×\(k)×\(n), variant \(variant)")
                    #expect(c[..<32].allSatisfy { $0 == 0.5 } && c[(32 + m * n)...].allSatisfy { $0 == 0.5 })
                }
            }
        }
    }

    /// A row's sum must not depend on how many rows there are: packed batches rely on it.
    @Test func rowsDoNotDependOnTheirNeighbours() {
        var random = RandomSource(12)
        for loops in builds {
            for n in [5, 16, 24, 51, 64, 131] {
                let k = 37, m = 29
                let a = random.floats(m * k), b = random.floats(k * n)
                var whole = [Float](repeating: 0, count: m * n)
                loops.product(m, n, k, a, k, 1, b, n, &whole, n, false, nil, nil, 0)
                for row in 0..<m {
                    var alone = [Float](repeating: 0, count: n)
                    loops.product(1, n, k, Array(a[row * k..<(row + 1) * k]), k, 1, b, n, &alone, n, false, nil, nil, 0)
                    #expect(alone == Array(whole[row * n..<(row + 1) * n]), "\(loops.name) row \(row) of \(n) columns")
                }
            }
        }
    }

    @Test func nothingToDo() {
        var c: [Float] = [3, 4]
        for loops in builds {
            loops.product(0, 2, 5, [1], 5, 1, [1], 2, &c, 2, false, nil, nil, 0)
            #expect(c == [3, 4])
            loops.product(1, 2, 0, [1], 5, 1, [1], 2, &c, 2, true, nil, nil, 0)
            #expect(c == [3, 4])
        }
    }

    @Test func wrapperAndTranspose() {
        var random = RandomSource(13)
        let workspace = Workspace()
        for (m, k, n) in [(1, 1, 1), (17, 5, 33), (40, 20, 7), (16, 16, 16)] {
            let a = workspace.rows(random.floats(m * k), width: k), b = workspace.rows(random.floats(k * n), width: n)
            let c = workspace.rows(m, n), turned = workspace.rows(k, m), again = workspace.rows(m, n)
            MatrixProduct.multiply(a, b, into: c)
            MatrixProduct.transpose(a, into: turned)
            for row in 0..<m { for column in 0..<k { #expect(turned[column][row] == a[row][column]) } }
            again.clear()
            MatrixProduct.multiply(transposing: turned, b, into: again, accumulates: true)
            #expect(again.scalars == c.scalars)
        }
    }
}
