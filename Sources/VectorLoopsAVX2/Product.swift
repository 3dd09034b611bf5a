/// How a product's result meets what is in memory: `C = A B (+ C) (+ bias) (+ residual)`.
struct Finish {
    var accumulates: Bool
    var bias: UnsafePointer<Float>?
    var residual: UnsafePointer<Float>?
    var residualRow: Int
    /// Columns of the strip that its neighbour has already written.
    var overlap = 0
}

/// A block of the result held in registers: some rows, each one strip wide.
protocol Tile {
    associatedtype Row: Strip
    static var rows: Int { get }
    init()
    /// Adds the outer product of one column of A (`rows` floats, `stride` apart) and one row of B.
    mutating func step(_ a: UnsafePointer<Float>, _ stride: Int, _ b: Row)
    func finish(_ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ finish: Finish)
}

struct OneRow<Row: Strip>: Tile {
    var sum = Row(zero: ())
    static var rows: Int { 1 }
    @inline(__always) init() {}
    @inline(__always) mutating func step(_ a: UnsafePointer<Float>, _ stride: Int, _ b: Row) { sum.add(a.pointee, b) }
    @inline(__always) func finish(_ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ finish: Finish) {
        var result = sum
        if let bias = finish.bias { result = result + Row(at: bias) }
        if let residual = finish.residual { result = result + Row(at: residual) }
        if finish.accumulates { result = result.dropping(finish.overlap) + Row(at: c) }
        result.put(c)
    }
}

struct Above<Upper: Tile, Lower: Tile>: Tile where Upper.Row == Lower.Row {
    var upper = Upper()
    var lower = Lower()
    static var rows: Int { Upper.rows + Lower.rows }
    @inline(__always) init() {}
    @inline(__always) mutating func step(_ a: UnsafePointer<Float>, _ stride: Int, _ b: Upper.Row) {
        upper.step(a, stride, b)
        lower.step(a + Upper.rows * stride, stride, b)
    }
    @inline(__always) func finish(_ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ finish: Finish) {
        upper.finish(c, cRow, finish)
        var below = finish
        if let residual = finish.residual { below.residual = residual + Upper.rows * finish.residualRow }
        lower.finish(c + Upper.rows * cRow, cRow, below)
    }
}

typealias Rows1<S: Strip> = OneRow<S>
typealias Rows2<S: Strip> = Above<Rows1<S>, Rows1<S>>
typealias Rows4<S: Strip> = Above<Rows2<S>, Rows2<S>>
typealias Rows6<S: Strip> = Above<Rows4<S>, Rows2<S>>
typealias Rows8<S: Strip> = Above<Rows4<S>, Rows4<S>>
typealias Rows12<S: Strip> = Above<Rows6<S>, Rows6<S>>

/// The operands of one strip of columns.
struct Operands {
    var inner: Int
    var a: UnsafePointer<Float>
    var aRow: Int
    var aColumn: Int
    var b: UnsafePointer<Float>
    var bRow: Int
    var c: UnsafeMutablePointer<Float>
    var cRow: Int
    var finish: Finish
}

@inline(__always)
func compute<T: Tile>(_: T.Type, _ operands: Operands, row: Int) {
    var tile = T()
    var a = operands.a + row * operands.aRow
    var b = operands.b
    let aRow = operands.aRow, aColumn = operands.aColumn, bRow = operands.bRow
    var left = operands.inner
    while left > 0 {
        tile.step(a, aRow, T.Row(at: b))
        a += aColumn
        b += bRow
        left -= 1
    }
    var finish = operands.finish
    if let residual = finish.residual { finish.residual = residual + row * finish.residualRow }
    tile.finish(operands.c + row * operands.cRow, operands.cRow, finish)
}

/// One strip of columns, all rows: the large tile `T` as often as it fits, then fewer rows.
@inline(__always)
func computeStrip<T: Tile>(_: T.Type, _ operands: Operands, rows: Int) {
    var row = 0
    while row + T.rows <= rows {
        compute(T.self, operands, row: row)
        row += T.rows
    }
    if T.rows > 8, row + 8 <= rows {
        compute(Rows8<T.Row>.self, operands, row: row)
        row += 8
    }
    if T.rows > 4, row + 4 <= rows {
        compute(Rows4<T.Row>.self, operands, row: row)
        row += 4
    }
    if row + 2 <= rows {
        compute(Rows2<T.Row>.self, operands, row: row)
        row += 2
    }
    if row < rows { compute(Rows1<T.Row>.self, operands, row: row) }
}

// A strip and its tile are chosen so that the sums fill the registers: 24 of 32 with AVX-512, 12 of 16 with AVX2.
#if WIDE_VECTORS
    let widestStrip = 4
    @inline(never) func strip64(_ operands: Operands, _ rows: Int) { computeStrip(Rows6<Strip4>.self, operands, rows: rows) }
    @inline(never) func strip48(_ operands: Operands, _ rows: Int) { computeStrip(Rows8<Strip3>.self, operands, rows: rows) }
    @inline(never) func strip32(_ operands: Operands, _ rows: Int) { computeStrip(Rows12<Strip2>.self, operands, rows: rows) }
    @inline(never) func strip16(_ operands: Operands, _ rows: Int) { computeStrip(Rows12<Vector>.self, operands, rows: rows) }
    /// The strip of a single row: sums enough that none waits for the one before, and long stretches of memory.
    typealias SingleRowStrip = Strip16
