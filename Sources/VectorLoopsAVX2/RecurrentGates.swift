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
        overColumns(
            width,
            Gates(
                width: width, input: gi + row * 3 * width, hidden: gh + row * 3 * width, before: previous + row * width,
                after: h + row * width))
    }
}

private struct Gates: ColumnWork {
    let width: Int
    let input: UnsafeMutablePointer<Float>
    let hidden: UnsafePointer<Float>
    let before: UnsafePointer<Float>
    let after: UnsafeMutablePointer<Float>

    @inline(__always) func read<A: Access>(
        _: A.Type, _ column: Int, _ count: Int
    ) -> (r: Vector, z: Vector, n: Vector, state: Vector) {
        let input = input + column, hidden = hidden + column
        let r = logistic(A.at(input, count) + A.at(hidden, count))
        let z = logistic(A.at(input + width, count) + A.at(hidden + width, count))
        let n = hyperbolicTangent(A.at(input + 2 * width, count) + r * A.at(hidden + 2 * width, count))
        return (r, z, n, n + z * (A.at(before + column, count) - n))
    }

    @inline(__always) func write<A: Access>(
        _: A.Type, _ values: (r: Vector, z: Vector, n: Vector, state: Vector), _ column: Int, _ count: Int
    ) {
        let input = input + column
        A.put(values.r, input, count)
        A.put(values.z, input + width, count)
        A.put(values.n, input + 2 * width, count)
        A.put(values.state, after + column, count)
    }
}

/// Backward of ``gruGates``: `gates` holds r, z, n and is overwritten by the gradient of `gi`; `gh` is overwritten by its own
/// gradient; `previousGradient += dh z` (nil where the previous state is the fixed zero state).
public func gruGatesBackward(
    _ rows: Int, _ width: Int, _ dh: UnsafePointer<Float>, _ gates: UnsafeMutablePointer<Float>, _ gh: UnsafeMutablePointer<Float>,
    _ previous: UnsafePointer<Float>, _ previousGradient: UnsafeMutablePointer<Float>?
) {
    for row in 0..<rows {
        overColumns(
            width,
            GateGradients(
                width: width, upstream: dh + row * width, gate: gates + row * 3 * width, hidden: gh + row * 3 * width,
                before: previous + row * width, earlier: previousGradient.map { $0 + row * width }))
    }
}

private struct GateGradients: ColumnWork {
    let width: Int
    let upstream: UnsafePointer<Float>
    let gate: UnsafeMutablePointer<Float>
    let hidden: UnsafeMutablePointer<Float>
    let before: UnsafePointer<Float>
    let earlier: UnsafeMutablePointer<Float>?

    @inline(__always) func read<A: Access>(
        _: A.Type, _ column: Int, _ count: Int
    ) -> (reset: Vector, update: Vector, new: Vector, hidden: Vector, earlier: Vector) {
        let gate = gate + column
        let r = A.at(gate, count), z = A.at(gate + width, count), n = A.at(gate + 2 * width, count)
        let up = A.at(upstream + column, count)
        let new = up * (1 - z) * (1 - n * n)
        let update = up * (A.at(before + column, count) - n) * z * (1 - z)
        let reset = new * A.at(hidden + column + 2 * width, count) * r * (1 - r)
        var before = Vector()
        if let earlier { before = A.at(earlier + column, count) + up * z }
        return (reset, update, new, new * r, before)
    }

    @inline(__always) func write<A: Access>(
        _: A.Type, _ values: (reset: Vector, update: Vector, new: Vector, hidden: Vector, earlier: Vector), _ column: Int, _ count: Int
    ) {
        let gate = gate + column, hidden = hidden + column
        A.put(values.reset, gate, count)
        A.put(values.reset, hidden, count)
        A.put(values.update, gate + width, count)
        A.put(values.update, hidden + width, count)
        A.put(values.new, gate + 2 * width, count)
        A.put(values.hidden, hidden + 2 * width, count)
        if let earlier { A.put(values.earlier, earlier + column, count) }
    }
}
