private import Glibc

/// Slow, obvious forms in double precision, for comparison.
public enum DoubleReference {
    /// `C[M, N] = A[M, K] B[K, N]`.
    public static func product(_ a: [Float], _ b: [Float], rows: Int, inner: Int, columns: Int) -> [Double] {
        var c = [Double](repeating: 0, count: rows * columns)
        for i in 0..<rows {
            for j in 0..<columns {
                for k in 0..<inner { c[i * columns + j] += Double(a[i * inner + k]) * Double(b[k * columns + j]) }
            }
        }
        return c
    }

    /// `e^(x - max) / Σ`.
    public static func softmax(_ row: [Double]) -> [Double] {
        let most = row.max() ?? 0
        let powers = row.map { exponential($0 - most) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// `(x - mean) / √(variance + ε) · gain + shift` for one row.
    public static func layerNorm(_ row: [Float], gain: [Float], shift: [Float], epsilon: Double = 1e-5) -> [Double] {
        let mean = row.reduce(0.0) { $0 + Double($1) } / Double(row.count)
        let variance = row.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(row.count)
        return row.indices.map { (Double(row[$0]) - mean) / (variance + epsilon).squareRoot() * Double(gain[$0]) + Double(shift[$0]) }
    }

    /// `x Φ(x)`.
    public static func gelu(_ x: Double) -> Double { x * 0.5 * (1 + errorFunction(x / 2.0.squareRoot())) }

    /// Φ(x) + x φ(x).
    public static func geluSlope(_ x: Double) -> Double {
        0.5 * (1 + errorFunction(x / 2.0.squareRoot())) + x * exponential(-x * x / 2) / (2 * Double.pi).squareRoot()
    }

    /// One head over one sequence: `softmax(Q Kᵀ / √d) V`; all three are `[T, d]`.
    public static func attention(_ q: [Float], _ k: [Float], _ v: [Float], count: Int, depth: Int, causal: Bool) -> [Double] {
        var result = [Double](repeating: 0, count: count * depth)
        for i in 0..<count {
            let seen = causal ? i + 1 : count
            let scores = (0..<seen).map { j in
                (0..<depth).reduce(0.0) { $0 + Double(q[i * depth + $1]) * Double(k[j * depth + $1]) } / Double(depth).squareRoot()
            }
            for (j, weight) in softmax(scores).enumerated() {
                for d in 0..<depth { result[i * depth + d] += weight * Double(v[j * depth + d]) }
            }
        }
        return result
    }

    /// The C library's exp.
    public static func exponential(_ x: Double) -> Double { Glibc.exp(x) }
    /// The C library's cos.
    public static func cosine(_ x: Double) -> Double { Glibc.cos(x) }
    /// The C library's erf.
    public static func errorFunction(_ x: Double) -> Double { Glibc.erf(x) }
}
