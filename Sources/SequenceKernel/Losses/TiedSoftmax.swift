internal import Glibc

/// Cross-entropy over a large vocabulary whose output weights are an embedding table.
///
///     score(m, v) = scale · ĥ_m · ê_v   (cosine)      or      h_m · e_v + b_v   (dot)
///     loss = Σ_m factor_m (log Σ_v e^score(m, v) - (1 - ε) score(m, target_m) - ε mean_v score(m, v))
///
/// The scores `[M, V]` are never in memory. Items are worked through in blocks of ``blockSize``, examples in chunks of
/// ``chunkSize``, twice: first for the sums of exponentials, then, with the sums known, for both gradients while a block's scores
/// are in cache. Work is shared by groups of blocks; a table row belongs to one group, and the hidden rows' gradients are
/// added in group order, so threads do not show in the result.
///
/// - Shapes: hidden `[M, D]`, table `[V', D]` with V competing rows ``items``, bias `[V]`.
/// - Cost: 8 M V D floating-point operations and 2 M V exponentials for a step, 2 M V D for ranks.
public struct TiedSoftmax: Sendable {
    /// The embedding table.
    public let table: Parameter
    /// One added number an item; nil without.
    public let bias: Parameter?
    /// The table's rows that compete; others (missing, mask) never do.
    public let items: Range<Int>
    /// 1 / temperature of cosine scores; nil for plain products.
    public let scale: Float?
    /// ε: the share of the target's probability that is spread over all items.
    public let labelSmoothing: Float

    /// Items in a block.
    static let blockSize = 128
    /// Examples in a chunk.
    static let chunkSize = 128
    /// A chunk's row in memory: not a power of two, so that neighbouring rows do not fall on the same lines of the cache.
    static let chunkRow = chunkSize + 16
    /// Parts the vocabulary is cut into; fixed, so that sums have one order.
    static let groupLimit = 16

    /// Declares a bias, when wanted, as `bias`.
    ///
    /// - Parameters:
    ///   - table: an embedding table, `[rows, D]`.
    ///   - items: rows that compete; all by default.
    ///   - cosineScale: 1 / temperature for scores between normalised vectors; nil for plain products.
    public init(
        table: Parameter, items: Range<Int>? = nil, cosineScale: Float? = nil, labelSmoothing: Float = 0, hasBias: Bool = false,
        in scope: inout ParameterScope
    ) {
        let items = items ?? 0..<table.shape[0]
        precondition(table.kind == .table && table.shape.count == 2, "TiedSoftmax: \(table.name) \(table.shape) is no table [V, D]")
        precondition(
            !items.isEmpty && items.lowerBound >= 0 && items.upperBound <= table.shape[0],
            "TiedSoftmax: items \(items) of \(table.name) \(table.shape)")
        precondition((0..<1).contains(labelSmoothing), "TiedSoftmax: label smoothing \(labelSmoothing) must lie in 0 ..< 1")
        precondition(cosineScale.map { $0 > 0 } ?? true, "TiedSoftmax: scale \(cosineScale ?? 0) must be positive")
        self.table = table
        self.items = items
        self.scale = cosineScale
        self.labelSmoothing = labelSmoothing
        bias = hasBias ? scope.declare("bias", [items.count], .zeros, decays: false) : nil
    }

    /// Floats in a row of the table (D).
    public var width: Int { table.shape[1] }

    var blockCount: Int { (items.count + Self.blockSize - 1) / Self.blockSize }
    var groupCount: Int { min(Self.groupLimit, blockCount) }

    /// The blocks of a group.
    func blocks(group: Int) -> Range<Int> { blockCount * group / groupCount..<blockCount * (group + 1) / groupCount }

    /// The items of a block, as table rows.
    func rows(block: Int) -> Range<Int> {
        let start = items.lowerBound + block * Self.blockSize
        return start..<min(items.upperBound, start + Self.blockSize)
    }

