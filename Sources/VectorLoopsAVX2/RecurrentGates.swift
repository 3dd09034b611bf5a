/// The gates of a GRU for some rows (PyTorch's layout: reset, update, new; the reset gate acts after the hidden product):
///
///     r = σ(gi_r + gh_r)   z = σ(gi_z + gh_z)   n = tanh(gi_n + r gh_n)   h = n + z (previous - n)
///
/// `gi` holds the input's products and is overwritten by r, z, n; `gh` holds the hidden state's. Both `[rows, 3 width]` with biases.
public func gruGates(
    _ rows: Int, _ width: Int, _ gi: UnsafeMutablePointer<Float>, _ gh: UnsafePointer<Float>, _ previous: UnsafePointer<Float>,
    _ h: UnsafeMutablePointer<Float>
) {
    for row in 0..<rows {
        let input = gi + row * 3 * width, hidden = gh + row * 3 * width
        let before = previous + row * width, after = h + row * width
        var column = 0
        while column + 16 <= width {
            gates(WholeVector.self, 16, width, input + column, hidden + column, before + column, after + column)
            column += 16
        }
        if column < width {
            gates(PartVector.self, width - column, width, input + column, hidden + column, before + column, after + column)
        }
    }
}

@inline(__always)
private func gates<A: Access>(
    _: A.Type, _ count: Int, _ width: Int, _ input: UnsafeMutablePointer<Float>, _ hidden: UnsafePointer<Float>,
    _ before: UnsafePointer<Float>, _ after: UnsafeMutablePointer<Float>
) {
    let r = logistic(A.at(input, count) + A.at(hidden, count))
    let z = logistic(A.at(input + width, count) + A.at(hidden + width, count))
    let n = hyperbolicTangent(A.at(input + 2 * width, count) + r * A.at(hidden + 2 * width, count))
    A.put(r, input, count)
    A.put(z, input + width, count)
    A.put(n, input + 2 * width, count)
    A.put(n + z * (A.at(before, count) - n), after, count)
}

/// Backward of ``gruGates``: `gates` holds r, z, n and is overwritten by the gradient of `gi`; `gh` is overwritten by its own
/// gradient; `previousGradient += dh z` (nil where the previous state is the fixed zero state).
public func gruGatesBackward(
    _ rows: Int, _ width: Int, _ dh: UnsafePointer<Float>, _ gates: UnsafeMutablePointer<Float>, _ gh: UnsafeMutablePointer<Float>,
    _ previous: UnsafePointer<Float>, _ previousGradient: UnsafeMutablePointer<Float>?
) {
    for row in 0..<rows {
        let gate = gates + row * 3 * width, hidden = gh + row * 3 * width
        let before = previous + row * width, upstream = dh + row * width
        var column = 0
        while column + 16 <= width {
            gateGradients(
                WholeVector.self, 16, width, upstream + column, gate + column, hidden + column, before + column,
                previousGradient.map { $0 + row * width + column })
            column += 16
        }
        if column < width {
            gateGradients(
                PartVector.self, width - column, width, upstream + column, gate + column, hidden + column, before + column,
                previousGradient.map { $0 + row * width + column })
        }
    }
}

@inline(__always)
private func gateGradients<A: Access>(
    _: A.Type, _ count: Int, _ width: Int, _ upstream: UnsafePointer<Float>, _ gate: UnsafeMutablePointer<Float>,
    _ hidden: UnsafeMutablePointer<Float>, _ before: UnsafePointer<Float>, _ previousGradient: UnsafeMutablePointer<Float>?
) {
    let r = A.at(gate, count), z = A.at(gate + width, count), n = A.at(gate + 2 * width, count), up = A.at(upstream, count)
    let newGradient = up * (1 - z) * (1 - n * n)
    let updateGradient = up * (A.at(before, count) - n) * z * (1 - z)
    let resetGradient = newGradient * A.at(hidden + 2 * width, count) * r * (1 - r)
    A.put(resetGradient, gate, count)
    A.put(resetGradient, hidden, count)
    A.put(updateGradient, gate + width, count)
    A.put(updateGradient, hidden + width, count)
    A.put(newGradient, gate + 2 * width, count)
    A.put(newGradient * r, hidden + 2 * width, count)
    if let previousGradient { A.put(A.at(previousGradient, count) + up * z, previousGradient, count) }
}
