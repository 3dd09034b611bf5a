/// Softmax of each row, in place or not: `y = e^(x - max) / Σ`. Returns nothing; rows of width 0 are left alone.
public func softmaxRows(
    _ rows: Int, _ width: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    guard width > 0 else { return }
    for row in 0..<rows {
        let target = y + row * yRow
        let sum = exponentials(width, x + row * xRow, target).sum
        scale(width, 1 / sum, target, target)
    }
}

/// `log Σ e^x` of each row, one float a row into `result`.
public func logSumExpRows(
    _ rows: Int, _ width: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ result: UnsafeMutablePointer<Float>
) {
    guard width > 0 else { return }
    for row in 0..<rows {
        let source = x + row * xRow
        let most = maximum(width, source)
        var sum = Vector()
        var index = 0
        while index + 16 <= width {
            sum += exponential(load(source + index) - most)
            index += 16
        }
        if index < width { sum += exponential(load(source + index, first: width - index, fill: -.infinity) - most) }
        result[row] = most + logarithm(total(sum))
    }
}

/// Largest of `count` > 0 floats.
@inline(__always)
func maximum(_ count: Int, _ x: UnsafePointer<Float>) -> Float {
    var most = Vector(repeating: -.infinity)
    var index = 0
    while index + 16 <= count {
        most = larger(most, load(x + index))
        index += 16
    }
    if index < count { most = larger(most, load(x + index, first: count - index, fill: -.infinity)) }
    return largest(most)
}

/// `y = e^(x - max)`, and the maximum and sum.
@inline(__always)
func exponentials(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) -> (most: Float, sum: Float) {
    let most = maximum(count, x)
    var sum = Vector()
    var index = 0
    while index + 16 <= count {
        let value = exponential(load(x + index) - most)
        sum += value
        store(value, y + index)
        index += 16
    }
    if index < count {
        let value = exponential(load(x + index, first: count - index, fill: -.infinity) - most)
        sum += value
        store(value, y + index, first: count - index)
    }
    return (most, total(sum))
}

/// Natural logarithm of a positive, finite, normal float (Cephes' logf.c), relative error about 2⁻²².
func logarithm(_ x: Float) -> Float {
    var exponent = Int32(bitPattern: x.bitPattern >> 23) - 126
    var m = Float(bitPattern: (x.bitPattern & 0x007F_FFFF) | 0x3F00_0000)  // 0.5 ..< 1
    if m < 0.707106781186547524 {
        exponent -= 1
        m += m
    }
    m -= 1
    let z = m * m
    var p: Float = 7.0376836292e-2
    for coefficient: Float in [
        -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1,
        3.3333331174e-1,
    ] { p = p * m + coefficient }
    let e = Float(exponent)
    var y = m * z * p
    y += -2.12194440e-4 * e
    y -= 0.5 * z
    return (m + y) + 0.693359375 * e
}

/// Layer norm: `y = (x - mean) / √(variance + ε) * gain + shift` per row; keeps mean and 1/√ in `statistics[2 row]`, `[2 row + 1]`.
public func layerNorm(
    _ rows: Int, _ width: Int, _ x: UnsafePointer<Float>, _ gain: UnsafePointer<Float>, _ shift: UnsafePointer<Float>,
    _ epsilon: Float, _ y: UnsafeMutablePointer<Float>, _ statistics: UnsafeMutablePointer<Float>
) {
    if width == 8 { return layerNormOfEight(rows, x, gain, shift, epsilon, y, statistics) }
    let whole = width & ~15, rest = width - whole
    let perWidth = 1 / Float(width)
    for row in 0..<rows {
        let source = x + row * width, target = y + row * width
        var sum = Vector()
        for index in stride(from: 0, to: whole, by: 16) { sum += load(source + index) }
        if rest > 0 { sum += load(source + whole, first: rest) }
        let mean = total(sum) * perWidth
        var squares = Vector()
        for index in stride(from: 0, to: whole, by: 16) {
            let centred = load(source + index) - mean
            squares.addProduct(centred, centred)
        }
        if rest > 0 {
            let centred = load(source + whole, first: rest, fill: mean) - mean
            squares.addProduct(centred, centred)
        }
        let inverse = 1 / (total(squares) * perWidth + epsilon).squareRoot()
        statistics[2 * row] = mean
        statistics[2 * row + 1] = inverse
        for index in stride(from: 0, to: whole, by: 16) {
            store(load(shift + index).addingProduct((load(source + index) - mean) * inverse, load(gain + index)), target + index)
        }
        if rest > 0 {
            let normed = (load(source + whole, first: rest) - mean) * inverse
            let result = load(shift + whole, first: rest).addingProduct(normed, load(gain + whole, first: rest))
            store(result, target + whole, first: rest)
        }
    }
}

