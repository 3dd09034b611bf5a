// The gates of a recurrence whose reset gate acts before the product, so that a step is two products with a loop after each.
// `gates` is `[rows, 3 width]`: reset, update, candidate. A row's result does not depend on the rows beside it.

/// Calls `work` for each stretch of a row's columns. Rows of 16 columns or more never end in a part of a vector: the last two vectors
/// overlap, both are read before either is written, and what they share is the same from both.
@inline(__always)
func overColumns<W: ColumnWork>(_ width: Int, _ work: W) {
    guard width >= 16 else { return work.write(PartVector.self, work.read(PartVector.self, 0, width), 0, width) }
    var column = 0
    while column + 32 <= width {
        work.write(WholeVector.self, work.read(WholeVector.self, column, 16), column, 16)
        column += 16
    }
    if column + 16 == width {
        work.write(WholeVector.self, work.read(WholeVector.self, column, 16), column, 16)
    } else {
        let first = work.read(WholeVector.self, column, 16), last = work.read(WholeVector.self, width - 16, 16)
        work.write(WholeVector.self, first, column, 16)
        work.write(WholeVector.self, last, width - 16, 16)
    }
}

/// Something done to each column of a row by itself: all that is read, then all that is written.
protocol ColumnWork {
    associatedtype Values
    func read<A: Access>(_: A.Type, _ column: Int, _ count: Int) -> Values
    func write<A: Access>(_: A.Type, _ values: Values, _ column: Int, _ count: Int)
}

/// `r = σ(a_r)` in place, and `reset = r previous` (`[rows, width]`).
public func contextResets(
    _ rows: Int, _ width: Int, _ gates: UnsafeMutablePointer<Float>, _ previous: UnsafePointer<Float>,
    _ reset: UnsafeMutablePointer<Float>
) {
    for row in 0..<rows {
        overColumns(width, Reset(gate: gates + row * 3 * width, before: previous + row * width, after: reset + row * width))
    }
}

private struct Reset: ColumnWork {
    let gate: UnsafeMutablePointer<Float>
    let before: UnsafePointer<Float>
    let after: UnsafeMutablePointer<Float>

    @inline(__always) func read<A: Access>(_: A.Type, _ column: Int, _ count: Int) -> (r: Vector, result: Vector) {
        let r = logistic(A.at(gate + column, count))
        return (r, r * A.at(before + column, count))
    }

    @inline(__always) func write<A: Access>(_: A.Type, _ values: (r: Vector, result: Vector), _ column: Int, _ count: Int) {
        A.put(values.r, gate + column, count)
        A.put(values.result, after + column, count)
    }
}

/// `u = σ(a_u)`, `p = tanh(a_p)` in place, and the new state, with `T` of `openness` (`[rows, width]`, all 1 where nil):
///
///     h = (1 - u) previous + u T p           coupled: h = (1 - u T) previous + u T p
public func contextStates(
    _ rows: Int, _ width: Int, _ gates: UnsafeMutablePointer<Float>, _ openness: UnsafePointer<Float>?, _ isCoupled: Bool,
    _ previous: UnsafePointer<Float>, _ states: UnsafeMutablePointer<Float>
) {
    for row in 0..<rows {
        overColumns(
            width,
            NewState(
                width: width, gate: gates + row * 3 * width, openness: openness.map { $0 + row * width }, isCoupled: isCoupled,
                before: previous + row * width, after: states + row * width))
    }
}

private struct NewState: ColumnWork {
    let width: Int
    let gate: UnsafeMutablePointer<Float>
    let openness: UnsafePointer<Float>?
    let isCoupled: Bool
    let before: UnsafePointer<Float>
    let after: UnsafeMutablePointer<Float>

    @inline(__always) func read<A: Access>(_: A.Type, _ column: Int, _ count: Int) -> (u: Vector, p: Vector, state: Vector) {
        let u = logistic(A.at(gate + width + column, count)), p = hyperbolicTangent(A.at(gate + 2 * width + column, count))
        let h = A.at(before + column, count)
        guard let openness else { return (u, p, h + u * (p - h)) }
        let open = A.at(openness + column, count)
        return (u, p, isCoupled ? h + u * open * (p - h) : h + u * (p * open - h))
    }

    @inline(__always) func write<A: Access>(
        _: A.Type, _ values: (u: Vector, p: Vector, state: Vector), _ column: Int, _ count: Int
    ) {
        A.put(values.u, gate + width + column, count)
        A.put(values.p, gate + 2 * width + column, count)
        A.put(values.state, after + column, count)
    }
}

/// Backward of ``contextStates``: the update's and the candidate's floats of `gates` and `openness` are overwritten by the gradients of
/// what went into σ and tanh; `previousGradient += dh (1 - u)` (coupled: `1 - u T`), nil where the previous state is the fixed zero state.
public func contextStatesBackward(
    _ rows: Int, _ width: Int, _ dh: UnsafePointer<Float>, _ gates: UnsafeMutablePointer<Float>, _ openness: UnsafeMutablePointer<Float>?,
    _ isCoupled: Bool, _ previous: UnsafePointer<Float>, _ previousGradient: UnsafeMutablePointer<Float>?
) {
    for row in 0..<rows {
        overColumns(
            width,
            NewStateGradient(
                width: width, upstream: dh + row * width, gate: gates + row * 3 * width, openness: openness.map { $0 + row * width },
                isCoupled: isCoupled, before: previous + row * width, earlier: previousGradient.map { $0 + row * width }))
    }
}

