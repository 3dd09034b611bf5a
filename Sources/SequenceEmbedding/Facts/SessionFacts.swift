public import SequenceKernel

/// The facts of a table's sessions by a ``FactPlan``: plain numbers that sum a session up, for a classifier to read beside its embedding.
///
/// What depends on a value only (which fact a dictionary's entry belongs to, the words of a text) is worked out once, here. Reading a
/// session then costs about its events times the fields; nothing is allocated once a ``FactScratch`` has grown to the longest session.
public final class SessionFacts: Sendable {
    /// The plan.
    public let plan: FactPlan
    private let reader: FactReader
    private let index: FactIndex
    /// Sessions a worker takes at a time.
    private static let chunk = 64

    /// Binds a plan to a table. Throws for a table that lacks a field of it, has one in another kind, or has no times where the plan reads
    /// them, naming all differences. A table without events needs no times.
    public convenience init(_ table: any EventTable, _ plan: FactPlan) throws(EncodingMismatch) { try self.init(table, FactIndex(plan)) }

    /// The same with what was worked out of the plan before, for tables that come one after another.
    public init(_ table: any EventTable, _ index: FactIndex) throws(EncodingMismatch) {
        let differences = FactReader.differences(between: table, and: index.plan)
        guard differences.isEmpty else { throw EncodingMismatch(differences: differences) }
        (plan, self.index) = (index.plan, index)
        reader = FactReader(table, index.plan, index)
    }

    /// The same facts over another table whose fields have the same dictionaries, entry by entry: what depends on a value only (kept values,
    /// the words of texts) is shared and not worked out again. Traps for a table that lacks a field.
    public func rebound(to table: any EventTable) -> SessionFacts { SessionFacts(self, table) }

    /// Works out what depends on a value only for the entries that the table's dictionaries have got since: of a table whose dictionaries
    /// grow, before its next events are read.
    package func takeEntries() { reader.takeEntries(index) }

    private init(_ other: SessionFacts, _ table: any EventTable) {
        (plan, index) = (other.plan, other.index)
        reader = other.reader.rebound(to: table)
    }

    /// Floats of a session.
    public var count: Int { plan.count }

    /// Writes a session's facts, `[count]`: standardised by the training part and cut at ± ``FactPlan/limit``; 0, the training mean, for
    /// what the session does not have. Traps for a session the table does not have.
    public func fill(session: Int, _ scratch: FactScratch, into floats: UnsafeMutablePointer<Float>) {
        reader.read(session, scratch)
        let (raw, columns, means, inverses) = (scratch.raw.pointer, index.columns.pointer, index.means.pointer, index.inverses.pointer)
        for index in 0..<count {
            let value = Float((raw[Int(columns[index])] - means[index]) * inverses[index])
            floats[index] = value.isNaN ? 0 : min(max(value, -FactPlan.limit), FactPlan.limit)
        }
    }

    /// The facts of many sessions, `[S, count]` row by row, in the order given; the same bytes at any thread count. Traps for a session
    /// the table does not have.
    public func table(sessions: [Int], pool: WorkerPool) -> [Float] {
        let scratches = (0..<pool.threads).map { _ in SharedScratch() }
        let width = count
        return [Float](unsafeUninitializedCapacity: max(1, sessions.count * width)) { memory, initialised in
            nonisolated(unsafe) let base = memory.baseAddress!
            pool.run((sessions.count + Self.chunk - 1) / Self.chunk) { chunk, worker in
                let scratch = scratches[worker].scratch
                for index in chunk * Self.chunk..<min(sessions.count, (chunk + 1) * Self.chunk) {
                    fill(session: sessions[index], scratch, into: base + index * width)
                }
            }
            initialised = sessions.count * width
        }
    }
}

/// What depends on a plan alone, worked out once for tables that come one after another.
public struct FactIndex: Sendable {
    /// The plan.
    public let plan: FactPlan
    /// Numbers of the kept values of each field, and of each pair's parting field, by their bytes.
    let fields: [[[UInt8]: Int32]]
    let pairs: [[[UInt8]: Int32]]
    let columns: GrowingBuffer<Int32>
    let means: GrowingBuffer<Double>
    let inverses: GrowingBuffer<Double>

    /// Works it out.
    public init(_ plan: FactPlan) {
        self.plan = plan
        fields = plan.fields.map { Self.numbers($0.values) }
        pairs = plan.pairs.map { Self.numbers($0.values) }
        columns = GrowingBuffer(plan.facts.map { Int32($0.column) })
        means = GrowingBuffer(plan.facts.map(\.mean))
        inverses = GrowingBuffer(plan.facts.map { 1 / $0.scale })
    }

    private static func numbers(_ values: [String]) -> [[UInt8]: Int32] {
        var numbers: [[UInt8]: Int32] = [:]
        for value in values { numbers[Array(value.utf8)] = Int32(numbers.count) }
        return numbers
    }
}

/// A scratch that belongs to one worker of a pool.
final class SharedScratch: @unchecked Sendable {
    let scratch = FactScratch()
}
