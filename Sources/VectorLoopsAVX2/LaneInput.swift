/// Two vectors' lanes parted into those with even and those with odd numbers.
@inline(__always)
private func parted(_ a: Vector, _ b: Vector) -> (Vector, Vector) {
    let both = SIMD32(lowHalf: a, highHalf: b)
    return (both.evenHalf, both.oddHalf)
}

/// Sixteen rows of eight floats, one after another → eight rows of sixteen.
@inline(__always)
private func transposeBlock(_ rows: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ targetRow: Int) {
    // Each round parts the whole block into even and odd places, which turns the bits of a float's number by one.
    @inline(__always)
    func turned(
        _ v: (Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector)
    ) -> (Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector) {
        let (a, e) = parted(v.0, v.1), (b, f) = parted(v.2, v.3), (c, g) = parted(v.4, v.5), (d, h) = parted(v.6, v.7)
        return (a, b, c, d, e, f, g, h)
    }
    let whole = (
        load(rows), load(rows + 16), load(rows + 32), load(rows + 48), load(rows + 64), load(rows + 80), load(rows + 96), load(rows + 112)
    )
    let result = turned(turned(turned(whole)))
    store(result.0, target)
    store(result.1, target + targetRow)
    store(result.2, target + 2 * targetRow)
    store(result.3, target + 3 * targetRow)
    store(result.4, target + 4 * targetRow)
    store(result.5, target + 5 * targetRow)
    store(result.6, target + 6 * targetRow)
    store(result.7, target + 7 * targetRow)
}

/// Rows → lanes: `y[f, n] = x[n, f]` for `count` rows. Rows of `width` floats, rounded up to 8 in `y` with zeros; lanes are rounded up to
/// 16 with zeros.
public func lanesOfRows(
    _ count: Int, _ width: Int, _ x: UnsafePointer<Float>, _ xRow: Int, _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 128) { block in
        let block = block.baseAddress!
        for first in stride(from: 0, to: count, by: 16) {
            for feature in stride(from: 0, to: width, by: 8) {
                let rest = min(8, width - feature)
                block.update(repeating: 0, count: 128)
                for row in 0..<min(16, count - first) {
                    (block + 8 * row).update(from: x + (first + row) * xRow + feature, count: rest)
                }
                transposeBlock(block, y + feature * yRow + first, yRow)
            }
        }
    }
}

/// `y[·, n] = Σ_f tables[f][ids[f][n]] + Σ_s values[s][n] columns[s]` for `lanes` events: what a projection of tables' rows and numbers laid
/// side by side would give, from tables that are multiplied by their share of the projection already.
///
/// All rows have `width` floats, a multiple of 8; a negative id means the row `none`. Lanes are rounded up to 16 with zeros. `scratch` needs
/// 16 * width floats, `rows` 16 * fields pointers.
public func foldedEvents(
    _ lanes: Int, _ width: Int, _ fields: Int, _ ids: UnsafePointer<UnsafePointer<Int32>>, _ tables: UnsafePointer<UnsafePointer<Float>>,
    _ none: UnsafePointer<Float>, _ numbers: Int, _ values: UnsafePointer<UnsafePointer<Float>>, _ columns: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>, _ yRow: Int, _ scratch: UnsafeMutablePointer<Float>,
    _ rows: UnsafeMutablePointer<UnsafePointer<Float>>
) {
    for first in stride(from: 0, to: lanes, by: 16) {
        let count = min(16, lanes - first)
        for field in 0..<fields {
            let ids = ids[field] + first, table = tables[field]
            for lane in 0..<count {
                let id = Int(ids[lane])
                rows[lane * fields + field] = id < 0 ? none : table + id * width
            }
        }
        if width > 8 { touch(rows, count * fields, width, scratch) }
        for lane in 0..<count {
            let rows = rows + lane * fields, target = scratch + 8 * lane
            var column = 0
            while column + 16 <= width {
                var sum = Vector()
                for field in 0..<fields { sum += load(rows[field] + column) }
                for number in 0..<numbers {
                    sum.addProduct(Vector(repeating: values[number][first + lane]), load(columns + number * width + column))
                }
                sum.lowHalf.put(target + 16 * column)
                sum.highHalf.put(target + 16 * column + 128)
                column += 16
            }
            if column < width {
                var sum = SIMD8<Float>()
                for field in 0..<fields { sum += SIMD8<Float>(at: rows[field] + column) }
                for number in 0..<numbers {
                    sum.addProduct(
                        SIMD8(repeating: values[number][first + lane]), SIMD8<Float>(at: columns + number * width + column))
                }
                sum.put(target + 16 * column)
            }
        }
        for column in stride(from: 0, to: width, by: 8) {
            let block = scratch + 16 * column
            if count < 16 { (block + 8 * count).update(repeating: 0, count: 8 * (16 - count)) }
            transposeBlock(block, y + column * yRow + first, yRow)
        }
    }
}

/// Reads a float of every cache line of the rows, one right after another, so that their misses overlap: where they are added up, the
/// additions between them leave the processor room to look for a few only.
@inline(__always)
private func touch(
    _ rows: UnsafeMutablePointer<UnsafePointer<Float>>, _ count: Int, _ width: Int, _ witness: UnsafeMutablePointer<Float>
) {
    var bits: UInt32 = 0
    for row in 0..<count {
        for column in stride(from: 0, to: width, by: 16) { bits |= rows[row][column].bitPattern }
    }
    witness[0] = Float(bitPattern: bits)
}

/// `y[b, f] = mean over the sequence's lanes of x[f, n]`; an empty sequence gives zeros. Sixteen lanes past a sequence's end are read.
/// `y` has rows of `yRow` floats, of which `width` are written.
public func laneMeans(
    _ offsets: UnsafePointer<Int32>, _ sequences: Int, _ width: Int, _ x: UnsafePointer<Float>, _ xRow: Int,
    _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    for sequence in 0..<sequences {
        let first = Int(offsets[sequence]), count = Int(offsets[sequence + 1]) - first
        let target = y + sequence * yRow
        guard count > 0 else {
            target.update(repeating: 0, count: width)
            continue
        }
        let whole = (count - 1) & ~15
        let beyond = laneNumbers .>= Bits(repeating: Int32(truncatingIfNeeded: count - whole))
        let share = 1 / Float(count)
        @inline(__always)
        func lanes(_ feature: Int) -> Vector {
            let source = x + feature * xRow + first
            var sum = load(source + whole).replacing(with: 0, where: beyond)
            for index in stride(from: 0, to: whole, by: 16) { sum += load(source + index) }
            return sum
        }
        // Neighbouring lanes added, of two vectors at once, until each lane is a feature's sum.
        @inline(__always)
        func joined(_ a: Vector, _ b: Vector) -> Vector {
            let (even, odd) = parted(a, b)
            return even + odd
        }
        var feature = 0
        while feature + 8 <= width {
            let a = joined(joined(lanes(feature), lanes(feature + 1)), joined(lanes(feature + 2), lanes(feature + 3)))
            let b = joined(joined(lanes(feature + 4), lanes(feature + 5)), joined(lanes(feature + 6), lanes(feature + 7)))
            let both = joined(a, b)
            ((both.evenHalf + both.oddHalf) * share).put(target + feature)
            feature += 8
        }
        while feature < width {
            target[feature] = total(lanes(feature)) * share
            feature += 1
        }
    }
}