private struct NewStateGradient: ColumnWork {
    let width: Int
    let upstream: UnsafePointer<Float>
    let gate: UnsafeMutablePointer<Float>
    let openness: UnsafeMutablePointer<Float>?
    let isCoupled: Bool
    let before: UnsafePointer<Float>
    let earlier: UnsafeMutablePointer<Float>?

    @inline(__always) func read<A: Access>(
        _: A.Type, _ column: Int, _ count: Int
    ) -> (update: Vector, candidate: Vector, openness: Vector, earlier: Vector) {
        let up = A.at(upstream + column, count), h = A.at(before + column, count)
        let u = A.at(gate + width + column, count), p = A.at(gate + 2 * width + column, count)
        var open = Vector(repeating: 1)
        if let openness { open = A.at(openness + column, count) }
        let both = u * open
        let updateGradient = isCoupled ? up * (p - h) * open : up * (p * open - h)
        let opened = isCoupled ? up * (p - h) * u : up * p * u
        var before = Vector()
        if let earlier { before = A.at(earlier + column, count) + up * (1 - (isCoupled ? both : u)) }
        return (updateGradient * u * (1 - u), up * both * (1 - p * p), opened * open * (1 - open), before)
    }

    @inline(__always) func write<A: Access>(
        _: A.Type, _ values: (update: Vector, candidate: Vector, openness: Vector, earlier: Vector), _ column: Int, _ count: Int
    ) {
        A.put(values.update, gate + width + column, count)
        A.put(values.candidate, gate + 2 * width + column, count)
        if let openness { A.put(values.openness, openness + column, count) }
        if let earlier { A.put(values.earlier, earlier + column, count) }
    }
}

/// Backward of ``contextResets``: the reset's floats of `gates` are overwritten by the gradient of what went into σ, and
/// `previousGradient += dreset r`.
public func contextResetsBackward(
    _ rows: Int, _ width: Int, _ resetGradient: UnsafePointer<Float>, _ gates: UnsafeMutablePointer<Float>,
    _ previous: UnsafePointer<Float>, _ previousGradient: UnsafeMutablePointer<Float>
) {
    for row in 0..<rows {
        overColumns(
            width,
            ResetGradient(
                upstream: resetGradient + row * width, gate: gates + row * 3 * width, before: previous + row * width,
                earlier: previousGradient + row * width))
    }
}

private struct ResetGradient: ColumnWork {
    let upstream: UnsafePointer<Float>
    let gate: UnsafeMutablePointer<Float>
    let before: UnsafePointer<Float>
    let earlier: UnsafeMutablePointer<Float>

    @inline(__always) func read<A: Access>(_: A.Type, _ column: Int, _ count: Int) -> (earlier: Vector, gate: Vector) {
        let up = A.at(upstream + column, count), r = A.at(gate + column, count)
        return (A.at(earlier + column, count) + up * r, up * A.at(before + column, count) * r * (1 - r))
    }

    @inline(__always) func write<A: Access>(_: A.Type, _ values: (earlier: Vector, gate: Vector), _ column: Int, _ count: Int) {
        A.put(values.earlier, earlier + column, count)
        A.put(values.gate, gate + column, count)
    }
}

/// `y = x + σ(q t)` with one time `t` a row: `x` and `y` are `[rows, width]`, `q` is `[width]`, `times` is `[rows]`.
public func timeShift(
    _ rows: Int, _ width: Int, _ x: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ times: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>
) {
    for row in 0..<rows {
        overColumns(width, Shift(time: times[row], x: x + row * width, q: q, y: y + row * width))
    }
}

private struct Shift: ColumnWork {
    let time: Float
    let x: UnsafePointer<Float>
    let q: UnsafePointer<Float>
    let y: UnsafeMutablePointer<Float>

    @inline(__always) func read<A: Access>(_: A.Type, _ column: Int, _ count: Int) -> Vector {
        A.at(x + column, count) + logistic(A.at(q + column, count) * time)
    }

    @inline(__always) func write<A: Access>(_: A.Type, _ sum: Vector, _ column: Int, _ count: Int) { A.put(sum, y + column, count) }
}

/// Backward of ``timeShift`` with respect to `q`: `dq += Σ over rows of dy s (1 - s) t`, `s = σ(q t)`. The gradient of `x` is `dy`.
public func timeShiftBackward(
    _ rows: Int, _ width: Int, _ dy: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ times: UnsafePointer<Float>,
    _ dq: UnsafeMutablePointer<Float>
) {
    for row in 0..<rows { overColumns(width, ShiftGradient(time: times[row], upstream: dy + row * width, q: q, dq: dq)) }
}

private struct ShiftGradient: ColumnWork {
    let time: Float
    let upstream: UnsafePointer<Float>
    let q: UnsafePointer<Float>
    let dq: UnsafeMutablePointer<Float>

    @inline(__always) func read<A: Access>(_: A.Type, _ column: Int, _ count: Int) -> Vector {
        let s = logistic(A.at(q + column, count) * time)
        return A.at(dq + column, count) + A.at(upstream + column, count) * s * (1 - s) * time
    }

    @inline(__always) func write<A: Access>(_: A.Type, _ sum: Vector, _ column: Int, _ count: Int) { A.put(sum, dq + column, count) }
}