#else
    let widestStrip = 1
    @inline(never) func strip16(_ operands: Operands, _ rows: Int) { computeStrip(Rows6<Vector>.self, operands, rows: rows) }
    typealias SingleRowStrip = Strip4
#endif
@inline(never) func singleRowStrip(_ operands: Operands) { compute(Rows1<SingleRowStrip>.self, operands, row: 0) }
@inline(never) func strip8(_ operands: Operands, _ rows: Int) { computeStrip(Rows12<SIMD8<Float>>.self, operands, rows: rows) }
@inline(never) func strip4(_ operands: Operands, _ rows: Int) { computeStrip(Rows12<SIMD4<Float>>.self, operands, rows: rows) }
@inline(never) func strip1(_ operands: Operands, _ rows: Int) { computeStrip(Rows12<Float>.self, operands, rows: rows) }

/// `C[M, N] = A[M, K] B[K, N] (+ C) (+ bias[N]) (+ residual[M, N])`.
///
/// `A(i, k)` is `a[i * aRow + k * aColumn]`, so that A may be a transpose; B, C and the residual are row-major with row strides. Every
/// element is one sum in order of `k`, whatever M and N are: a row's result does not depend on which rows stand beside it.
/// The residual must not be C: neighbouring strips overlap, and columns would be added twice. Use `accumulates` for that.
public func product(
    _ rows: Int, _ columns: Int, _ inner: Int,
    _ a: UnsafePointer<Float>, _ aRow: Int, _ aColumn: Int,
    _ b: UnsafePointer<Float>, _ bRow: Int,
    _ c: UnsafeMutablePointer<Float>, _ cRow: Int,
    _ accumulates: Bool, _ bias: UnsafePointer<Float>?, _ residual: UnsafePointer<Float>?, _ residualRow: Int
) {
    guard rows > 0, columns > 0 else { return }
    let finish = Finish(accumulates: accumulates, bias: bias, residual: residual, residualRow: residualRow)
    let whole = Operands(
        inner: inner, a: a, aRow: aRow, aColumn: aColumn, b: b, bRow: bRow, c: c, cRow: cRow, finish: finish)
    if columns < 16 {
        let width = columns >= 8 ? 8 : columns >= 4 ? 4 : 1
        var column = 0
        while column < columns {
            // The last strip reaches back over columns already done rather than past the end.
            let start = min(column, columns - width)
            let part = shifted(whole, to: start, overlap: column - start)
            switch width {
            case 8: strip8(part, rows)
            case 4: strip4(part, rows)
            default: strip1(part, rows)
            }
            column += width
        }
        return
    }
    if rows == 1 {
        var done = 0
        // What is left is nothing, or wide enough for strips to reach back in.
        while columns - done == SingleRowStrip.width || columns - done >= SingleRowStrip.width + 16 {
            singleRowStrip(shifted(whole, to: done, overlap: 0))
            done += SingleRowStrip.width
        }
        if done > 0 {
            return product(
                rows, columns - done, inner, a, aRow, aColumn, b + done, bRow, c + done, cRow, accumulates, bias.map { $0 + done },
                residual.map { $0 + done }, residualRow)
        }
    }
    let vectors = (columns + 15) / 16
    // Widths that are not multiples of 16 need a strip beside the last one for it to reach back over.
    let strips = max((vectors + widestStrip - 1) / widestStrip, columns % 16 == 0 ? 1 : 2)
    var column = 0
    for index in 0..<strips {
        let count = vectors / strips + (index < vectors % strips ? 1 : 0)
        let start = min(column, columns - 16 * count)
        let part = shifted(whole, to: start, overlap: column - start)
        column = start + 16 * count
        #if WIDE_VECTORS
            switch count {
            case 4: strip64(part, rows)
            case 3: strip48(part, rows)
            case 2: strip32(part, rows)
            default: strip16(part, rows)
            }
        #else
            strip16(part, rows)
        #endif
    }
}

@inline(__always)
private func shifted(_ operands: Operands, to column: Int, overlap: Int) -> Operands {
    var part = operands
    part.b += column
    part.c += column
    if let bias = part.finish.bias { part.finish.bias = bias + column }
    if let residual = part.finish.residual { part.finish.residual = residual + column }
    part.finish.overlap = overlap
    return part
}

/// `target[c * targetRow + r] = source[r * sourceRow + c]` for `rows` × `columns` of the source.
public func transpose(
    _ rows: Int, _ columns: Int, _ source: UnsafePointer<Float>, _ sourceRow: Int,
    _ target: UnsafeMutablePointer<Float>, _ targetRow: Int
) {
    var row = 0
    while row < rows {
        let height = min(16, rows - row)
        if height == 16 {
            for column in 0..<columns {
                var vector = Vector()
                for lane in 0..<16 { vector[lane] = source[(row + lane) * sourceRow + column] }
                store(vector, target + column * targetRow + row)
            }
        } else {
            for column in 0..<columns {
                for lane in 0..<height { target[column * targetRow + row + lane] = source[(row + lane) * sourceRow + column] }
            }
        }
        row += height
    }
}
