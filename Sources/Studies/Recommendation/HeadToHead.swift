public import Evaluation

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Rows of features judged on the same decisions: ranking of tiles, or prediction of conversions.
///
/// - Macro recall: mean over the classes that occur of the share of their decisions that were got right (systems.md, 1.6: macro Recall@1 over
///   tiles; here also over products).
/// - Micro: share of decisions that were got right. With one label a decision and all classes counted this is micro F1.
public struct HeadToHead: Sendable {
    /// What one row gives for each decision judged.
    public struct Scores: Sendable, Equatable {
        /// The row.
        public let name: String
        /// 1 where the right class was the likeliest, 0 where not; between where several runs were averaged. `[N]`.
        public let hits: [Double]
        /// Minus the natural logarithm of the probability of the right class. `[N]`.
        public let losses: [Double]
        /// Whether a product was foretold, where classes have a background; a mean over runs. `[N]`; empty without.
        public let offers: [Double]

        /// Scores of a row.
        public init(name: String, hits: [Double], losses: [Double], offers: [Double] = []) {
            precondition(hits.count == losses.count, "HeadToHead.Scores: \(hits.count) hits, \(losses.count) losses")
            (self.name, self.hits, self.losses, self.offers) = (name, hits, losses, offers)
        }

        /// The mean of runs that differ in their seed only.
        public static func mean(_ runs: [Scores]) -> Scores {
            func mean(_ values: (Scores) -> [Double]) -> [Double] {
                values(runs[0]).indices.map { place in runs.reduce(0) { $0 + values($1)[place] } / Double(runs.count) }
            }
            return Scores(name: runs[0].name, hits: mean(\.hits), losses: mean(\.losses), offers: mean(\.offers))
        }
    }

    /// The metrics that are compared.
    public enum Metric: String, Sendable, CaseIterable, Codable {
        /// See ``HeadToHead``.
        case macroRecall
        /// See ``HeadToHead``.
        case micro
        /// F1 over the products, the background left out; NaN for rankings.
        case productF1
        /// Mean log loss; lower is better.
        case logLoss
    }

    /// Class of each decision. `[N]`.
    public private(set) var classes: [Int32]
    /// Whose decision each is; drawn whole. `[N]`.
    public private(set) var customers: [Int32]
    /// The first row is the baseline.
    public private(set) var rows: [Scores]
    /// What the truth of a simulation would score; nil without.
    public private(set) var best: Scores?
    /// The class that means nothing happened; nil for rankings.
    public let background: Int32?
    /// Of the row that reads most; nil where nobody drew them, and for decisions of several seeds.
    public internal(set) var pictures: Pictures?

    /// Rows on the same decisions.
    public init(classes: [Int32], customers: [Int32], rows: [Scores], best: Scores? = nil, background: Int32? = nil) {
        precondition(
            customers.count == classes.count && rows.allSatisfy { $0.hits.count == classes.count },
            "HeadToHead: \(classes.count) classes, \(customers.count) customers, rows of \(rows.map(\.hits.count))")
        (self.classes, self.customers, self.rows, self.best, self.background) = (classes, customers, rows, best, background)
    }

    /// The same rows on some of the decisions.
    public func selecting(_ chosen: [Int]) -> HeadToHead {
        func part(_ scores: Scores) -> Scores {
            Scores(
                name: scores.name, hits: chosen.map { scores.hits[$0] }, losses: chosen.map { scores.losses[$0] },
                offers: scores.offers.isEmpty ? [] : chosen.map { scores.offers[$0] })
        }
        return HeadToHead(
            classes: chosen.map { classes[$0] }, customers: chosen.map { customers[$0] }, rows: rows.map(part), best: best.map(part),
            background: background)
    }

    /// The same rows on further decisions: those of another seed, whose customers are others.
    public mutating func append(_ other: HeadToHead) {
        precondition(rows.map(\.name) == other.rows.map(\.name) && (best == nil) == (other.best == nil), "HeadToHead.append: other rows")
        let next = (customers.max() ?? -1) + 1
        classes += other.classes
        customers += other.customers.map { $0 + next }
        func joined(_ a: Scores, _ b: Scores) -> Scores {
            Scores(name: a.name, hits: a.hits + b.hits, losses: a.losses + b.losses, offers: a.offers + b.offers)
        }
        rows = zip(rows, other.rows).map(joined)
        if let best, let more = other.best { self.best = joined(best, more) }
        pictures = nil
    }

    /// One row of the table.
    public struct Line: Sendable, Equatable, Codable {
        /// The row.
        public let name: String
        /// Each metric with its interval.
        public let metrics: [String: MetricInterval]
        /// Change of each metric against the first row, relative to it; nothing in the first.
        public let changes: [String: MetricInterval]
        /// Share of the gain that the truth of the simulation would bring over the first row; nothing without a truth.
        public let sharesOfPossible: [String: MetricInterval]
    }

