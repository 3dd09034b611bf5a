/// Reads decisions: a CSV with `decision_id`, `time_ms` (milliseconds since 1970 UTC, or `time_us` in microseconds) and `customer_id`; plain,
/// gzip or zstd.
public struct DecisionTable: Sendable {
    /// The decisions in the order of the file.
    public private(set) var decisions = Decisions(ids: [], times: [], customers: [])
    /// Rows that were refused.
    public private(set) var rejects = RejectedRows()
    /// Rows read, refused ones too.
    public private(set) var rows = 0

    /// Reads a file; `customers` numbers its customers.
    public init(_ path: String, customers: inout CustomerIndex) throws(TableError) {
        try self.init(try DelimitedTable(path, needed: "decision_id"), customers: &customers)
    }

    package init(_ table: DelimitedTable, customers: inout CustomerIndex) throws(TableError) {
        let unit = table.column("time_us") == nil ? TableTimeUnit.milliseconds : .microseconds
        let time = try table.require(unit == .milliseconds ? "time_ms" : "time_us")
        let columns = (try table.require("decision_id"), time, try table.require("customer_id"))
        var (refused, found, index) = (RejectedRows(), decisions, customers)
        var seen = Set<String>()
        table.rows(&refused) { row, rejects in
            func refuse(_ reason: RowRejectReason, _ hint: String) { rejects.record(reason, file: table.path, line: row.line, hint) }
            let (id, customer) = (row.text(columns.0), row.text(columns.2))
            guard !id.isEmpty, !customer.isEmpty else { return refuse(.missingIdentity, "expected ids of decision and customer") }
            guard let time = unit.microseconds(row.integer(columns.1)) else {
                return refuse(.badTime, "expected whole \(unit == .milliseconds ? "milli" : "micro")seconds since 1970")
            }
            guard seen.insert(id).inserted else { return refuse(.duplicateIdentity, "an earlier row has the same decision") }
            found.ids.append(id)
            found.times.append(time)
            found.customers.append(index.number(of: customer))
        }
        (rows, rejects, decisions, customers) = (found.count + refused.total, refused, found, index)
        guard decisions.count > 0 else { throw .nothingRead(file: table.path, rejects: refused) }
    }
}
