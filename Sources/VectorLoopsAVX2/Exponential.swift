// exp, tanh, the logistic function and the error function on sixteen floats. Arithmetic only, no library call, so that every
// machine with the same vector width gives the same bits. `@_transparent` because the optimiser gives up on `@inline(__always)` in
// larger callers, and a call takes a vector apart into four pieces.

typealias Bits = SIMD16<Int32>

@_transparent
func smaller(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .< a) }

@_transparent
func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .> a) }

/// e to the x, relative error below 2⁻²² for -87.3 … 88.3; 0 below that, the largest value above it.
///
/// x = n ln 2 + r with |r| ≤ ln 2 / 2; e^r by Cephes' polynomial (expf.c); 2ⁿ by adding n to the exponent bits.
@_transparent
func exponential(_ x: Vector) -> Vector {
    let clamped = larger(smaller(x, Vector(repeating: 88.3)), Vector(repeating: -87.3))
    // Adding 1.5 · 2²³ rounds to an integer and leaves it in the low bits.
    let magic = Vector(repeating: 12_582_912)
    let shifted = magic.addingProduct(clamped, Vector(repeating: 1.44269504088896341))
    let whole = shifted - magic
    let r = clamped.addingProduct(whole, Vector(repeating: -0.693359375)).addingProduct(whole, Vector(repeating: 2.12194440e-4))
    var p = Vector(repeating: 1.9875691500e-4)
    p = Vector(repeating: 1.3981999507e-3).addingProduct(p, r)
    p = Vector(repeating: 8.3334519073e-3).addingProduct(p, r)
    p = Vector(repeating: 4.1665795894e-2).addingProduct(p, r)
    p = Vector(repeating: 1.6666665459e-1).addingProduct(p, r)
    p = Vector(repeating: 5.0000001201e-1).addingProduct(p, r)
    p = (r + 1).addingProduct(p, r * r)
    let power = unsafeBitCast(shifted, to: Bits.self) &<< 23
    let result = unsafeBitCast(unsafeBitCast(p, to: Bits.self) &+ power, to: Vector.self)
    return result.replacing(with: 0, where: x .< Vector(repeating: -87.3))
}

/// 1 / (1 + e⁻ˣ).
@_transparent
func logistic(_ x: Vector) -> Vector { 1 / (1 + exponential(-x)) }

/// tanh x = 1 - 2 / (e²ˣ + 1); absolute error below 2e-7.
@_transparent
func hyperbolicTangent(_ x: Vector) -> Vector { 1 - 2 / (exponential(x + x) + 1) }

/// The standard normal's distribution function Φ(x) and density φ(x).
///
/// Φ by Abramowitz and Stegun 7.1.26 (absolute error below 1.5e-7 in erf), whose e^(-x²/2) the density needs as well.
@_transparent
func normal(_ x: Vector) -> (distribution: Vector, density: Vector) {
    let size = larger(x, -x)
    let bell = exponential(x * x * -0.5)
    let t = 1 / Vector(repeating: 1).addingProduct(size, Vector(repeating: 0.3275911 * 0.70710678118654752))
    var p = Vector(repeating: 1.061405429)
    p = Vector(repeating: -1.453152027).addingProduct(p, t)
    p = Vector(repeating: 1.421413741).addingProduct(p, t)
    p = Vector(repeating: -0.284496736).addingProduct(p, t)
    p = Vector(repeating: 0.254829592).addingProduct(p, t)
    let tail = p * t * bell * 0.5
    return ((1 - tail).replacing(with: tail, where: x .< 0), bell * 0.39894228040143268)
}

/// Sum of the lanes, in a fixed tree.
@_transparent
func total(_ v: Vector) -> Float {
    let a = v.lowHalf + v.highHalf
    let b = a.lowHalf + a.highHalf
    let c = b.lowHalf + b.highHalf
    return c.x + c.y
}

/// Largest lane.
@_transparent
func largest(_ v: Vector) -> Float {
    let a = v.lowHalf.replacing(with: v.highHalf, where: v.highHalf .> v.lowHalf)
    let b = a.lowHalf.replacing(with: a.highHalf, where: a.highHalf .> a.lowHalf)
    let c = b.lowHalf.replacing(with: b.highHalf, where: b.highHalf .> b.lowHalf)
    return c.x > c.y ? c.x : c.y
}
