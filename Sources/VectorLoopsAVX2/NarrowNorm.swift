// Layer norm of rows of eight floats, a row a half vector: the general loops would take each row as the rest of a longer one.

private typealias Eight = SIMD8<Float>

@_transparent
private func sum(_ v: Eight) -> Float {
    let a = v.lowHalf + v.highHalf
    let b = a.lowHalf + a.highHalf
    return b.x + b.y
}

/// ``layerNorm(_:_:_:_:_:_:_:_:)`` of width 8.
@inline(never)
func layerNormOfEight(
    _ rows: Int, _ x: UnsafePointer<Float>, _ gain: UnsafePointer<Float>, _ shift: UnsafePointer<Float>, _ epsilon: Float,
    _ y: UnsafeMutablePointer<Float>, _ statistics: UnsafeMutablePointer<Float>
) {
    let gain = Eight(at: gain), shift = Eight(at: shift)
    for row in 0..<rows {
        let value = Eight(at: x + 8 * row)
        let mean = sum(value) * 0.125
        let centred = value - mean
        let inverse = 1 / (sum(centred * centred) * 0.125 + epsilon).squareRoot()
        statistics[2 * row] = mean
        statistics[2 * row + 1] = inverse
        shift.addingProduct(centred * inverse, gain).put(y + 8 * row)
    }
}

/// ``layerNormBackward(_:_:_:_:_:_:_:_:_:_:)`` of width 8.
@inline(never)
func layerNormOfEightBackward(
    _ rows: Int, _ x: UnsafePointer<Float>, _ gain: UnsafePointer<Float>, _ statistics: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>, _ residual: UnsafePointer<Float>?, _ dx: UnsafeMutablePointer<Float>,
    _ dGain: UnsafeMutablePointer<Float>, _ dShift: UnsafeMutablePointer<Float>
) {
    let gain = Eight(at: gain)
    var gains = Eight(at: dGain), shifts = Eight(at: dShift)
    for row in 0..<rows {
        let mean = statistics[2 * row], inverse = statistics[2 * row + 1]
        let normed = (Eight(at: x + 8 * row) - mean) * inverse
        let up = Eight(at: dy + 8 * row)
        let h = up * gain
        gains.addProduct(up, normed)
        shifts += up
        var result = (h - sum(h) * 0.125 - normed * (sum(h * normed) * 0.125)) * inverse
        if let residual { result += Eight(at: residual + 8 * row) }
        result.put(dx + 8 * row)
    }
    gains.put(dGain)
    shifts.put(dShift)
}
