// Products of rows and weights rounded to bfloat16, summed in single precision: on processors with AVX-512 BF16 each instruction does
// twice the multiplications of a single-precision one.
#if arch(x86_64)
    internal import CBFloat16

    typealias Sums = SIMD16<Float>
    /// 32 bfloat16 numbers: 16 lanes of two.
    typealias Pairs = SIMD8<Int64>

    /// Columns of one panel of packed weights.
    public let bfloat16PanelColumns = 64

    /// Pairs (UInt32) that the packed form of a weight `[outputs, inputs]` takes.
    public func bfloat16PackedCount(outputs: Int, inputs: Int) -> Int {
        (outputs + 63) / 64 * 64 * ((inputs + 1) / 2)
    }

    /// Rounds a weight `[outputs, inputs]` and packs it: for each 64 outputs, for each pair of inputs, 64 pairs; zeros beyond the end.
    public func packBFloat16(_ outputs: Int, _ inputs: Int, _ weight: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<UInt32>) {
        let pairs = (inputs + 1) / 2
        for panel in 0..<(outputs + 63) / 64 {
            for pair in 0..<pairs {
                let target = packed + (panel * pairs + pair) * 64
                for lane in 0..<64 {
                    let output = panel * 64 + lane
                    guard output < outputs else {
                        target[lane] = 0
                        continue
                    }
                    let row = weight + output * inputs + 2 * pair
                    target[lane] = UInt32(rounded(row[0])) | UInt32(2 * pair + 1 < inputs ? rounded(row[1]) : 0) << 16
                }
            }
        }
    }

    /// The nearest bfloat16, ties to even; denormals become zero, as the instruction has it.
    func rounded(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
        if bits & 0x7F80_0000 == 0 { return UInt16(truncatingIfNeeded: bits >> 16) & 0x8000 }
        return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }

    /// Rounds rows `[rows, inputs]` into `target`, `(inputs + 1) / 2` pairs a row; an odd end is filled with zero.
    public func roundBFloat16(
        _ rows: Int, _ inputs: Int, _ source: UnsafePointer<Float>, _ sourceRow: Int, _ target: UnsafeMutablePointer<UInt32>
    ) {
        let pairs = (inputs + 1) / 2
        for row in 0..<rows {
            let from = source + row * sourceRow
            let to = target + row * pairs
            var input = 0
            while input + 32 <= inputs {
                let low = UnsafeRawPointer(from + input).loadUnaligned(as: Sums.self)
                let high = UnsafeRawPointer(from + input + 16).loadUnaligned(as: Sums.self)
                UnsafeMutableRawPointer(to + input / 2).storeBytes(of: tessera_bfloat16_round(low, high), as: Pairs.self)
                input += 32
            }
            while input < inputs {
                to[input / 2] = UInt32(rounded(from[input])) | UInt32(input + 1 < inputs ? rounded(from[input + 1]) : 0) << 16
                input += 2
            }
        }
    }

    /// `c = a b (+ bias) (+ residual)`, with `a` rounded by ``roundBFloat16(_:_:_:_:_:)`` and `b` packed by ``packBFloat16(_:_:_:_:)``.
    ///
    /// Each element is one chain of sums over the pairs in order, so that a row's result does not depend on the rows beside it.
    public func bfloat16Product(
        _ rows: Int, _ outputs: Int, _ inputs: Int, _ a: UnsafePointer<UInt32>, _ packed: UnsafePointer<UInt32>,
        _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ bias: UnsafePointer<Float>?, _ residual: UnsafePointer<Float>?, _ residualRow: Int
    ) {
        let pairs = (inputs + 1) / 2
        for panel in 0..<(outputs + 63) / 64 {
            let column = panel * 64
            let finish = Finish(
                columns: min(64, outputs - column), bias: bias.map { $0 + column }, residual: residual.map { $0 + column },
                residualRow: residualRow)
            let b = packed + panel * pairs * 64
            var row = 0
            while row + 6 <= rows {
                six(pairs, a + row * pairs, b, c + row * cRow + column, cRow, finish.at(row))
                row += 6
            }
            while row + 2 <= rows {
                two(pairs, a + row * pairs, b, c + row * cRow + column, cRow, finish.at(row))
                row += 2
            }
            if row < rows { one(pairs, a + row * pairs, b, c + row * cRow + column, finish.at(row)) }
        }
    }

    private struct Finish {
        var columns: Int
        var bias: UnsafePointer<Float>?
        var residual: UnsafePointer<Float>?
        var residualRow: Int

        @inline(__always) func at(_ row: Int) -> Finish {
            var moved = self
            moved.residual = residual.map { $0 + row * residualRow }
            return moved
        }
    }

    /// 64 sums of one row.
    private struct Line {
        var s0 = Sums.zero, s1 = Sums.zero, s2 = Sums.zero, s3 = Sums.zero

        @inline(__always) mutating func add(_ a: UnsafePointer<UInt32>, _ b0: Pairs, _ b1: Pairs, _ b2: Pairs, _ b3: Pairs) {
            let x = unsafeBitCast(SIMD16<UInt32>(repeating: a.pointee), to: Pairs.self)
            s0 = tessera_bfloat16_dot(s0, x, b0)
            s1 = tessera_bfloat16_dot(s1, x, b1)
            s2 = tessera_bfloat16_dot(s2, x, b2)
            s3 = tessera_bfloat16_dot(s3, x, b3)
        }

        @inline(__always) func put(_ c: UnsafeMutablePointer<Float>, _ finish: Finish) {
            put(s0, 0, c, finish)
            put(s1, 16, c, finish)
            put(s2, 32, c, finish)
            put(s3, 48, c, finish)
        }

        @inline(__always) private func put(_ sums: Sums, _ at: Int, _ c: UnsafeMutablePointer<Float>, _ finish: Finish) {
            if at + 16 <= finish.columns {
                var sums = sums
                if let bias = finish.bias { sums += UnsafeRawPointer(bias + at).loadUnaligned(as: Sums.self) }
                if let residual = finish.residual { sums += UnsafeRawPointer(residual + at).loadUnaligned(as: Sums.self) }
                UnsafeMutableRawPointer(c + at).storeBytes(of: sums, as: Sums.self)
            } else {
                var lane = 0
                while at + lane < finish.columns {
                    var sum = sums[lane]
                    if let bias = finish.bias { sum += bias[at + lane] }
                    if let residual = finish.residual { sum += residual[at + lane] }
                    c[at + lane] = sum
                    lane += 1
                }
            }
        }
    }

    @inline(__always) private func load(_ b: UnsafePointer<UInt32>, _ place: Int) -> Pairs {
        UnsafeRawPointer(b + 16 * place).loadUnaligned(as: Pairs.self)
    }

    @inline(never) private func six(
        _ pairs: Int, _ a: UnsafePointer<UInt32>, _ b: UnsafePointer<UInt32>, _ c: UnsafeMutablePointer<Float>, _ cRow: Int,
        _ finish: Finish
    ) {
        var r0 = Line(), r1 = Line(), r2 = Line(), r3 = Line(), r4 = Line(), r5 = Line()
        var a = a
        var b = b
        for _ in 0..<pairs {
            let b0 = load(b, 0), b1 = load(b, 1), b2 = load(b, 2), b3 = load(b, 3)
            r0.add(a, b0, b1, b2, b3)
            r1.add(a + pairs, b0, b1, b2, b3)
            r2.add(a + 2 * pairs, b0, b1, b2, b3)
            r3.add(a + 3 * pairs, b0, b1, b2, b3)
            r4.add(a + 4 * pairs, b0, b1, b2, b3)
            r5.add(a + 5 * pairs, b0, b1, b2, b3)
            a += 1
            b += 64
        }
        r0.put(c, finish)
        r1.put(c + cRow, finish.at(1))
        r2.put(c + 2 * cRow, finish.at(2))
        r3.put(c + 3 * cRow, finish.at(3))
        r4.put(c + 4 * cRow, finish.at(4))
        r5.put(c + 5 * cRow, finish.at(5))
    }

    @inline(never) private func two(
        _ pairs: Int, _ a: UnsafePointer<UInt32>, _ b: UnsafePointer<UInt32>, _ c: UnsafeMutablePointer<Float>, _ cRow: Int,
        _ finish: Finish
    ) {
        var r0 = Line(), r1 = Line()
        var a = a
        var b = b
        for _ in 0..<pairs {
            let b0 = load(b, 0), b1 = load(b, 1), b2 = load(b, 2), b3 = load(b, 3)
            r0.add(a, b0, b1, b2, b3)
            r1.add(a + pairs, b0, b1, b2, b3)
            a += 1
            b += 64
        }
        r0.put(c, finish)
        r1.put(c + cRow, finish.at(1))
    }

    @inline(never) private func one(
        _ pairs: Int, _ a: UnsafePointer<UInt32>, _ b: UnsafePointer<UInt32>, _ c: UnsafeMutablePointer<Float>, _ finish: Finish
    ) {
        var line = Line()
        var b = b
        for pair in 0..<pairs {
            line.add(a + pair, load(b, 0), load(b, 1), load(b, 2), load(b, 3))
            b += 64
        }
        line.put(c, finish)
    }
#endif
