/// `y = max(0, x) + alpha min(0, x)`; with `alpha` 0 the rectifier. `y` may be `x`.
public func rectify(_ count: Int, _ alpha: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    var index = 0
    while index + 16 <= count {
        store(rectified(load(x + index), alpha), y + index)
        index += 16
    }
    if index < count { store(rectified(load(x + index, first: count - index), alpha), y + index, first: count - index) }
}

@inline(__always)
private func rectified(_ x: Vector, _ alpha: Float) -> Vector { (x * alpha).replacing(with: x, where: x .> 0) }

/// Backward of ``rectify``: `dx = dy` where `x > 0`, `alpha dy` elsewhere; returns `Σ dy min(0, x)`, the gradient of `alpha`. `dx` may be
/// `dy`. The order of the sum depends on `count` alone.
public func rectifyBackward(
    _ count: Int, _ alpha: Float, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>
) -> Float {
    var sum = Vector()
    var index = 0
    while index + 16 <= count {
        let value = load(x + index), up = load(dy + index)
        sum += (up * value).replacing(with: 0, where: value .> 0)
        store((up * alpha).replacing(with: up, where: value .> 0), dx + index)
        index += 16
    }
    let rest = count - index
    if rest > 0 {
        let value = load(x + index, first: rest), up = load(dy + index, first: rest)
        sum += (up * value).replacing(with: 0, where: value .> 0)
        store((up * alpha).replacing(with: up, where: value .> 0), dx + index, first: rest)
    }
    return total(sum)
}