/// Backward of ``layerNorm``. With x̂ the normed row and h = gain · dy:
/// `dx = (h - mean(h) - x̂ mean(h x̂)) / √(variance + ε) (+ residual)`, `dgain += dy x̂`, `dshift += dy`.
///
/// `dx` may be `dy` or the residual.
public func layerNormBackward(
    _ rows: Int, _ width: Int, _ x: UnsafePointer<Float>, _ gain: UnsafePointer<Float>, _ statistics: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>, _ residual: UnsafePointer<Float>?, _ dx: UnsafeMutablePointer<Float>,
    _ dGain: UnsafeMutablePointer<Float>, _ dShift: UnsafeMutablePointer<Float>
) {
    if width == 8 { return layerNormOfEightBackward(rows, x, gain, statistics, dy, residual, dx, dGain, dShift) }
    let perWidth = 1 / Float(width)
    for row in 0..<rows {
        let source = x + row * width, upstream = dy + row * width, target = dx + row * width
        let mean = statistics[2 * row], inverse = statistics[2 * row + 1]
        var sum = Vector(), product = Vector()
        var index = 0
        while index < width {
            let rest = width - index
            if rest >= 16 {
                let normed = (load(source + index) - mean) * inverse
                let up = load(upstream + index)
                let h = up * load(gain + index)
                sum += h
                product.addProduct(h, normed)
                store(load(dGain + index).addingProduct(up, normed), dGain + index)
                store(load(dShift + index) + up, dShift + index)
            } else {
                let normed = (load(source + index, first: rest, fill: mean) - mean) * inverse
                let up = load(upstream + index, first: rest)
                let h = up * load(gain + index, first: rest)
                sum += h
                product.addProduct(h, normed)
                store(load(dGain + index, first: rest).addingProduct(up, normed), dGain + index, first: rest)
                store(load(dShift + index, first: rest) + up, dShift + index, first: rest)
            }
            index += 16
        }
        let meanH = total(sum) * perWidth, meanProduct = total(product) * perWidth
        index = 0
        while index < width {
            let rest = width - index
            if rest >= 16 {
                let normed = (load(source + index) - mean) * inverse
                var result = (load(upstream + index) * load(gain + index) - meanH - normed * meanProduct) * inverse
                if let residual { result += load(residual + row * width + index) }
                store(result, target + index)
            } else {
                let normed = (load(source + index, first: rest) - mean) * inverse
                let h = load(upstream + index, first: rest) * load(gain + index, first: rest)
                var result = (h - meanH - normed * meanProduct) * inverse
                if let residual { result += load(residual + row * width + index, first: rest) }
                store(result, target + index, first: rest)
            }
            index += 16
        }
    }
}

