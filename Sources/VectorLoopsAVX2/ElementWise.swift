/// A function of one or two vectors. A type rather than a closure: closures as long as some of these are not inlined, and a
/// call takes the vectors apart.
protocol Function {
    /// The second argument is what stands in the second operand; functions of one vector ignore it.
    func value(_ x: Vector, _ z: Vector) -> Vector
}

private struct Sum: Function { @_transparent func value(_ x: Vector, _ z: Vector) -> Vector { x + z } }
private struct Product: Function { @_transparent func value(_ x: Vector, _ z: Vector) -> Vector { x * z } }
private struct Exponential: Function { @_transparent func value(_ x: Vector, _: Vector) -> Vector { exponential(x) } }
private struct HyperbolicTangent: Function { @_transparent func value(_ x: Vector, _: Vector) -> Vector { hyperbolicTangent(x) } }
private struct Logistic: Function { @_transparent func value(_ x: Vector, _: Vector) -> Vector { logistic(x) } }
private struct GELU: Function { @_transparent func value(_ x: Vector, _: Vector) -> Vector { x * normal(x).distribution } }
private struct Scaled: Function {
    let factor: Float
    @_transparent func value(_ x: Vector, _: Vector) -> Vector { x * factor }
}
private struct ScaledSum: Function {
    let factor: Float
    @_transparent func value(_ x: Vector, _ z: Vector) -> Vector { x.addingProduct(Vector(repeating: factor), z) }
}

/// `y = function(x)`, sixteen floats at a time; the last vector is filled up with zeros.
@inline(__always)
private func map<F: Function>(_ function: F, _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    var index = 0
    while index + 16 <= count {
        store(function.value(load(x + index), Vector()), y + index)
        index += 16
    }
    if index < count { store(function.value(load(x + index, first: count - index), Vector()), y + index, first: count - index) }
}

@inline(__always)
private func map<F: Function>(
    _ function: F, _ count: Int, _ x: UnsafePointer<Float>, _ z: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
) {
    var index = 0
    while index + 16 <= count {
        store(function.value(load(x + index), load(z + index)), y + index)
        index += 16
    }
    let rest = count - index
    if rest > 0 { store(function.value(load(x + index, first: rest), load(z + index, first: rest)), y + index, first: rest) }
}

/// `y = a + b`; any may be the same block.
public func add(_ count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(Sum(), count, a, b, y)
}

/// `y = a * b`, element by element.
public func multiply(_ count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(Product(), count, a, b, y)
}

/// `y += factor * x`.
public func axpy(_ count: Int, _ factor: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(ScaledSum(factor: factor), count, y, x, y)
}

/// `y = factor * x`.
public func scale(_ count: Int, _ factor: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(Scaled(factor: factor), count, x, y)
}

/// `y = e^x`.
public func exp(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) { map(Exponential(), count, x, y) }

/// `y = tanh x`.
public func tanh(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) { map(HyperbolicTangent(), count, x, y) }

/// `y = 1 / (1 + e^-x)`.
public func sigmoid(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) { map(Logistic(), count, x, y) }

/// `y = x Φ(x)`: GELU by the error function; absolute error below 1e-6 for |x| ≤ 10.
public func gelu(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) { map(GELU(), count, x, y) }

/// GELU for training: `y = x Φ(x)`, and its derivative `slope = Φ(x) + x φ(x)`; `slope` may be `x` itself.
///
/// The derivative shares the costly half of the work with the value; backward is then one multiplication.
public func geluWithSlope(
    _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ slope: UnsafeMutablePointer<Float>
) {
    // Whole vectors and the rest stay apart: where they meet in one value, the compiler takes the vectors to pieces.
    var index = 0
    while index + 16 <= count {
        let value = load(x + index)
        let (distribution, density) = normal(value)
        store(value * distribution, y + index)
        store(distribution.addingProduct(value, density), slope + index)
        index += 16
    }
    let rest = count - index
    if rest > 0 {
        let value = load(x + index, first: rest)
        let (distribution, density) = normal(value)
        store(value * distribution, y + index, first: rest)
        store(distribution.addingProduct(value, density), slope + index, first: rest)
    }
}

/// Sum of `a * b`. The order of the sum depends on `count` alone.
public func dot(_ count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
    var first = Vector(), second = Vector(), third = Vector(), fourth = Vector()
    var index = 0
    while index + 64 <= count {
        first.addProduct(load(a + index), load(b + index))
        second.addProduct(load(a + index + 16), load(b + index + 16))
        third.addProduct(load(a + index + 32), load(b + index + 32))
        fourth.addProduct(load(a + index + 48), load(b + index + 48))
        index += 64
    }
    while index + 16 <= count {
        first.addProduct(load(a + index), load(b + index))
        index += 16
    }
    if index < count { second.addProduct(load(a + index, first: count - index), load(b + index, first: count - index)) }
    return total((first + second) + (third + fourth))
}

