// Attention over the fields of an event, and sums over rows of a few floats. Fields are often eight floats wide: half a vector, whose
// floats the general loops would take as the rest of a longer row, a call for each.

/// Part of a row that fits in a register: eight floats where the width allows, else one.
protocol RowPart: Strip {
    static func * (left: Self, right: Self) -> Self
    init(repeating value: Float)
    /// Sum of the floats, in a fixed tree.
    var sum: Float { get }
}

extension SIMD8: RowPart where Scalar == Float {
    @inline(__always) var sum: Float {
        let a = lowHalf + highHalf
        let b = a.lowHalf + a.highHalf
        return b.x + b.y
    }
}

extension Float: RowPart {
    @inline(__always) init(repeating value: Float) { self = value }
    @inline(__always) var sum: Float { self }
}

@inline(__always)
private func dot<P: RowPart>(_: P.Type, _ width: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>) -> Float {
    var products = P(at: x) * P(at: y)
    var column = P.width
    while column < width {
        products = products + P(at: x + column) * P(at: y + column)
        column += P.width
    }
    return products.sum
}

/// Softmax of a row in place; all `-inf` gives zeros.
@inline(__always)
private func weigh(_ count: Int, _ line: UnsafeMutablePointer<Float>) {
    if count < 16 {
        let scores = load(line, first: count, fill: -.infinity)
        let most = largest(scores)
        let powers = exponential(scores - (most == -.infinity ? 0 : most))
        let sum = total(powers)
        store(powers * (sum > 0 ? 1 / sum : 0), line, first: count)
        return
    }
    let most = maximum(count, line)
    guard most > -.infinity else { return line.update(repeating: 0, count: count) }
    let sum = exponentials(count, line, line).sum
    scale(count, 1 / sum, line, line)
}

/// Weights and weighted sums of the fields of each event:
///
///     s_k = scale q · t_k      a = softmax over the fields that are present      y = Σ a_k e_k
///
/// `activated` (t) and `input` (e) are `[rows, fields width]`, `query` is `[width]`, `presence` `[rows, fields]` bytes or nil, `weights` (a)
/// `[rows, fields]`, `output` (y) `[rows, width]`. An event without fields gets zeros.
public func fieldAttention(
    _ rows: Int, _ fields: Int, _ width: Int, _ activated: UnsafePointer<Float>, _ input: UnsafePointer<Float>,
    _ query: UnsafePointer<Float>, _ scale: Float, _ presence: UnsafePointer<UInt8>?, _ weights: UnsafeMutablePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
) {
    if width.isMultiple(of: 8) {
        attend(SIMD8<Float>.self, rows, fields, width, activated, input, query, scale, presence, weights, output)
    } else {
        attend(Float.self, rows, fields, width, activated, input, query, scale, presence, weights, output)
    }
}

@inline(__always)
private func attend<P: RowPart>(
    _: P.Type, _ rows: Int, _ fields: Int, _ width: Int, _ activated: UnsafePointer<Float>, _ input: UnsafePointer<Float>,
    _ query: UnsafePointer<Float>, _ scale: Float, _ presence: UnsafePointer<UInt8>?, _ weights: UnsafeMutablePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
) {
    for row in 0..<rows {
        let line = weights + row * fields, event = activated + row * fields * width
        for field in 0..<fields { line[field] = dot(P.self, width, event + field * width, query) * scale }
        if let presence {
            for field in 0..<fields where presence[row * fields + field] == 0 { line[field] = -.infinity }
        }
        weigh(fields, line)
        let source = input + row * fields * width, target = output + row * width
        var column = 0
        while column < width {
            var sum = P(zero: ())
            for field in 0..<fields {
                // What stands in an absent field may be anything.
                if presence == nil || line[field] != 0 { sum.add(line[field], P(at: source + field * width + column)) }
            }
            sum.put(target + column)
            column += P.width
        }
    }
}

/// Backward of ``fieldAttention``: `inner` `[rows, fields width]` becomes the gradient of what went into tanh, `result` the part of the
/// input's gradient that went round it; `dQuery` `[width]` and `dNames` `[fields, width]` are added to. `slopes` has room for
/// `[rows, fields]`.
public func fieldAttentionBackward(
    _ rows: Int, _ fields: Int, _ width: Int, _ upstream: UnsafePointer<Float>, _ activated: UnsafePointer<Float>,
    _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ query: UnsafePointer<Float>, _ scale: Float,
    _ slopes: UnsafeMutablePointer<Float>, _ inner: UnsafeMutablePointer<Float>, _ result: UnsafeMutablePointer<Float>,
    _ dQuery: UnsafeMutablePointer<Float>, _ dNames: UnsafeMutablePointer<Float>
) {
    if width.isMultiple(of: 8) {
        attendBackward(
            SIMD8<Float>.self, rows, fields, width, upstream, activated, input, weights, query, scale, slopes, inner, result, dQuery, dNames
        )
    } else {
        attendBackward(
            Float.self, rows, fields, width, upstream, activated, input, weights, query, scale, slopes, inner, result, dQuery, dNames)
    }
}