/// `sums[c] += Σ over rows of x[row, c]`: a bias gradient.
public func columnSums(_ rows: Int, _ width: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ sums: UnsafeMutablePointer<Float>) {
    var column = 0
    while column + 64 <= width {
        var strip = Strip4(zero: ())
        for row in 0..<rows { strip = strip + Strip4(at: x + row * xRow + column) }
        (strip + Strip4(at: sums + column)).put(sums + column)
        column += 64
    }
    while column + 16 <= width {
        var first = Vector(), second = Vector()
        var row = 0
        while row + 2 <= rows {
            first += load(x + row * xRow + column)
            second += load(x + (row + 1) * xRow + column)
            row += 2
        }
        if row < rows { first += load(x + row * xRow + column) }
        store(load(sums + column) + (first + second), sums + column)
        column += 16
    }
    while column + 4 <= width {
        var sum = SIMD4<Float>()
        for row in 0..<rows { sum += SIMD4<Float>(at: x + row * xRow + column) }
        (sum + SIMD4<Float>(at: sums + column)).put(sums + column)
        column += 4
    }
    while column < width {
        var sum: Float = 0
        for row in 0..<rows { sum += x[row * xRow + column] }
        sums[column] += sum
        column += 1
    }
}

/// `y[i] = table[ids[i]]` row by row; a negative id gives a row of zeros.
public func gatherRows(
    _ count: Int, _ width: Int, _ table: UnsafePointer<Float>, _ ids: UnsafePointer<Int32>,
    _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    for index in 0..<count {
        let id = Int(ids[index])
        let target = y + index * yRow
        if id < 0 {
            target.update(repeating: 0, count: width)
        } else {
            copy(width, table + id * width, target)
        }
    }
}

@inline(__always)
private func copy(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    var index = 0
    while index + 16 <= count {
        store(load(x + index), y + index)
        index += 16
    }
    while index + 4 <= count {
        SIMD4<Float>(at: x + index).put(y + index)
        index += 4
    }
    while index < count {
        y[index] = x[index]
        index += 1
    }
}

/// `table[ids[i]] += factor[i] * x[owner[i]]`, in order of `i`, for the ids with `id mod parts == part`; negative ids are skipped.
/// Owners and factors may be missing (`i` and 1). Parts let several workers share the table's rows without locks.
public func scatterAddRows(
    _ count: Int, _ width: Int, _ ids: UnsafePointer<Int32>, _ owners: UnsafePointer<Int32>?, _ factors: UnsafePointer<Float>?,
    _ x: UnsafePointer<Float>, _ xRow: Int, _ table: UnsafeMutablePointer<Float>, _ part: Int, _ parts: Int
) {
    let divisor = UInt32(truncatingIfNeeded: parts), remainder = UInt32(truncatingIfNeeded: part)
    if width == 16, owners == nil, factors == nil, divisor <= 1 {
        // Rows of one vector, far apart: a call for each would cost more than the sum.
        for index in 0..<count where ids[index] >= 0 {
            let target = table + Int(ids[index]) * 16
            store(load(target) + load(x + index * xRow), target)
        }
        return
    }
    for index in 0..<count {
        let id = ids[index]
        if id < 0 || (divisor > 1 && UInt32(bitPattern: id) % divisor != remainder) { continue }
        let source = x + (owners.map { Int($0[index]) } ?? index) * xRow
        axpy(width, factors.map { $0[index] } ?? 1, source, table + Int(id) * width)
    }
}

/// `y[b] = Σ factor[i] table[ids[i]]` over the ids of bag b, `offsets[b] ..< offsets[b + 1]`; an empty bag gives zeros.
public func bagRows(
    _ bags: Int, _ width: Int, _ table: UnsafePointer<Float>, _ ids: UnsafePointer<Int32>, _ offsets: UnsafePointer<Int32>,
    _ factors: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    for bag in 0..<bags {
        let target = y + bag * yRow
        target.update(repeating: 0, count: width)
        for index in Int(offsets[bag])..<Int(offsets[bag + 1]) where ids[index] >= 0 {
            axpy(width, factors.map { $0[index] } ?? 1, table + Int(ids[index]) * width, target)
        }
    }
}
