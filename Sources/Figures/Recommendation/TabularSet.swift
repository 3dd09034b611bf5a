/// A table with a yes-or-no outcome, how it is parted, and what boosted trees reached on it elsewhere.
struct TabularSet {
    /// How rows are parted into training and test.
    enum Split {
        /// So large a share of each outcome, drawn by a seed.
        case stratified(share: Double)
        /// The first rows in the file's order.
        case fileOrder(share: Double)
        /// Rows with these values of a column train, those with the others test; the column itself is left out.
        case values(column: String, training: Set<String>)
    }

    /// One way of judging.
    struct Judging {
        let name: String
        let split: Split
        var dropped: Set<String> = []
        /// AUC and average precision of scikit-learn's HistGradientBoosting with default settings, measured when the sets were gathered.
        let auc: Double
        var averagePrecision: Double?
    }

    let file: String
    let delimiter: Character
    let outcome: String
    let positive: String
    /// Columns of numbers that are names, beside those that hold other texts.
    var categorical: Set<String> = []
    var dropped: Set<String> = []
    var names: [String]?
    let protocols: [Judging]

    static let all: [String: TabularSet] = [
        "online_shoppers": TabularSet(
            file: "online_shoppers_intention.csv.gz", delimiter: ";", outcome: "Revenue", positive: "TRUE",
            categorical: ["OperatingSystems", "Browser", "Region", "TrafficType"],
            protocols: [
                Judging(name: "stratified", split: .stratified(share: 0.7), auc: 0.930, averagePrecision: 0.723),
                Judging(
                    name: "stratified_without_page_values", split: .stratified(share: 0.7), dropped: ["PageValues"], auc: 0.766,
                    averagePrecision: 0.337),
                Judging(
                    name: "february_to_september_then_october_to_december",
                    split: .values(column: "Month", training: ["Feb", "Mar", "May", "June", "Jul", "Aug", "Sep"]), auc: 0.832,
                    averagePrecision: 0.666),
            ]),
        "bank_marketing": TabularSet(
            file: "bank-additional-full.csv.gz", delimiter: ";", outcome: "y", positive: "yes", dropped: ["duration"],
            protocols: [Judging(name: "file_order", split: .fileOrder(share: 0.7), auc: 0.605)]),
        "uci_credit_default": TabularSet(
            file: "UCI_Credit_Card.csv.gz", delimiter: ",", outcome: "default.payment.next.month", positive: "1",
            categorical: ["SEX", "EDUCATION", "MARRIAGE"], dropped: ["ID"],
            protocols: [Judging(name: "stratified", split: .stratified(share: 0.7), auc: 0.776, averagePrecision: 0.554)]),
        "german_credit": TabularSet(
            file: "german.data.gz", delimiter: " ", outcome: "A21", positive: "2", names: (1...21).map { "A\($0)" },
            protocols: [Judging(name: "stratified", split: .stratified(share: 0.7), auc: 0.765)]),
    ]
}

extension TabularSet.Split {
    /// Training and test rows, rising.
    func rows(_ table: DelimitedTable, outcome: [Bool], seed: UInt64) throws -> (training: [Int], test: [Int]) {
        var isTraining = [Bool](repeating: false, count: outcome.count)
        switch self {
        case .fileOrder(let share):
            for row in 0..<Int(Double(outcome.count) * share) { isTraining[row] = true }
        case .values(let column, let values):
            isTraining = try table.texts(column).map(values.contains)
        case .stratified(let share): return Self.stratified(outcome: outcome, share: share, seed: seed)
        }
        return (isTraining.indices.filter { isTraining[$0] }, isTraining.indices.filter { !isTraining[$0] })
    }

    /// So large a share of each outcome, drawn by a seed; rising.
    static func stratified(outcome: [Bool], share: Double, seed: UInt64) -> (training: [Int], test: [Int]) {
        var isTraining = [Bool](repeating: false, count: outcome.count)
        for side in [false, true] {
            let own = outcome.indices.filter { outcome[$0] == side }
                .map { (key: Self.mixed(seed, UInt64($0)), row: $0) }.sorted { ($0.key, $0.row) < ($1.key, $1.row) }
            for entry in own.prefix(Int((Double(own.count) * share).rounded())) { isTraining[entry.row] = true }
        }
        return (isTraining.indices.filter { isTraining[$0] }, isTraining.indices.filter { !isTraining[$0] })
    }

    /// The column that parts the rows; it is no feature.
    var column: String? { if case .values(let column, _) = self { column } else { nil } }

    /// Whether another seed gives another split.
    var isDrawn: Bool { if case .stratified = self { true } else { false } }

    private static func mixed(_ seed: UInt64, _ row: UInt64) -> UInt64 {
        var z = seed &* 0x9E37_79B9_7F4A_7C15 &+ (row &+ 1) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
