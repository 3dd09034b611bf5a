/// One head's queries against all keys of their sequence.
private struct HeadWork: LaneWork {
    let count: Int
    let depth: Int
    let isCausal: Bool
    /// Of the sequence's first event and the head's first feature.
    let query: UnsafePointer<Float>
    let key: UnsafePointer<Float>
    let value: UnsafePointer<Float>
    let row: Int
    let output: UnsafeMutablePointer<Float>
    let outputRow: Int
    /// Weights of one stretch of queries: `[count, lanes]`, count rounded up to 8.
    let weights: UnsafeMutablePointer<Float>

    @inline(__always)
    func run<L: LaneVectors>(_: L.Type, _ start: Int) {
        // Under a causal mask the last query of the stretch sees the most keys.
        let keys = isCausal ? min(count, start + L.lanes) : count
        let open = isCausal ? min(keys, start + 1) : keys
        for first in stride(from: 0, to: keys, by: panelHeight) {
            let target = weights + first * L.lanes
            #if WIDE_VECTORS
                stridedProduct(Outputs8<L>.self, depth, key + first, 1, row, query + start, row, target, L.lanes)
            #else
                stridedProduct(Outputs4<L>.self, depth, key + first, 1, row, query + start, row, target, L.lanes)
                stridedProduct(Outputs4<L>.self, depth, key + first + 4, 1, row, query + start, row, target + 4 * L.lanes, L.lanes)
            #endif
        }
        for key in open..<keys { hide(L.self, key, start) }
        let inverse = exponentiate(L.self, keys)
        if isCausal { for key in open..<keys { clear(L.self, key, start) } }
        var feature = 0
        let target = output + start
        #if WIDE_VECTORS
            while feature + 8 <= depth {
                mix(Outputs8<L>.self, keys, feature, inverse, target)
                feature += 8
            }
        #endif
        while feature + 4 <= depth {
            mix(Outputs4<L>.self, keys, feature, inverse, target)
            feature += 4
        }
        while feature < depth {
            mix(OneOutput<L>.self, keys, feature, inverse, target)
            feature += 1
        }
    }

    /// Queries before the key, by lane.
    @inline(__always)
    private func earlier(_ key: Int, _ start: Int, _ vector: Int) -> SIMDMask<SIMD16<Int32>> {
        laneNumbers .< Bits(repeating: Int32(truncatingIfNeeded: key - start - 16 * vector))
    }

    @inline(__always)
    private func hide<L: LaneVectors>(_: L.Type, _ key: Int, _ start: Int) {
        for vector in 0..<L.lanes / 16 {
            let place = weights + key * L.lanes + 16 * vector
            store(load(place).replacing(with: -.infinity, where: earlier(key, start, vector)), place)
        }
    }

    @inline(__always)
    private func clear<L: LaneVectors>(_: L.Type, _ key: Int, _ start: Int) {
        for vector in 0..<L.lanes / 16 {
            let place = weights + key * L.lanes + 16 * vector
            store(load(place).replacing(with: 0, where: earlier(key, start, vector)), place)
        }
    }

    /// Scores → powers of e, and 1 / their sum.
    @inline(__always)
    private func exponentiate<L: LaneVectors>(_: L.Type, _ keys: Int) -> L {
        let scale = Float(1.44269504088896341) / Float(depth).squareRoot()
        var most = L(at: weights)
        for key in 1..<max(keys, 1) { most = most.map(L(at: weights + key * L.lanes)) { larger($0, $1) } }
        var sum = L(repeating: 0)
        for key in 0..<keys {
            let place = weights + key * L.lanes
            let power = L(at: place).map(most) { powerOfTwo(($0 - $1) * scale) }
            power.put(place)
            sum = sum.map(power) { $0 + $1 }
        }
        return sum.map { 1 / $0 }
    }

    @inline(__always)
    private func mix<T: OutputTile>(_: T.Type, _ keys: Int, _ feature: Int, _ inverse: T.Row, _ target: UnsafeMutablePointer<Float>) {
        let place = target + feature * outputRow
        stridedProduct(T.self, keys, value + feature * row, row, 1, weights, T.Row.lanes, place, outputRow)
        for output in 0..<T.outputs {
            let line = place + output * outputRow
            T.Row(at: line).map(inverse) { $0 * $1 }.put(line)
        }
    }
}

/// Scaled dot-product attention of every sequence over itself, all heads.
///
/// `qkv` is `[3 width, lanes]`: queries, keys, values, each `heads` blocks of features; sequence b is lanes `offsets[b] ..< offsets[b + 1]`.
/// Up to 47 lanes past a sequence's end are read and written, those of `output` before the next sequence's own; so sequences must rise,
/// and both buffers go 48 lanes past the last. `weights` has room for 48 lanes for each event of the longest sequence and 8 more.
public func laneAttention(
    _ offsets: UnsafePointer<Int32>, _ sequences: Int, _ width: Int, _ heads: Int, _ isCausal: Bool, _ qkv: UnsafePointer<Float>,
    _ row: Int, _ output: UnsafeMutablePointer<Float>, _ outputRow: Int, _ weights: UnsafeMutablePointer<Float>
) {
    let depth = width / heads
    for sequence in 0..<sequences {
        let first = Int(offsets[sequence]), count = Int(offsets[sequence + 1]) - first
        guard count > 0 else { continue }
        for head in 0..<heads {
            let query = qkv + head * depth * row + first
            overLanes(
                count,
                HeadWork(
                    count: count, depth: depth, isCausal: isCausal, query: query, key: query + width * row, value: query + 2 * width * row,
                    row: row, output: output + head * depth * outputRow + first, outputRow: outputRow, weights: weights))
        }
    }
}
