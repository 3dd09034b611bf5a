/// Takes: business features of customers (`customer_id` and any columns).   Gives: floats of a decision's customer.
///
/// The features must be those known before any decision; nothing here can see when they were. Standardisation and categories come from the
/// customers of training alone; see ``FeatureEncoder``.
public struct CustomerFeatures: Sendable {
    /// The texts.
    public let table: AttributeTable
    /// How they become floats.
    public let encoder: FeatureEncoder
    /// Rows of the table by the customer's number.
    private let rows: [Int32: Int]

    /// Learns from customers of training.
    /// - Parameters:
    ///   - customers: numbers the customers of the table.
    ///   - training: the numbers of customers that may be learned from; those without a row do not count.
    public init(_ table: AttributeTable, customers: inout CustomerIndex, training: some Sequence<Int32>) {
        let rows = Self.rows(table, &customers)
        let chosen = Set(training).compactMap { rows[$0] }.sorted()
        self.init(table, rows, FeatureEncoder(table, rows: chosen, standardises: true))
    }

    /// With what was learned before.
    public init(_ table: AttributeTable, customers: inout CustomerIndex, encoder: FeatureEncoder) {
        let rows = Self.rows(table, &customers)
        self.init(table, rows, encoder)
    }

    private init(_ table: AttributeTable, _ rows: [Int32: Int], _ encoder: FeatureEncoder) {
        (self.table, self.rows, self.encoder) = (table, rows, encoder)
    }

    private static func rows(_ table: AttributeTable, _ customers: inout CustomerIndex) -> [Int32: Int] {
        var rows: [Int32: Int] = [:]
        for (row, id) in table.ids.enumerated() {
            let number = customers.number(of: id)
            if rows[number] == nil { rows[number] = row }
        }
        return rows
    }

    /// One for each float. `[C]`.
    public var names: [String] { encoder.names }

    /// The row of a customer, or nil.
    public func row(of customer: Int32) -> Int? { rows[customer] }

    /// Floats of each customer, `[customers, C]`; NaN and `(missing)` throughout for one without a row.
    public func floats(_ customers: [Int32]) -> [Float] {
        var floats: [Float] = []
        floats.reserveCapacity(customers.count * names.count)
        for customer in customers { floats.append(contentsOf: encoder.floats(table, row: rows[customer])) }
        return floats
    }

    /// How many of them have no row.
    public func withoutRow(_ customers: [Int32]) -> Int { customers.count { rows[$0] == nil } }
}
