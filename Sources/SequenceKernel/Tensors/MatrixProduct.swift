/// Matrix products over ``Rows``, with shapes checked once a call. The arithmetic is ``VectorLoops/product``'s.
///
/// Every element is one sum in order of the inner index, so a row's result does not depend on the rows beside it.
public enum MatrixProduct {
    /// `C = A B`, or `C += A B` when it accumulates; then `bias` (N floats) and `residual` (as C) are added.
    ///
    /// - Shapes: `a` is `[M, K]`, `b` is `[K, N]`, `c` is `[M, N]`. The residual must be other memory than `c`.
    /// - Complexity: 2 M N K operations.
    public static func multiply(
        _ a: Rows, _ b: Rows, into c: Rows, accumulates: Bool = false, bias: UnsafePointer<Float>? = nil, residual: Rows? = nil
    ) {
        precondition(
            a.width == b.count && c.count == a.count && c.width == b.width,
            "multiply: [\(a.count), \(a.width)] × [\(b.count), \(b.width)] does not give [\(c.count), \(c.width)]")
        if let residual {
            precondition(
                residual.count == c.count && residual.width == c.width && residual.base != c.base,
                "multiply: residual [\(residual.count), \(residual.width)] must be other memory of shape [\(c.count), \(c.width)]")
        }
        vectorLoops.product(
            a.count, b.width, a.width, a.base, a.width, 1, b.base, b.width, c.base, c.width, accumulates, bias,
            residual.map { UnsafePointer($0.base) }, c.width)
    }

    /// `C = Aᵀ B` or `C += Aᵀ B`: a weight's gradient `dW += dYᵀ X`.
    ///
    /// - Shapes: `a` is `[K, M]`, `b` is `[K, N]`, `c` is `[M, N]`.
    public static func multiply(transposing a: Rows, _ b: Rows, into c: Rows, accumulates: Bool = false) {
        precondition(
            a.count == b.count && c.count == a.width && c.width == b.width,
            "multiply: [\(a.count), \(a.width)]ᵀ × [\(b.count), \(b.width)] does not give [\(c.count), \(c.width)]")
        vectorLoops.product(
            a.width, b.width, a.count, a.base, 1, a.width, b.base, b.width, c.base, c.width, accumulates, nil, nil, 0)
    }

    /// `target = sourceᵀ`.
    ///
    /// - Shapes: `source` is `[M, N]`, `target` is `[N, M]`.
    public static func transpose(_ source: Rows, into target: Rows) {
        precondition(
            source.count == target.width && source.width == target.count,
            "transpose: [\(source.count), \(source.width)] does not fit [\(target.count), \(target.width)]")
        vectorLoops.transpose(source.count, source.width, source.base, source.width, target.base, target.width)
    }
}