    /// The judged table.
    public struct Table: Sendable, Equatable, Codable {
        /// Decisions judged.
        public let decisions: Int
        /// Customers of them.
        public let customers: Int
        /// Rows in order.
        public let lines: [Line]
        /// What one pays for labels in place of the embedding: change of each metric from the row with the embedding to that with distilled
        /// labels, relative to the row with the embedding; nothing where a row is missing.
        public let priceOfTransparency: [String: MetricInterval]
        /// Distilled labels over supplied ones, as a ratio; nothing where a row is missing.
        public let distilledOverSupplied: [String: MetricInterval]
        /// Embedding over supplied labels, relative change; nothing where a row is missing.
        public let embeddingOverSupplied: [String: MetricInterval]
    }

    private struct Weighted {
        let head: HeadToHead
        let places: [Int]
        let count: Int

        init(_ head: HeadToHead) {
            self.head = head
            var numbers: [Int32: Int] = [:]
            places = head.classes.map { value in
                if let known = numbers[value] { return known }
                numbers[value] = numbers.count
                return numbers.count - 1
            }
            count = numbers.count
        }

        /// Values of all metrics, in the order of the cases.
        func values(_ scores: Scores, _ weights: UnsafeBufferPointer<Int32>) -> [Double] {
            var (found, seen) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
            var (loss, offered, events, right) = (0.0, 0.0, 0.0, 0.0)
            for unit in places.indices {
                let weight = Double(weights[unit])
                if weight == 0 { continue }
                found[places[unit]] += weight * scores.hits[unit]
                seen[places[unit]] += weight
                loss += weight * scores.losses[unit]
                if let background = head.background, !scores.offers.isEmpty {
                    offered += weight * scores.offers[unit]
                    if head.classes[unit] != background {
                        events += weight
                        right += weight * scores.hits[unit]
                    }
                }
            }
            let total = seen.reduce(0, +)
            let recalls = zip(found, seen).filter { $0.1 > 0 }.map { $0.0 / $0.1 }
            return [
                recalls.reduce(0, +) / Double(recalls.count), found.reduce(0, +) / total,
                offered + events > 0 ? 2 * right / (offered + events) : .nan, loss / total,
            ]
        }
    }

    /// Judges all rows, resampling customers.
    public func table(_ resampling: Resampling = Resampling(rounds: 1000)) -> Table {
        let weighted = Weighted(self)
        let metrics = Metric.allCases
        let width = metrics.count
        let all = rows + (best.map { [$0] } ?? [])
        func place(_ row: FeatureRow) -> Int? { rows.firstIndex { $0.name == row.name } }
        let pairs = [
            (place(.labels), place(.embedding)), (place(.labels), place(.supplied)), (place(.embedding), place(.supplied)),
        ]
        // One pass over the resamples serves every figure, so that all of them are paired.
        let count = width * (3 * rows.count + pairs.count)
        let intervals = resampling.intervals(units: classes.count, clusters: customers, count: count) { weights in
            let values = all.map { weighted.values($0, weights) }
            var result: [Double] = []
            result.reserveCapacity(count)
            for row in rows.indices { result += values[row] }
            for row in rows.indices { for k in 0..<width { result.append(values[row][k] / values[0][k] - 1) } }
            for row in rows.indices {
                for k in 0..<width {
                    let possible = best == nil ? .nan : values[rows.count][k] - values[0][k]
                    result.append(row == 0 ? .nan : (values[row][k] - values[0][k]) / possible)
                }
            }
            for (a, b) in pairs {
                for k in 0..<width { result.append(a != nil && b != nil ? values[a!][k] / values[b!][k] - 1 : .nan) }
            }
            return result
        }
        func named(_ start: Int, plus: Double = 0) -> [String: MetricInterval] {
            var result: [String: MetricInterval] = [:]
            for (k, metric) in metrics.enumerated() where !intervals[start + k].estimate.isNaN {
                let own = intervals[start + k]
                result[metric.rawValue] = MetricInterval(estimate: own.estimate + plus, lower: own.lower + plus, upper: own.upper + plus)
            }
            return result
        }
        let lines = rows.indices.map { row in
            Line(
                name: rows[row].name, metrics: named(row * width), changes: row == 0 ? [:] : named((rows.count + row) * width),
                sharesOfPossible: named((2 * rows.count + row) * width))
        }
        let after = 3 * rows.count * width
        return Table(
            decisions: classes.count, customers: Set(customers).count, lines: lines, priceOfTransparency: named(after),
            distilledOverSupplied: named(after + width, plus: 1), embeddingOverSupplied: named(after + 2 * width))
    }
}
