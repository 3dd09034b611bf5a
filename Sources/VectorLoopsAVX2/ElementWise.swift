/// Calls `body` on `count` floats, sixteen at a time; the last call gets what is left, filled up with zeros.
@inline(__always)
private func map(
    _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ body: (Vector) -> Vector
) {
    var index = 0
    while index + 16 <= count {
        store(body(load(x + index)), y + index)
        index += 16
    }
    if index < count { store(body(load(x + index, first: count - index)), y + index, first: count - index) }
}

@inline(__always)
private func map(
    _ count: Int, _ x: UnsafePointer<Float>, _ z: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ body: (Vector, Vector) -> Vector
) {
    var index = 0
    while index + 16 <= count {
        store(body(load(x + index), load(z + index)), y + index)
        index += 16
    }
    let rest = count - index
    if rest > 0 { store(body(load(x + index, first: rest), load(z + index, first: rest)), y + index, first: rest) }
}

/// `y = a + b`; any may be the same block.
public func add(_ count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(count, a, b, y) { $0 + $1 }
}

/// `y = a * b`, element by element.
public func multiply(_ count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(count, a, b, y) { $0 * $1 }
}

/// `y += factor * x`.
public func axpy(_ count: Int, _ factor: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(count, y, x, y) { $0.addingProduct(Vector(repeating: factor), $1) }
}

/// `y = factor * x`.
public func scale(_ count: Int, _ factor: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(count, x, y) { $0 * factor }
}

/// `y = e^x`.
public func exp(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) { map(count, x, y) { exponential($0) } }

/// `y = tanh x`.
public func tanh(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(count, x, y) { hyperbolicTangent($0) }
}

/// `y = 1 / (1 + e^-x)`.
public func sigmoid(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(count, x, y) { logistic($0) }
}

/// `y = x Φ(x)`: GELU by the error function; absolute error below 1e-6 for |x| ≤ 10.
public func gelu(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    map(count, x, y) { $0 * normal($0).distribution }
}

/// GELU for training: `y = x Φ(x)`, and its derivative `slope = Φ(x) + x φ(x)`; `slope` may be `x` itself.
///
/// The derivative shares the costly half of the work with the value; backward is then one multiplication.
public func geluWithSlope(
    _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ slope: UnsafeMutablePointer<Float>
) {
    var index = 0
    while index < count {
        let rest = count - index
        let value = rest >= 16 ? load(x + index) : load(x + index, first: rest)
        let (distribution, density) = normal(value)
        let derivative = distribution.addingProduct(value, density)
        if rest >= 16 {
            store(value * distribution, y + index)
            store(derivative, slope + index)
        } else {
            store(value * distribution, y + index, first: rest)
            store(derivative, slope + index, first: rest)
        }
        index += 16
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
