/// Parts of the customers for cross-validation: all rows of a customer are in one fold.
struct CustomerFolds: Sendable, Equatable {
    /// `[N]`, the fold that holds the row out; -1 where none does.
    let fold: [Int]
    /// Number of folds.
    let count: Int
    /// Rows that are held out, rising.
    var heldOutRows: [Int] { fold.indices.filter { fold[$0] >= 0 } }

    /// One fold: the customers whose first row is latest, at least one and not all.
    init(_ customers: [Int32], latest share: Double, times: [Int64]) {
        var firsts: [Int32: Int64] = [:]
        for (customer, time) in zip(customers, times) { firsts[customer] = min(firsts[customer] ?? .max, time) }
        let order = firsts.sorted { ($0.value, $0.key) > ($1.value, $1.key) }
        let wanted = min(max(1, Int((Double(order.count) * share).rounded())), max(1, order.count - 1))
        let aside = Set(order.prefix(wanted).map(\.key))
        fold = customers.map { aside.contains($0) ? 0 : -1 }
        count = 1
    }

    /// Deals customers to folds in an order that the seed decides, those of one stratum after the other, so that rare outcomes are spread.
    /// - Parameters:
    ///   - customers: `[N]`.
    ///   - strata: `[N]`; a customer belongs to the highest of its rows. One for all by default.
    init(_ customers: [Int32], strata: [Int32]? = nil, count: Int, seed: UInt64) {
        var highest: [Int32: Int32] = [:]
        for (row, customer) in customers.enumerated() {
            highest[customer] = max(highest[customer] ?? .min, strata?[row] ?? 0)
        }
        let order = highest.map { (stratum: $0.value, key: Self.mixed(seed, $0.key), customer: $0.key) }
            .sorted { ($0.stratum, $0.key, $0.customer) < ($1.stratum, $1.key, $1.customer) }
        var places: [Int32: Int] = [:]
        for (place, entry) in order.enumerated() { places[entry.customer] = place % count }
        fold = customers.map { places[$0]! }
        self.count = count
    }

    /// SplitMix64 of seed and customer.
    private static func mixed(_ seed: UInt64, _ customer: Int32) -> UInt64 {
        var z = (seed &* 0x9E37_79B9_7F4A_7C15) &+ (UInt64(UInt32(bitPattern: customer)) &+ 1) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
