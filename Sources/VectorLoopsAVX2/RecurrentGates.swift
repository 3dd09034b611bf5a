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
        while column < width {
            let rest = min(16, width - column)
            func at(_ pointer: UnsafePointer<Float>) -> Vector {
                rest == 16 ? load(pointer + column) : load(pointer + column, first: rest)
            }
            func put(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>) {
                if rest == 16 { store(vector, pointer + column) } else { store(vector, pointer + column, first: rest) }
            }
            let r = logistic(at(input) + at(hidden))
            let z = logistic(at(input + width) + at(hidden + width))
            let n = hyperbolicTangent(at(input + 2 * width) + r * at(hidden + 2 * width))
            put(r, input)
            put(z, input + width)
            put(n, input + 2 * width)
            put(n + z * (at(before) - n), after)
            column += 16
        }
    }
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
        while column < width {
            let rest = min(16, width - column)
            func at(_ pointer: UnsafePointer<Float>) -> Vector {
                rest == 16 ? load(pointer + column) : load(pointer + column, first: rest)
            }
            func put(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>) {
                if rest == 16 { store(vector, pointer + column) } else { store(vector, pointer + column, first: rest) }
            }
            let r = at(gate), z = at(gate + width), n = at(gate + 2 * width), up = at(upstream)
            let newGradient = up * (1 - z) * (1 - n * n)
            let updateGradient = up * (at(before) - n) * z * (1 - z)
            let resetGradient = newGradient * at(hidden + 2 * width) * r * (1 - r)
            put(resetGradient, gate)
            put(resetGradient, hidden)
            put(updateGradient, gate + width)
            put(updateGradient, hidden + width)
            put(newGradient, gate + 2 * width)
            put(newGradient * r, hidden + 2 * width)
            if let previousGradient {
                let target = previousGradient + row * width
                put(at(target) + up * z, target)
            }
            column += 16
        }
    }
}