@inline(__always)
private func attendBackward<P: RowPart>(
    _: P.Type, _ rows: Int, _ fields: Int, _ width: Int, _ upstream: UnsafePointer<Float>, _ activated: UnsafePointer<Float>,
    _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ query: UnsafePointer<Float>, _ scale: Float,
    _ slopes: UnsafeMutablePointer<Float>, _ inner: UnsafeMutablePointer<Float>, _ result: UnsafeMutablePointer<Float>,
    _ dQuery: UnsafeMutablePointer<Float>, _ dNames: UnsafeMutablePointer<Float>
) {
    for row in 0..<rows {
        let line = weights + row * fields, slope = slopes + row * fields
        let up = upstream + row * width, source = input + row * fields * width
        var mean: Float = 0
        for field in 0..<fields {
            slope[field] = line[field] == 0 ? 0 : dot(P.self, width, up, source + field * width)
            mean += line[field] * slope[field]
        }
        for field in 0..<fields { slope[field] = line[field] * (slope[field] - mean) * scale }
    }
    var column = 0
    while column < width {
        let direction = P(at: query + column)
        var ofQuery = P(at: dQuery + column)
        for row in 0..<rows {
            let up = P(at: upstream + row * width + column)
            for field in 0..<fields {
                let place = (row * fields + field) * width + column, number = row * fields + field
                let value = P(at: activated + place)
                ofQuery.add(slopes[number], value)
                // s q (1 - t²)
                var rest = P(repeating: 1)
                rest.add(-1, value * value)
                let change = P(repeating: slopes[number]) * direction * rest
                change.put(inner + place)
                (P(at: dNames + field * width + column) + change).put(dNames + field * width + column)
                (P(repeating: weights[number]) * up).put(result + place)
            }
        }
        ofQuery.put(dQuery + column)
        column += P.width
    }
}

/// `y[i] += x[i] slope` for `rows` numbers `xRow` apart and rows of `width` floats `yRow` apart.
public func addOuter(
    _ rows: Int, _ width: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ slope: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ yRow: Int
) {
    if width.isMultiple(of: 8) {
        outer(SIMD8<Float>.self, rows, width, x, xRow, slope, y, yRow)
    } else {
        outer(Float.self, rows, width, x, xRow, slope, y, yRow)
    }
}

@inline(__always)
private func outer<P: RowPart>(
    _: P.Type, _ rows: Int, _ width: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ slope: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    var column = 0
    while column < width {
        let factor = P(at: slope + column)
        for row in 0..<rows {
            let target = y + row * yRow + column
            var sum = P(at: target)
            sum.add(x[row * xRow], factor)
            sum.put(target)
        }
        column += P.width
    }
}

/// Backward of ``addOuter`` with respect to the slope: `dSlope += Σ x[i] y[i]`, in order of `i`.
public func outerSums(
    _ rows: Int, _ width: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ y: UnsafePointer<Float>, _ yRow: Int,
    _ dSlope: UnsafeMutablePointer<Float>
) {
    if width.isMultiple(of: 8) {
        sums(SIMD8<Float>.self, rows, width, x, xRow, y, yRow, dSlope)
    } else {
        sums(Float.self, rows, width, x, xRow, y, yRow, dSlope)
    }
}

@inline(__always)
private func sums<P: RowPart>(
    _: P.Type, _ rows: Int, _ width: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ y: UnsafePointer<Float>, _ yRow: Int,
    _ dSlope: UnsafeMutablePointer<Float>
) {
    var column = 0
    while column < width {
        var sum = P(at: dSlope + column)
        for row in 0..<rows { sum.add(x[row * xRow], P(at: y + row * yRow + column)) }
        sum.put(dSlope + column)
        column += P.width
    }
}

/// `table[ids[i]] += factors[i] x[i]` (factors nil: 1), in order of `i`, for a table that nobody else adds to. Negative ids are skipped.
public func accumulateRows(
    _ count: Int, _ width: Int, _ ids: UnsafePointer<Int32>, _ factors: UnsafePointer<Float>?, _ x: UnsafePointer<Float>, _ xRow: Int,
    _ table: UnsafeMutablePointer<Float>
) {
    switch width {
    case 8: accumulate(SIMD8<Float>.self, SIMD8<Float>.self, count, 8, ids, factors, x, xRow, table)
    case 16: accumulate(Vector.self, Vector.self, count, 16, ids, factors, x, xRow, table)
    case 9..<16: accumulate(SIMD8<Float>.self, Float.self, count, width, ids, factors, x, xRow, table)
    default:
        if width >= 16 {
            accumulate(Vector.self, Float.self, count, width, ids, factors, x, xRow, table)
        } else {
            accumulate(SIMD4<Float>.self, Float.self, count, width, ids, factors, x, xRow, table)
        }
    }
}

/// Parts of kind `P` as often as they fit, the rest by `R`.
@inline(__always)
private func accumulate<P: Strip, R: Strip>(
    _: P.Type, _: R.Type, _ count: Int, _ width: Int, _ ids: UnsafePointer<Int32>, _ factors: UnsafePointer<Float>?,
    _ x: UnsafePointer<Float>, _ xRow: Int, _ table: UnsafeMutablePointer<Float>
) {
    for index in 0..<count where ids[index] >= 0 {
        let target = table + Int(ids[index]) * width, source = x + index * xRow
        let factor = factors.map { $0[index] } ?? 1
        var column = 0
        while column + P.width <= width {
            var sum = P(at: target + column)
            sum.add(factor, P(at: source + column))
            sum.put(target + column)
            column += P.width
        }
        while column + R.width <= width {
            var sum = R(at: target + column)
            sum.add(factor, R(at: source + column))
            sum.put(target + column)
            column += R.width
        }
    }
}

/// `y[i] = factors[i] table[ids[i]]`; a negative id gives zeros.
public func scaledRows(
    _ count: Int, _ width: Int, _ table: UnsafePointer<Float>, _ ids: UnsafePointer<Int32>, _ factors: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    for index in 0..<count {
        let target = y + index * yRow
        guard ids[index] >= 0 else {
            target.update(repeating: 0, count: width)
            continue
        }
        let source = table + Int(ids[index]) * width, factor = factors[index]
        var column = 0
        while column + 8 <= width {
            (SIMD8<Float>(at: source + column) * factor).put(target + column)
            column += 8
        }
        while column < width {
            target[column] = source[column] * factor
            column += 1
        }
    }
}
