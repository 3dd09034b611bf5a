/// Rows of a table by number: `y[i] = table[ids[i]]`. A negative number gives zeros and learns nothing.
///
/// The gradient is not written but noted: see ``GradientScatter``. Without one in the pass the table stays as it is (frozen). A small
/// table may be declared as a dense parameter instead: each shard then adds up a gradient of the whole table, and notes nothing.
///
/// - Shapes: `ids` is `[N]`, `table` is `[V, D]`, `y` is `[N, D]` with a row stride of its own, so that several fields can be
///   laid beside one another.
public struct Embedding: Sendable {
    /// Rows of the table (V).
    public let count: Int
    /// Floats in a row (D).
    public let width: Int
    /// The table.
    public let table: Parameter

    /// Most floats of a table that is worth adding up in every shard.
    public static let smallTable = 1 << 14

    /// Declares `weight`; normal with deviation 1 as PyTorch's `nn.Embedding` unless said otherwise.
    /// - Parameter isDense: whether the table is a dense parameter, as suits one of no more than ``smallTable`` floats.
    public init(count: Int, width: Int, initializer: Initializer = .normal(1), isDense: Bool = false, in scope: inout ParameterScope) {
        self.count = count
        self.width = width
        table = scope.declare("weight", [count, width], initializer, kind: isDense ? .dense : .table, decays: false)
    }

    /// Whether the gradient is added up in each shard and not noted.
    public var isDense: Bool { table.kind == .dense }

    /// Looks up `rows` ids and writes each row at `output + i * stride`. Traps on a number past the table.
    public func forward(
        _ ids: UnsafePointer<Int32>, rows: Int, into output: UnsafeMutablePointer<Float>, stride: Int, _ pass: Pass
    ) {
        check(ids, rows)
        vectorLoops.gatherRows(rows, width, pass.weights(table), ids, output, stride)
    }

    /// Notes the gradient of each row, at `upstream + i * stride`, or adds it to a dense table's. Ids and gradients that are noted must
    /// live until the notes are added up.
    public func backward(_ upstream: UnsafePointer<Float>, stride: Int, _ ids: UnsafePointer<Int32>, rows: Int, _ pass: Pass) {
        if isDense {
            fieldLoops.accumulateRows(rows, width, ids, nil, upstream, stride, pass.gradient(table))
            return
        }
        pass.scatter?.add(GradientScatter.Note(table: table, rows: ids, count: rows, gradient: upstream, stride: stride))
    }

    /// Traps on a number past the table.
    package func check(_ ids: UnsafePointer<Int32>, _ rows: Int) {
        var largest: Int32 = -1
        for index in 0..<rows { largest = max(largest, ids[index]) }
        precondition(Int(largest) < count, "\(table.name) \(table.shape): id \(largest) is past the table")
    }
}

/// Means of table rows: `y[b] = mean of table[ids[i]]` for `i` in `offsets[b] ..< offsets[b + 1]`: hashed n-grams of a text.
///
/// - Shapes: `ids` is `[M]`, `offsets` is `[N + 1]`, `table` is `[V, D]`, `y` is `[N, D]` with a row stride of its own.
public struct EmbeddingBag: Sendable {
    /// The lookups with the missing rows put in, each one's bag and its weight 1 / size.
    public struct Tape {
        let ids: UnsafePointer<Int32>
        let owners: UnsafePointer<Int32>
        let factors: UnsafePointer<Float>
        let count: Int
    }

    /// Rows of the table (V).
    public let count: Int
    /// Floats in a row (D).
    public let width: Int
    /// The table.
    public let table: Parameter
    /// The row that stands for an empty bag; nil for a row of zeros.
    public let emptyRow: Int32?

    /// Declares `weight`.
    public init(
        count: Int, width: Int, emptyRow: Int32? = nil, initializer: Initializer = .normal(1), in scope: inout ParameterScope
    ) {
        precondition(emptyRow.map { $0 >= 0 && $0 < count } ?? true, "EmbeddingBag: empty row \(emptyRow ?? 0) of \(count)")
        self.count = count
        self.width = width
        self.emptyRow = emptyRow
        table = scope.declare("weight", [count, width], initializer, kind: .table, decays: false)
    }

    /// Writes the mean of each bag at `output + b * stride`. Traps on a number outside the table.
    public func forward(
        _ ids: UnsafePointer<Int32>, _ offsets: UnsafePointer<Int32>, bags: Int, into output: UnsafeMutablePointer<Float>,
        stride: Int, _ pass: Pass
    ) -> Tape {
        let room = Int(offsets[bags] - offsets[0]) + bags
        let lookups = pass.workspace.integers(room), owners = pass.workspace.integers(room)
        let starts = pass.workspace.integers(bags + 1)
        let factors = pass.workspace.floats(room)
        var filled = 0
        for bag in 0..<bags {
            starts[bag] = Int32(filled)
            let range = Int(offsets[bag])..<Int(offsets[bag + 1])
            if range.isEmpty, let emptyRow {
                (lookups[filled], owners[filled], factors[filled]) = (emptyRow, Int32(bag), 1)
                filled += 1
            }
            for index in range {
                let id = ids[index]
                precondition(id >= 0 && id < count, "\(table.name) \(table.shape): id \(id) is outside the table")
                (lookups[filled], owners[filled], factors[filled]) = (id, Int32(bag), 1 / Float(range.count))
                filled += 1
            }
        }
        starts[bags] = Int32(filled)
        vectorLoops.bagRows(bags, width, pass.weights(table), lookups, starts, factors, output, stride)
        return Tape(ids: lookups, owners: owners, factors: factors, count: filled)
    }

    /// Notes the gradient of each bag, at `upstream + b * stride`, which must live until the notes are added up.
    public func backward(_ upstream: UnsafePointer<Float>, stride: Int, _ tape: Tape, _ pass: Pass) {
        pass.scatter?.add(
            GradientScatter.Note(
                table: table, rows: tape.ids, count: tape.count, gradient: upstream, stride: stride, owners: tape.owners,
                scales: tape.factors))
    }
}
