/// Reads applications: a CSV with `customer_id`, `time_ms` (milliseconds since 1970 UTC) and `product`; plain, gzip or zstd.
public struct ApplicationTable: Sendable {
    /// The applications in the order of the file.
    public private(set) var applications: [ProductApplication] = []
    /// Rows that were refused.
    public private(set) var rejects = RejectedRows()
    /// Products (K − 1): class k is `products[k − 1]`. Where a product was applied for that is none of those given, the last is
    /// ``unknownProduct`` and stands for all such.
    public let products: [String]
    /// Applications for products that are none of those given; 0 where none were given.
    public let unknown: Int
    /// What products that nobody named are called.
    public static let unknownProduct = "(unknown)"

    /// Reads a file.
    /// - Parameters:
    ///   - products: those there are; nil for those of the file, sorted. Applications for others are counted, and are for
    ///     a product of their own: something was taken, and it was none of these.
    ///   - customers: numbers the customers.
    public init(_ path: String, products: [String]? = nil, customers: inout CustomerIndex) throws(TableError) {
        let table = try DelimitedTable(path, needed: "product")
        let columns = (try table.require("customer_id"), try table.require("time_ms"), try table.require("product"))
        var (refused, found, index) = (RejectedRows(), [(customer: Int32, time: Int64, product: String)](), customers)
        table.rows(&refused) { row, rejects in
            func refuse(_ reason: RowRejectReason, _ hint: String) { rejects.record(reason, file: path, line: row.line, hint) }
            let (customer, product) = (row.text(columns.0), row.text(columns.2))
            guard !customer.isEmpty, !product.isEmpty else { return refuse(.missingIdentity, "expected ids of customer and product") }
            guard let time = TableTimeUnit.milliseconds.microseconds(row.integer(columns.1)) else {
                return refuse(.badTime, "expected whole milliseconds since 1970")
            }
            found.append((index.number(of: customer), time, product))
        }
        customers = index
        let names = products ?? Set(found.map(\.product)).sorted()
        let numbers = Dictionary(names.enumerated().map { ($1, Int32($0 + 1)) }) { first, _ in first }
        unknown = found.count { numbers[$0.product] == nil }
        // A name that no product has, whatever they are called.
        var other = Self.unknownProduct
        while numbers[other] != nil { other = "(\(other))" }
        (self.products, rejects) = (names + (unknown > 0 ? [other] : []), refused)
        let last = Int32(names.count + 1)
        applications = found.map { ProductApplication(customer: $0.customer, time: $0.time, product: numbers[$0.product] ?? last) }
    }
}
