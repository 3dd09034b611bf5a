// Attention of heads of at most eight floats, for training: one query a lane, so that neither the few floats of a head nor a short
// row's end leave lanes idle, and the softmax goes down columns instead of across lanes.
//
// Weights of a head are T rows (one a key) of `padded(T)` floats (one a query). Lanes past T hold sums over whatever the scratch rows
// hold there, which is zero, and are never stored where a result is.

/// Widest head these loops are for.
let narrowDepth = 8

/// Sums of `depth` products down the rows of one stretch of queries.
@inline(__always)
private func features<L: LaneVectors>(
    _: L.Type, _ depth: Int, _ inner: Int, _ factors: UnsafePointer<Float>, _ factorRow: Int, _ x: UnsafePointer<Float>, _ xRow: Int,
    _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    var feature = 0
    while feature + 4 <= depth {
        stridedProduct(Outputs4<L>.self, inner, factors + feature, 1, factorRow, x, xRow, y + feature * yRow, yRow)
        feature += 4
    }
    while feature < depth {
        stridedProduct(OneOutput<L>.self, inner, factors + feature, 1, factorRow, x, xRow, y + feature * yRow, yRow)
        feature += 1
    }
}

/// `y[key, query] = Σ_c factors[key, c] x[c, query]` for one stretch of queries.
@inline(__always)
private func pairs<L: LaneVectors>(
    _: L.Type, _ keys: Int, _ depth: Int, _ factors: UnsafePointer<Float>, _ factorRow: Int, _ x: UnsafePointer<Float>, _ xRow: Int,
    _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    var key = 0
    while key + 4 <= keys {
        stridedProduct(Outputs4<L>.self, depth, factors + key * factorRow, factorRow, 1, x, xRow, y + key * yRow, yRow)
        key += 4
    }
    while key < keys {
        stridedProduct(OneOutput<L>.self, depth, factors + key * factorRow, factorRow, 1, x, xRow, y + key * yRow, yRow)
        key += 1
    }
}

/// One head of one sequence, forward.
struct NarrowHead: LaneWork {
    let count: Int
    let depth: Int
    let isCausal: Bool
    let key: UnsafePointer<Float>
    let value: UnsafePointer<Float>
    /// Floats from one row of `qkv` to the next.
    let row: Int
    /// Queries across: `[depth, padded]`.
    let queries: UnsafePointer<Float>
    /// `[count, padded]`.
    let weights: UnsafeMutablePointer<Float>
    /// The result across: `[depth, padded]`.
    let output: UnsafeMutablePointer<Float>
    let padded: Int

    @inline(__always)
    func run<L: LaneVectors>(_: L.Type, _ start: Int) {
        let scores = weights + start
        pairs(L.self, count, depth, key, row, queries + start, padded, scores, padded)
        if isCausal {
            for key in start + 1..<max(start + 1, count) {
                for lane in stride(from: 0, to: L.lanes, by: 16) {
                    let earlier = laneNumbers .< Bits(repeating: Int32(truncatingIfNeeded: key - start - lane))
                    store(load(scores + key * padded + lane).replacing(with: -.infinity, where: earlier), scores + key * padded + lane)
                }
            }
        }
        let scale = 1 / Float(depth).squareRoot()
        var most = L(at: scores)
        for key in 1..<max(1, count) { most = most.map(L(at: scores + key * padded)) { larger($0, $1) } }
        var sum = L(repeating: 0)
        for key in 0..<count {
            let place = scores + key * padded
            let power = L(at: place).map(most) { exponential(($0 - $1) * scale) }
            power.put(place)
            sum = sum.map(power) { $0 + $1 }
        }
        let inverse = sum.map { 1 / $0 }
        for key in 0..<count {
            let place = scores + key * padded
            L(at: place).map(inverse) { $0 * $1 }.put(place)
        }
        features(L.self, depth, count, value, row, scores, padded, output + start, padded)
    }
}

/// One head of one sequence, backward: slopes of the scores, gradients of the queries.
struct NarrowHeadSlopes: LaneWork {
    let count: Int
    let depth: Int
    let key: UnsafePointer<Float>
    let value: UnsafePointer<Float>
    let row: Int
    /// Gradient of the result, across: `[depth, padded]`.
    let upstream: UnsafePointer<Float>
    let weights: UnsafePointer<Float>
    /// `[count, padded]`.
    let slopes: UnsafeMutablePointer<Float>
    /// Gradient of the queries, across: `[depth, padded]`.
    let dQueries: UnsafeMutablePointer<Float>
    let padded: Int

    @inline(__always)
    func run<L: LaneVectors>(_: L.Type, _ start: Int) {
        let target = slopes + start, weights = weights + start
        pairs(L.self, count, depth, value, row, upstream + start, padded, target, padded)
        var mean = L(repeating: 0)
        for key in 0..<count {
            let product = L(at: target + key * padded).map(L(at: weights + key * padded)) { $0 * $1 }
            mean = mean.map(product) { $0 + $1 }
        }
        // dS = P (dP - Σ P dP) · scale, column by column.
        let scale = 1 / Float(depth).squareRoot()
        for key in 0..<count {
            let place = target + key * padded
            L(at: place).map(mean) { ($0 - $1) * scale }.map(L(at: weights + key * padded)) { $0 * $1 }.put(place)
        }
        features(L.self, depth, count, key, row, target, padded, dQueries + start, padded)
    }
}
