// Scaled dot-product attention over packed sequences, all heads, forward and backward.
//
// `qkv` has N rows of 3 D floats: D of queries, D of keys, D of values, each D being `heads` blocks of D / heads. Scores and
// weights of a head are T rows of `padded(T)` floats, T rounded up to whole vectors; the columns past T hold zeros.

@inline(__always) private func padded(_ count: Int) -> Int { (count + 15) & ~15 }

/// Rows of a block: under a causal mask a block's columns end where its rows end, so half of a long sequence is never computed.
private let blockRows = 48

/// A key of its own for every sequence and head.
@inline(__always)
private func streamKey(_ layer: UInt64, _ firstRow: Int, _ head: Int) -> UInt64 {
    layer &+ UInt64(truncatingIfNeeded: firstRow &* 1024 &+ head &+ 1) &* 0x9E37_79B9_7F4A_7C15
}

/// Softmax of `scale * scores` over the first `count` columns, in place; zeros up to `width`, a multiple of 16.
@inline(__always)
private func weigh(_ scores: UnsafeMutablePointer<Float>, _ count: Int, _ width: Int, _ scale: Float) {
    let last = (count - 1) & ~15
    let beyond = laneNumbers .>= Bits(repeating: Int32(truncatingIfNeeded: count - last))
    var most = load(scores + last).replacing(with: -.infinity, where: beyond)
    for index in stride(from: 0, to: last, by: 16) { most = larger(most, load(scores + index)) }
    let shift = largest(most) * scale
    var sum = Vector()
    for index in stride(from: 0, to: last, by: 16) {
        let value = exponential((load(scores + index) * scale) - shift)
        sum += value
        store(value, scores + index)
    }
    let value = exponential(load(scores + last) * scale - shift).replacing(with: 0, where: beyond)
    let inverse = 1 / total(sum + value)
    for index in stride(from: 0, to: last, by: 16) { store(load(scores + index) * inverse, scores + index) }
    store(value * inverse, scores + last)
    for index in stride(from: last + 16, to: width, by: 16) { store(Vector(), scores + index) }
}

/// `y = x` with the elements that dropout kills set to zero and the others scaled, `rows` × `width`, numbered row-major.
@inline(__always)
private func drop(
    _ rows: Range<Int>, _ width: Int, _ key: UInt64, _ probability: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ row: Int
) {
    let threshold = UInt32(Double(probability) * 4_294_967_296)
    let factor = 1 / (1 - probability)
    for line in rows {
        for index in stride(from: 0, to: width, by: 16) {
            let survives = survivors(key, UInt32(truncatingIfNeeded: line * row + index), threshold)
            store((load(x + line * row + index) * factor).replacing(with: 0, where: .!survives), y + line * row + index)
        }
    }
}

/// Copies `rows` × `columns` transposed, filling each target row up to `padded(rows)` with zeros.
@inline(__always)
private func transposePadded(
    _ rows: Int, _ columns: Int, _ source: UnsafePointer<Float>, _ sourceRow: Int, _ target: UnsafeMutablePointer<Float>
) {
    let width = padded(rows)
    transpose(rows, columns, source, sourceRow, target, width)
    if rows < width {
        for column in 0..<columns { for row in rows..<width { target[column * width + row] = 0 } }
    }
}

/// Floats that ``attention`` writes to `weights` for a sequence of `count` rows.
@inline(__always)
private func weightFloats(_ count: Int, _ heads: Int) -> Int { heads * count * padded(count) }

/// Forward: `output[N, D]` from `qkv[N, 3D]`; keeps the softmax weights of every sequence and head, before dropout, in `weights`
/// (Σ heads · T · padded(T) floats). `scratch` needs 2 D / heads · padded(longest) floats, and longest · padded(longest) more with dropout.
public func attention(
    _ offsets: UnsafePointer<Int32>, _ sequences: Int, _ width: Int, _ heads: Int, _ causal: Bool, _ qkv: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, _ weights: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>,
    _ dropoutKey: UInt64, _ dropoutProbability: Float
) {
    let depth = width / heads, row = 3 * width
    let scale = 1 / Float(depth).squareRoot()
    var weights = weights
    for sequence in 0..<sequences {
        let first = Int(offsets[sequence]), count = Int(offsets[sequence + 1]) - first
        let padded = padded(count)
        let dropped = scratch + depth * padded
        for head in 0..<heads where count > 0 {
            let query = qkv + first * row + head * depth
            let value = query + 2 * width
            if depth <= narrowDepth && dropoutProbability == 0 {
                let across = scratch + depth * padded
                transposePadded(count, depth, query, row, scratch)
                overLanes(
                    count,
                    NarrowHead(
                        count: count, depth: depth, isCausal: causal, key: query + width, value: value, row: row, queries: scratch,
                        weights: weights, output: across, padded: padded))
                transpose(depth, count, across, padded, output + first * width + head * depth, width)
                weights += count * padded
                continue
            }
            transposePadded(count, depth, query + width, row, scratch)
            var start = 0
            while start < count {
                let end = causal ? min(count, start + blockRows) : count
                let columns = (end + 15) & ~15
                let scores = weights + start * padded
                product(end - start, columns, depth, query + start * row, row, 1, scratch, padded, scores, padded, false, nil, nil, 0)
                for line in start..<end { weigh(weights + line * padded, causal ? line + 1 : count, padded, scale) }
                var used = UnsafePointer(scores)
                if dropoutProbability > 0 {
                    drop(start..<end, columns, streamKey(dropoutKey, first, head), dropoutProbability, weights, dropped, padded)
                    used = UnsafePointer(dropped + start * padded)
                }
                let result = output + (first + start) * width + head * depth
                product(end - start, depth, end, used, padded, 1, value, row, result, width, false, nil, nil, 0)
                start = end
            }
            weights += count * padded
        }
    }
}