/// Sum of squares in double precision: the norm of all gradients adds up millions of them.
public func sumOfSquares(_ count: Int, _ x: UnsafePointer<Float>) -> Double {
    var sum = 0.0
    var index = 0
    while index < count {
        let part = min(4096, count - index)
        sum += Double(dot(part, x + index, x + index))
        index += part
    }
    return sum
}

/// One step of AdamW over `count` parameters, in PyTorch's form:
///
///     g = gradient * gradientScale;  m = β₁ m + (1 - β₁) g;  v = β₂ v + (1 - β₂) g²
///     w = w (1 - rate · decay) - rate / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
///
/// `rateCorrected` is rate / (1 - β₁ᵗ), `rootCorrection` is 1 / √(1 - β₂ᵗ), `keep` is 1 - rate · decay.
public func adamW(
    _ count: Int, _ weights: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>,
    _ mean: UnsafeMutablePointer<Float>, _ square: UnsafeMutablePointer<Float>,
    _ gradientScale: Float, _ beta1: Float, _ beta2: Float, _ rateCorrected: Float, _ rootCorrection: Float,
    _ epsilon: Float, _ keep: Float
) {
    @inline(__always)
    func step(_ w: Vector, _ gradient: Vector, _ m: Vector, _ v: Vector) -> (Vector, Vector, Vector) {
        let g = gradient * gradientScale
        let mean = (m * beta1).addingProduct(g, Vector(repeating: 1 - beta1))
        let square = (v * beta2).addingProduct(g * g, Vector(repeating: 1 - beta2))
        let denominator = Vector(repeating: epsilon).addingProduct(square.squareRoot(), Vector(repeating: rootCorrection))
        return ((w * keep).addingProduct(mean / denominator, Vector(repeating: -rateCorrected)), mean, square)
    }
    var index = 0
    while index + 16 <= count {
        let (w, m, v) = step(load(weights + index), load(gradient + index), load(mean + index), load(square + index))
        store(w, weights + index)
        store(m, mean + index)
        store(v, square + index)
        index += 16
    }
    let rest = count - index
    if rest > 0 {
        let (w, m, v) = step(
            load(weights + index, first: rest), load(gradient + index, first: rest),
            load(mean + index, first: rest), load(square + index, first: rest))
        store(w, weights + index, first: rest)
        store(m, mean + index, first: rest)
        store(v, square + index, first: rest)
    }
}

/// `y = x * mask / (1 - probability)`, where element `i` survives when a hash of (key, i) says so. With the same key backward makes
/// the same mask from nothing. `y` may be `x`.
///
/// The hash is two rounds of multiply-and-shift on 32 bits with the key mixed in between; at most 2³² elements per key.
public func dropout(
    _ count: Int, _ key: UInt64, _ probability: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
) {
    let threshold = UInt32(Double(probability) * 4_294_967_296)
    let factor = 1 / (1 - probability)
    var index = 0
    while index < count {
        let survives = survivors(key, UInt32(truncatingIfNeeded: index), threshold)
        let rest = count - index
        if rest >= 16 {
            store((load(x + index) * factor).replacing(with: 0, where: .!survives), y + index)
        } else {
            store((load(x + index, first: rest) * factor).replacing(with: 0, where: .!survives), y + index, first: rest)
        }
        index += 16
    }
}

@inline(__always)
func survivors(_ key: UInt64, _ first: UInt32, _ threshold: UInt32) -> SIMDMask<SIMD16<Int32>> {
    let lanes = SIMD16<UInt32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    var hash = (lanes &+ SIMD16(repeating: first)) &* SIMD16(repeating: 0x9E37_79B1)
    hash = hash &+ SIMD16(repeating: UInt32(truncatingIfNeeded: key))
    hash = (hash ^ (hash &>> 16)) &* SIMD16(repeating: 0x7FEB_352D)
    hash = (hash ^ (hash &>> 15)) ^ SIMD16(repeating: UInt32(truncatingIfNeeded: key >> 32))
    hash = hash &* SIMD16(repeating: 0x846C_A68B)
    hash = hash ^ (hash &>> 16)
    return hash .>= SIMD16(repeating: threshold)
}
