internal import Evaluation

/// How well one column alone tells the outcomes apart.
struct ColumnSeparation {
    let positives: [Bool]
    /// 0 or 1: each half is scored by the rates of the other.
    let halves: [Int]
    let leastOfEach: Int
    let parts: Int

    /// AUC of a score, whichever way round, with DeLong's interval; nil with too few of either outcome. Interval ends do not touch where the
    /// classes are wholly apart.
    func ofScores(_ scores: [Float], among rows: [Int]? = nil) -> MetricInterval? {
        let rows = rows ?? Array(scores.indices)
        let own = rows.map { positives[$0] }
        let found = own.count { $0 }
        guard min(found, own.count - found) >= leastOfEach else { return nil }
        let scores = rows.map { scores[$0] }
        let upward = DeLong(scores: scores, positives: own)
        return upward.auc >= 0.5 ? upward.interval() : DeLong(scores: scores.map { -$0 }, positives: own).interval()
    }

    /// The better of: a number's own order, and the rate of positives among applicants of the same category or part of the range in the
    /// other half of the customers, where numbers with one customer each tell nothing.
    func ofValues(_ column: CreditTable.Column, _ present: [Bool]) -> MetricInterval? {
        let rows = present.indices.filter { present[$0] }
        var tried: [MetricInterval?] = []
        switch column.values {
        case .numeric(let values):
            tried.append(ofScores(values, among: rows))
            let sorted = rows.map { values[$0] }.sorted()
            let edges = sorted.isEmpty ? [] : (1..<parts).map { sorted[sorted.count * $0 / parts] }
            tried.append(
                ofRates(rows) { row in
                    var (low, high) = (0, edges.count)
                    while low < high {
                        let middle = (low + high) / 2
                        if values[row] < edges[middle] { high = middle } else { low = middle + 1 }
                    }
                    return low
                })
        case .categorical(let values): tried.append(ofRates(rows) { values[$0] ?? "" })
        }
        return tried.compactMap { $0 }.max { $0.lower < $1.lower }
    }

    private func ofRates<Key: Hashable>(_ rows: [Int], _ key: (Int) -> Key) -> MetricInterval? {
        // Positives and applicants of each key in each half.
        var counts: [Key: SIMD4<Double>] = [:]
        var totals = SIMD4<Double>.zero
        for row in rows {
            var own = SIMD4<Double>.zero
            own[halves[row]] = positives[row] ? 1 : 0
            own[2 + halves[row]] = 1
            counts[key(row), default: .zero] += own
            totals += own
        }
        var scores = [Float](repeating: 0, count: positives.count)
        for row in rows {
            let other = 1 - halves[row]
            let own = counts[key(row)] ?? .zero
            // Drawn to the half's rate by one applicant: a category that the other half has not is no evidence.
            let rate = (totals[other] + 0.5) / (totals[2 + other] + 1)
            scores[row] = Float((own[other] + rate) / (own[2 + other] + 1))
        }
        return ofScores(scores, among: rows)
    }
}