/// Backward of ``attention``: `dQKV[N, 3D]` from `dOutput[N, D]`. `scratch` needs 2 D / heads · padded(longest) + longest · padded(longest)
/// floats, and longest · padded(longest) more with dropout.
public func attentionBackward(
    _ offsets: UnsafePointer<Int32>, _ sequences: Int, _ width: Int, _ heads: Int, _ causal: Bool, _ qkv: UnsafePointer<Float>,
    _ weights: UnsafePointer<Float>, _ dOutput: UnsafePointer<Float>, _ dQKV: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>, _ dropoutKey: UInt64, _ dropoutProbability: Float
) {
    let depth = width / heads, row = 3 * width
    let scale = 1 / Float(depth).squareRoot()
    var weights = weights
    for sequence in 0..<sequences {
        let first = Int(offsets[sequence]), count = Int(offsets[sequence + 1]) - first
        let padded = padded(count)
        let slopes = scratch + depth * padded
        let dropped = slopes + count * padded
        for head in 0..<heads where count > 0 {
            let query = qkv + first * row + head * depth
            let key = query + width, value = query + 2 * width
            let up = dOutput + first * width + head * depth
            let down = dQKV + first * row + head * depth
            let dropKey = streamKey(dropoutKey, first, head)
            if depth <= narrowDepth && dropoutProbability == 0 {
                let dQueries = slopes + count * padded
                transposePadded(count, depth, up, width, scratch)
                overLanes(
                    count,
                    NarrowHeadSlopes(
                        count: count, depth: depth, key: key, value: value, row: row, upstream: scratch, weights: weights,
                        slopes: slopes, dQueries: dQueries, padded: padded))
                transpose(depth, count, dQueries, padded, down, row)
                // Keys and values: sums over the queries that saw them; the weight of the others is zero.
                product(count, depth, count, slopes, padded, 1, query, row, down + width, row, false, nil, nil, 0)
                product(count, depth, count, weights, padded, 1, up, width, down + 2 * width, row, false, nil, nil, 0)
                weights += count * padded
                continue
            }
            transposePadded(count, depth, value, row, scratch)
            var start = 0
            while start < count {
                let end = causal ? min(count, start + blockRows) : count
                let columns = (end + 15) & ~15
                product(
                    end - start, columns, depth, up + start * width, width, 1, scratch, padded, slopes + start * padded, padded, false, nil,
                    nil, 0)
                if dropoutProbability > 0 {
                    drop(start..<end, columns, dropKey, dropoutProbability, slopes, slopes, padded)
                    drop(start..<end, columns, dropKey, dropoutProbability, weights, dropped, padded)
                }
                // dS = P (dP - Σ P dP) · scale, row by row.
                for line in start..<end {
                    let weight = weights + line * padded, slope = slopes + line * padded
                    var sum = Vector()
                    for index in stride(from: 0, to: columns, by: 16) { sum.addProduct(load(weight + index), load(slope + index)) }
                    let mean = total(sum)
                    for index in stride(from: 0, to: columns, by: 16) {
                        store(load(weight + index) * ((load(slope + index) - mean) * scale), slope + index)
                    }
                }
                let rows = end - start
                product(rows, depth, end, slopes + start * padded, padded, 1, key, row, down + start * row, row, false, nil, nil, 0)
                start = end
            }
            // Keys and values gather from the rows at or after them under a causal mask, from all rows otherwise.
            let used = dropoutProbability > 0 ? UnsafePointer(dropped) : weights
            start = 0
            while start < count {
                let end = causal ? min(count, start + blockRows) : count
                let from = causal ? start : 0
                let rows = end - start, corner = from * padded + start
                let dKey = down + width + start * row, dValue = down + 2 * width + start * row
                product(
                    rows, depth, count - from, slopes + corner, 1, padded, query + from * row, row, dKey, row, false, nil, nil, 0)
                product(
                    rows, depth, count - from, used + corner, 1, padded, up + from * width, width, dValue, row, false, nil, nil, 0)
                start = end
            }
            weights += count * padded
        }
    }
}
