/// Gradients of table rows that one shard found, kept until every shard is through.
///
/// Two shards may look up the same row. Adding at once would need locks and would make the sum's order depend on the
/// threads; so each shard notes (which table row, where its gradient lies), and afterwards workers share the table's *rows*
/// among themselves and add each row's gradients in shard order. Notes point into the shard's workspace.
public final class GradientScatter: @unchecked Sendable {
    /// One layer's lookups: lookup `i` read row `rows[i]` of `table`, and its gradient begins at `gradient + g * stride`, where
    /// `g` is `owners[i]`, or `i` without owners. Negative row numbers are skipped.
    public struct Note {
        /// The table.
        public let table: Parameter
        /// Row numbers, `count` of them.
        public let rows: UnsafePointer<Int32>
        /// How many lookups.
        public let count: Int
        /// Gradient rows, as wide as the table's.
        public let gradient: UnsafePointer<Float>
        /// Floats from one gradient row to the next.
        public let stride: Int
        /// Which gradient row each lookup shares (the rows of a bag share one); nil when lookup `i` has row `i`.
        public let owners: UnsafePointer<Int32>?
        /// What the gradient is multiplied by, per lookup (bags take means); nil for 1.
        public let scales: UnsafePointer<Float>?

        /// A note; see the properties.
        public init(
            table: Parameter, rows: UnsafePointer<Int32>, count: Int, gradient: UnsafePointer<Float>, stride: Int,
            owners: UnsafePointer<Int32>? = nil, scales: UnsafePointer<Float>? = nil
        ) {
            precondition(table.kind == .table, "GradientScatter: \(table.name) is not a table")
            self.table = table
            self.rows = rows
            self.count = count
            self.gradient = gradient
            self.stride = stride
            self.owners = owners
            self.scales = scales
        }
    }

    /// What this shard found, in order.
    public private(set) var notes: [Note] = []

    /// An empty list.
    public init() { notes.reserveCapacity(64) }

    /// Notes one lookup.
    public func add(_ note: Note) { notes.append(note) }

    /// Forgets the notes and keeps the memory.
    public func removeAll() { notes.removeAll(keepingCapacity: true) }
}
