/// `x Φ(x)`, GELU by the error function, for embeddings: half the operations of the one that training needs a derivative of.
///
/// Φ(x) - 1/2 = x P(x²) / Q(x²) on |x| ≤ 5.2 by weighted least squares (error 9e-9 before rounding); absolute error of the result below
/// 6e-7 for x ≤ 5, relative error below 2e-7 beyond.
@_transparent
func gaussianUnit(_ x: Vector) -> Vector {
    let x = larger(x, Vector(repeating: -5.2))
    let c = smaller(x, Vector(repeating: 5.2))
    let z = c * c
    var p = Vector(repeating: 2.403902499281685e-08)
    p = Vector(repeating: 6.462561486841878e-06).addingProduct(p, z)
    p = Vector(repeating: 0.00016515236347913742).addingProduct(p, z)
    p = Vector(repeating: 0.004657558165490627).addingProduct(p, z)
    p = Vector(repeating: 0.033357273787260056).addingProduct(p, z)
    p = Vector(repeating: 0.39894214272499084).addingProduct(p, z)
    var q = Vector(repeating: 1.242983557858679e-06)
    q = Vector(repeating: 7.316642586374655e-05).addingProduct(q, z)
    q = Vector(repeating: 0.0018634008010849357).addingProduct(q, z)
    q = Vector(repeating: 0.02839001640677452).addingProduct(q, z)
    q = Vector(repeating: 0.25027960538864136).addingProduct(q, z)
    q = Vector(repeating: 1).addingProduct(q, z)
    return x * Vector(repeating: 0.5).addingProduct(c * p, 1 / q)
}

/// `2^x` for x ≤ 0, relative error below 1e-7 down to 2⁻¹²⁶, which stands for everything below it too.
@_transparent
func powerOfTwo(_ x: Vector) -> Vector {
    let clamped = larger(x, Vector(repeating: -126))
    // Adding 1.5 · 2²³ rounds to an integer and leaves it in the low bits.
    let magic = Vector(repeating: 12_582_912)
    let shifted = clamped + magic
    let r = clamped - (shifted - magic)
    var p = Vector(repeating: 0.00015353361959569156)
    p = Vector(repeating: 0.0013398875016719103).addingProduct(p, r)
    p = Vector(repeating: 0.00961843691766262).addingProduct(p, r)
    p = Vector(repeating: 0.055503323674201965).addingProduct(p, r)
    p = Vector(repeating: 0.24022647738456726).addingProduct(p, r)
    p = Vector(repeating: 0.6931471824645996).addingProduct(p, r)
    p = Vector(repeating: 1).addingProduct(p, r)
    return unsafeBitCast(unsafeBitCast(p, to: Bits.self) &+ (unsafeBitCast(shifted, to: Bits.self) &<< 23), to: Vector.self)
}

private struct NormWork: LaneWork {
    let width: Int
    let x: UnsafePointer<Float>
    let xRow: Int
    let gain: UnsafePointer<Float>
    let shift: UnsafePointer<Float>
    let epsilon: Float
    let y: UnsafeMutablePointer<Float>
    let yRow: Int

    @inline(__always)
    func run<L: LaneVectors>(_: L.Type, _ start: Int) {
        let perWidth = 1 / Float(width)
        let source = x + start, target = y + start
        let mean = sum(L.self) { L(at: source + $0 * xRow) }.map { $0 * perWidth }
        let squares = sum(L.self) { feature in L(at: source + feature * xRow).map(mean) { ($0 - $1) * ($0 - $1) } }
        let inverse = squares.map { 1 / ($0 * perWidth + epsilon).squareRoot() }
        for feature in 0..<width {
            let centred = L(at: source + feature * xRow).map(mean) { $0 - $1 }
            let factor = gain[feature], offset = shift[feature]
            centred.map(inverse) { Vector(repeating: offset).addingProduct($0 * $1, Vector(repeating: factor)) }
                .put(target + feature * yRow)
        }
    }

    /// Four sums at a time, so that an addition need not wait for the one before.
    @inline(__always)
    private func sum<L: LaneVectors>(_: L.Type, _ value: (Int) -> L) -> L {
        var first = L(repeating: 0), second = first, third = first, fourth = first
        var feature = 0
        while feature + 4 <= width {
            first = first.map(value(feature)) { $0 + $1 }
            second = second.map(value(feature + 1)) { $0 + $1 }
            third = third.map(value(feature + 2)) { $0 + $1 }
            fourth = fourth.map(value(feature + 3)) { $0 + $1 }
            feature += 4
        }
        while feature < width {
            first = first.map(value(feature)) { $0 + $1 }
            feature += 1
        }
        return first.map(second) { $0 + $1 }.map(third.map(fourth) { $0 + $1 }) { $0 + $1 }
    }
}

/// Layer norm of `lanes` events, rounded up to 16: `y = (x - mean) / √(variance + ε) * gain + shift` over `width` features. `y` may be `x`.
public func laneNorm(
    _ lanes: Int, _ width: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ gain: UnsafePointer<Float>, _ shift: UnsafePointer<Float>,
    _ epsilon: Float, _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    overLanes(
        lanes, NormWork(width: width, x: x, xRow: xRow, gain: gain, shift: shift, epsilon: epsilon, y: y, yRow: yRow))
}
