// Softmax over the *rows* of a block: `x[v, m]` is the score of item v for example m. A large vocabulary is worked through block
// by block in this orientation, because then sixteen examples share every vector and no sum ever crosses lanes.

/// `sums[m] += Σ_v e^(x[v, m] + bias[v] - bound)`, for scores that are known never to exceed `bound`.
public func columnExponentialSums(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ bias: UnsafePointer<Float>?, _ bound: Float,
    _ sums: UnsafeMutablePointer<Float>
) {
    var column = 0
    while column + 32 <= columns {
        var left = load(sums + column), right = load(sums + column + 16)
        var source = x + column
        for row in 0..<rows {
            let shift = (bias?[row] ?? 0) - bound
            left += exponential(load(source) + shift)
            right += exponential(load(source + 16) + shift)
            source += xRow
        }
        store(left, sums + column)
        store(right, sums + column + 16)
        column += 32
    }
    while column < columns {
        let part = Part(columns - column)
        var sum = part.load(sums + column)
        for row in 0..<rows { sum += exponential(part.load(x + row * xRow + column) + ((bias?[row] ?? 0) - bound)) }
        part.store(sum, sums + column)
        column += 16
    }
}

/// The same for scores without a known bound: keeps the largest so far in `most` and rescales `sums` when it grows.
public func columnOnlineSums(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ bias: UnsafePointer<Float>?,
    _ most: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>
) {
    guard rows > 0 else { return }
    var column = 0
    while column + 16 <= columns {
        let before = load(most + column)
        var peak = before
        var source = x + column
        for row in 0..<rows {
            peak = larger(peak, load(source) + (bias?[row] ?? 0))
            source += xRow
        }
        var sum = load(sums + column) * exponential(before - peak)
        source = x + column
        for row in 0..<rows {
            sum += exponential(load(source) + (bias?[row] ?? 0) - peak)
            source += xRow
        }
        store(peak, most + column)
        store(sum, sums + column)
        column += 16
    }
    guard column < columns else { return }
    let part = Part(columns - column)
    let before = part.load(most + column)
    var peak = before
    for row in 0..<rows { peak = larger(peak, part.load(x + row * xRow + column) + (bias?[row] ?? 0)) }
    var sum = part.load(sums + column) * exponential(before - peak)
    for row in 0..<rows { sum += exponential(part.load(x + row * xRow + column) + (bias?[row] ?? 0) - peak) }
    part.store(peak, most + column)
    part.store(sum, sums + column)
}

/// In place: `x[v, m] = (e^(x[v, m] + bias[v] - logSum[m]) - smoothing) * factor[m]`: the gradient of the mean cross-entropy with
/// respect to the scores, but for the targets' own share.
public func columnSoftmaxGradient(
    _ rows: Int, _ columns: Int, _ x: UnsafeMutablePointer<Float>, _ xRow: Int, _ bias: UnsafePointer<Float>?,
    _ logSum: UnsafePointer<Float>, _ factor: UnsafePointer<Float>, _ smoothing: Float
) {
    var column = 0
    while column + 32 <= columns {
        let leftSum = load(logSum + column), rightSum = load(logSum + column + 16)
        let leftFactor = load(factor + column), rightFactor = load(factor + column + 16)
        var target = x + column
        for row in 0..<rows {
            let shift = bias?[row] ?? 0
            store((exponential(load(target) + shift - leftSum) - smoothing) * leftFactor, target)
            store((exponential(load(target + 16) + shift - rightSum) - smoothing) * rightFactor, target + 16)
            target += xRow
        }
        column += 32
    }
    while column < columns {
        let part = Part(columns - column)
        let sum = part.load(logSum + column), scale = part.load(factor + column)
        for row in 0..<rows {
            let target = x + row * xRow + column
            part.store((exponential(part.load(target) + (bias?[row] ?? 0) - sum) - smoothing) * scale, target)
        }
        column += 16
    }
}

/// How many of each column's scores beat the column's own: `above[m] += #{v : x[v, m] + bias[v] > score[m]}` and `equal[m]` likewise.
public func columnRanks(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ bias: UnsafePointer<Float>?,
    _ score: UnsafePointer<Float>, _ above: UnsafeMutablePointer<Int32>, _ equal: UnsafeMutablePointer<Int32>
) {
    var column = 0
    while column < columns {
        let part = Part(columns - column)
        let own = part.load(score + column)
        var more = Bits(), same = Bits()
        for row in 0..<rows {
            let value = part.load(x + row * xRow + column) + (bias?[row] ?? 0)
            more = more &+ Bits().replacing(with: 1, where: value .> own)
            same = same &+ Bits().replacing(with: 1, where: value .== own)
        }
        for lane in 0..<part.count {
            above[column + lane] &+= more[lane]
            equal[column + lane] &+= same[lane]
        }
        column += 16
    }
}

/// Sixteen columns, or the fewer that are left.
private struct Part {
    let count: Int

    @inline(__always) init(_ left: Int) { count = min(16, left) }
    @inline(__always) func load(_ pointer: UnsafePointer<Float>) -> Vector {
        count == 16 ? Vector(at: pointer) : partial(pointer, count)
    }
    @inline(__always) func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>) {
        if count == 16 { vector.put(pointer) } else { putPartial(vector, pointer, count) }
    }
}

@inline(__always)
private func partial(_ pointer: UnsafePointer<Float>, _ count: Int) -> Vector { load(pointer, first: count) }

@inline(__always)
private func putPartial(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, _ count: Int) { store(vector, pointer, first: count) }
