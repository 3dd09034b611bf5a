#if WIDE_VECTORS
    private typealias Lane = SIMD16<Float>
#else
    private typealias Lane = SIMD8<Float>
#endif

/// Twelve independent chains of multiply-adds in registers, enough to hide the latency of each: nothing that reads memory can be
/// faster. The rate of any product here can be compared with this one.
///
/// - Returns: operations made, two for each multiply-add, and a value that depends on all of them.
public func multiplyAddPeak(_ rounds: Int, _ seed: Float) -> (operations: Int, value: Float) {
    let x = Lane(repeating: seed)
    var (a, b, c, d, e, f) = (x, x, x, x, x, x)
    var (g, h, i, j, k, l) = (x, x, x, x, x, x)
    for _ in 0..<rounds {
        a.addProduct(x, x)
        b.addProduct(x, x)
        c.addProduct(x, x)
        d.addProduct(x, x)
        e.addProduct(x, x)
        f.addProduct(x, x)
        g.addProduct(x, x)
        h.addProduct(x, x)
        i.addProduct(x, x)
        j.addProduct(x, x)
        k.addProduct(x, x)
        l.addProduct(x, x)
    }
    let all = ((a + b) + (c + d)) + ((e + f) + (g + h)) + ((i + j) + (k + l))
    return (rounds * 12 * Lane.scalarCount * 2, all.sum())
}
