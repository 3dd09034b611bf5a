/// A moment at which something is to be foretold of a customer.
public struct ConversionDecision: Sendable, Equatable {
    /// The customer.
    public var customer: Int32
    /// Microseconds since 1970.
    public var time: Int64

    /// A decision.
    public init(customer: Int32, time: Int64) { (self.customer, self.time) = (customer, time) }
}

/// A customer's application for a product.
public struct ProductApplication: Sendable, Equatable {
    /// The customer.
    public var customer: Int32
    /// Microseconds since 1970.
    public var time: Int64
    /// Number of the product, from 1; 0 is "none" and cannot be applied for.
    public var product: Int32

    /// An application.
    public init(customer: Int32, time: Int64, product: Int32) {
        (self.customer, self.time, self.product) = (customer, time, product)
    }
}

/// What becomes of decisions: the product first applied for in (decision, decision + horizon], or none.
///
/// An application at the very moment of the decision is no outcome of it, and no history either.
public struct ConversionWindow: Sendable, Equatable {
    /// What is done with decisions whose horizon reaches beyond the end of the data.
    public enum Censored: Sendable, Equatable {
        /// Nothing is made of any.
        case refused
        /// They are left out, and counted.
        case leftOut
    }

    /// Decisions whose outcome is known.
    public struct Outcomes: Sendable, Equatable {
        /// Their rows among the decisions given, rising, `[N]`.
        public var rows: [Int]
        /// The product first applied for, 0 for none, `[N]`.
        public var outcome: [Int32]
        /// Decisions left out because nobody knows yet.
        public var censored: Int
    }

    /// Length in microseconds.
    public let horizon: Int64
    /// The last moment of which the data tell, in microseconds since 1970.
    public let endOfData: Int64

    /// Thirty days.
    public static let thirtyDays: Int64 = 30 * 86_400 * 1_000_000

    /// A window.
    /// - Throws: ``ConversionError/badSetting(name:found:expected:)`` for a horizon that is not above 0.
    public init(horizon: Int64 = ConversionWindow.thirtyDays, endOfData: Int64) throws(ConversionError) {
        guard horizon > 0 else { throw .badSetting(name: "the horizon", found: "\(horizon) microseconds", expected: "a time above 0") }
        (self.horizon, self.endOfData) = (horizon, endOfData)
    }

    /// Looks up what became of each decision.
    ///
    /// Of applications at the same moment the one given first counts. A decision is censored even where an application is already known: counting
    /// those alone would make late customers look keen.
    /// - Parameter products: K − 1; applications name 1 to that.
    /// - Throws: ``ConversionError`` for products that are none, and for censored decisions where they are refused.
    /// - Complexity: O((D + A) log A).
    public func outcomes(
        _ decisions: [ConversionDecision], applications: [ProductApplication], products: Int, censored: Censored = .refused
    ) throws(ConversionError) -> Outcomes {
        if let row = applications.firstIndex(where: { $0.product < 1 || $0.product > products }) {
            throw .badRow(
                row: row + 1, what: "the application is for none of the \(products) products", remedy: "correct the table of products")
        }
        let known = CustomerHistory(applications, customer: \.customer, time: \.time)
        var result = Outcomes(rows: [], outcome: [], censored: 0)
        var first = 0
        for (row, decision) in decisions.enumerated() {
            let (end, isTooLate) = decision.time.addingReportingOverflow(horizon)
            if isTooLate || end > endOfData {
                if result.censored == 0 { first = row + 1 }
                result.censored += 1
                continue
            }
            result.rows.append(row)
            result.outcome.append(known.firstAfter(decision, until: end)?.product ?? 0)
        }
        if censored == .refused, result.censored > 0 { throw .censored(decisions: result.censored, firstRow: first) }
        return result
    }
}

/// What is recorded of customers, given out up to a decision and no further: features made of it cannot know what came later.
public struct CustomerHistory<Element: Sendable>: Sendable {
    private let elements: [Element]
    private let times: [Int64]
    private let ranges: [Int32: Range<Int>]

    /// Sorts records by customer and time; those of the same moment stay in their order.
    public init(_ records: [Element], customer: (Element) -> Int32, time: (Element) -> Int64) {
        let order = records.enumerated().sorted {
            (customer($0.element), time($0.element), $0.offset) < (customer($1.element), time($1.element), $1.offset)
        }
        elements = order.map(\.element)
        times = elements.map(time)
        var ranges: [Int32: Range<Int>] = [:]
        var start = 0
        for index in elements.indices where index + 1 == elements.count || customer(elements[index + 1]) != customer(elements[index]) {
            ranges[customer(elements[index])] = start..<index + 1
            start = index + 1
        }
        self.ranges = ranges
    }

    /// The customer's records from strictly before the decision, latest last.
    /// - Complexity: O(log of the customer's records).
    public func before(_ decision: ConversionDecision) -> ArraySlice<Element> {
        guard let range = ranges[decision.customer] else { return [] }
        return elements[range.lowerBound..<place(in: range) { $0 >= decision.time }]
    }

    /// The first record after a decision, up to and with `end`. For outcomes only, so for nobody outside.
    func firstAfter(_ decision: ConversionDecision, until end: Int64) -> Element? {
        guard let range = ranges[decision.customer] else { return nil }
        let first = place(in: range) { $0 > decision.time }
        return first < range.upperBound && times[first] <= end ? elements[first] : nil
    }

    /// The first place whose time fulfils a condition that all later ones fulfil, too.
    private func place(in range: Range<Int>, _ fulfils: (Int64) -> Bool) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if fulfils(times[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
