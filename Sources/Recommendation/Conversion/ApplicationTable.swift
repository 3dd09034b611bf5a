/// Reads applications: a CSV with `customer_id`, `time_ms` (milliseconds since 1970 UTC) and `product`; plain, gzip or zstd.
public struct ApplicationTable: Sendable {
    /// The applications in the order of the file.
    public private(set) var applications: [ProductApplication] = []
    /// Rows that were refused.
    public private(set) var rejects = RejectedRows()
    /// Products (K − 1): class k is `products[k − 1]`.
    public let products: [String]

    /// Reads a file.
    /// - Parameters:
    ///   - products: those there are; nil for those of the file, sorted. A row with another is refused.
    ///   - customers: numbers the customers.
    public init(_ path: String, products: [String]? = nil, customers: inout CustomerIndex) throws(TableError) {
        let table = try DelimitedTable(path, needed: "product")
        let columns = (try table.require("customer_id"), try table.require("time_ms"), try table.require("product"))
        var (refused, found, index) = (RejectedRows(), [(customer: Int32, time: Int64, product: String)](), customers)
        let known = products.map { Set($0) }
        table.rows(&refused) { row, rejects in
            func refuse(_ reason: RowRejectReason, _ hint: String) { rejects.record(reason, file: path, line: row.line, hint) }
            let (customer, product) = (row.text(columns.0), row.text(columns.2))
            guard !customer.isEmpty, !product.isEmpty else { return refuse(.missingIdentity, "expected ids of customer and product") }
            guard let time = TableTimeUnit.milliseconds.microseconds(row.integer(columns.1)) else {
                return refuse(.badTime, "expected whole milliseconds since 1970")
            }
            guard known?.contains(product) ?? true else { return refuse(.unknownProduct, "the predictor knows no such product") }
            found.append((index.number(of: customer), time, product))
        }
        customers = index
        let names = products ?? Set(found.map(\.product)).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0 + 1)) })
        (self.products, rejects) = (names, refused)
        applications = found.map { ProductApplication(customer: $0.customer, time: $0.time, product: numbers[$0.product]!) }
    }
}