    /// 1 / √(Σ x²), kept finite: what rows are normalised with.
    static func inverseNorm(_ row: UnsafePointer<Float>, _ width: Int) -> Float {
        1 / max(vectorLoops.dot(width, row, row), 1e-24).squareRoot()
    }

    /// Rows of the table, normalised into `target` when scores are cosines; otherwise the table's own.
    func itemVectors(
        _ rows: Range<Int>, _ weights: ParameterVector, _ target: UnsafeMutablePointer<Float>,
        inverseNorms: UnsafeMutablePointer<Float>? = nil
    ) -> UnsafeMutablePointer<Float> {
        let source = weights.pointer(table) + rows.lowerBound * width
        guard scale != nil else { return source }
        for row in 0..<rows.count {
            let inverse = Self.inverseNorm(source + row * width, width)
            inverseNorms?[row] = inverse
            vectorLoops.scale(width, inverse, source + row * width, target + row * width)
        }
        return target
    }

    /// `scores[v, m]` of a block of items and a chunk of examples.
    func scores(
        _ vectors: UnsafePointer<Float>, _ count: Int, _ queries: TiedQueries, chunk: Int, _ scores: UnsafeMutablePointer<Float>
    ) {
        vectorLoops.product(
            count, queries.rows(chunk).count, width, vectors, width, 1, queries.transposed(chunk), Self.chunkRow, scores, Self.chunkRow,
            false, nil, nil, 0)
    }

    /// The bias of a block's items.
    func bias(_ rows: Range<Int>, _ weights: ParameterVector) -> UnsafePointer<Float>? {
        bias.map { UnsafePointer(weights.pointer($0) + (rows.lowerBound - items.lowerBound)) }
    }
}

/// The hidden rows as a ``TiedSoftmax`` reads them: normalised and scaled, and transposed chunk by chunk.
struct TiedQueries {
    let count: Int
    let width: Int
    /// `[M, D]`, normalised times scale for cosine scores.
    let scaled: UnsafeMutablePointer<Float>
    /// 1 / |h| for cosine scores.
    let inverseNorms: UnsafeMutablePointer<Float>
    /// A chunk after another, each `[D, chunkRow]`.
    private let transposedBase: UnsafeMutablePointer<Float>

    var chunkCount: Int { (count + TiedSoftmax.chunkSize - 1) / TiedSoftmax.chunkSize }

    func rows(_ chunk: Int) -> Range<Int> {
        chunk * TiedSoftmax.chunkSize..<min(count, (chunk + 1) * TiedSoftmax.chunkSize)
    }

    func transposed(_ chunk: Int) -> UnsafeMutablePointer<Float> { transposedBase + chunk * width * TiedSoftmax.chunkRow }

    init(_ hidden: Rows, scale: Float?, _ workspace: Workspace, _ pool: WorkerPool) {
        count = hidden.count
        width = hidden.width
        let chunks = (hidden.count + TiedSoftmax.chunkSize - 1) / TiedSoftmax.chunkSize
        scaled = scale == nil ? hidden.base : workspace.floats(max(1, hidden.scalarCount))
        inverseNorms = workspace.floats(max(1, hidden.count))
        transposedBase = workspace.floats(max(1, chunks * hidden.width * TiedSoftmax.chunkRow))
        pool.run(chunks, Preparation(queries: self, hidden: hidden, scale: scale))
    }

    private struct Preparation: SharedWork {
        let queries: TiedQueries
        let hidden: Rows
        let scale: Float?

        func perform(_ chunk: Int, worker: Int) {
            let rows = queries.rows(chunk)
            if let scale {
                for row in rows {
                    let inverse = TiedSoftmax.inverseNorm(hidden[row], hidden.width)
                    queries.inverseNorms[row] = inverse
                    vectorLoops.scale(hidden.width, inverse * scale, hidden[row], queries.scaled + row * hidden.width)
                }
            }
            vectorLoops.transpose(
                rows.count, hidden.width, queries.scaled + rows.lowerBound * hidden.width, hidden.width, queries.transposed(chunk),
                TiedSoftmax.chunkRow)
        }
    }
}
