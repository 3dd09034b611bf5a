#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// How far the distribution of a score, or of a feature, has moved from one sample to another: the population stability index,
/// Σ (a − e) ln(a / e) over bins with the shares e of the first sample and a of the second (Siddiqi, 2006).
///
/// The usual reading: below 0.1 little has changed, above 0.25 much has. It is 0 for equal shares, never negative, and grows with chance, too:
/// two samples of one population have some (B − 1)(1/N + 1/M) in expectation (Yurdakul, 2018).
public struct PopulationStability: Sendable, Equatable, Codable {
    /// One part of the values.
    public struct Bin: Sendable, Equatable, Codable {
        /// Highest value of the part, which belongs to it; nil for the last part and for that of missing values.
        public var upper: Double?
        /// Examples of the first sample.
        public var expected: Int
        /// Examples of the second.
        public var actual: Int
        /// What the part adds to the index.
        public var contribution: Double
    }

    /// The parts, lowest values first. That of missing values, if there are any in either sample, is the last.
    public let bins: [Bin]
    /// Whether the last part is that of missing values.
    public let hasMissing: Bool
    /// The index; NaN where a sample is empty.
    public var index: Double { bins.isEmpty ? .nan : bins.reduce(0) { $0 + $1.contribution } }

    /// Parts by quantiles of the first sample: each ends at one of its values and has that value, so that equal values stay together and there
    /// may be fewer parts than asked for. The outer parts are open. Where the first sample has one value only, the parts are below, at and
    /// above it. A part that one sample has no example in counts half an example there, since the index would be infinite otherwise; one
    /// that is empty in both adds nothing.
    /// - Parameters:
    ///   - expected: the first sample, say a training period; NaN where missing.
    ///   - actual: the second.
    ///   - count: parts to aim at.
    /// - Complexity: O(N log N + M log B).
    public init(expected: [Float], actual: [Float], bins count: Int = 10) {
        precondition(count > 0, "PopulationStability: \(count) bins")
        let sorted = expected.filter { !$0.isNaN }.sorted()
        var edges: [Float] = []
        if let first = sorted.first, first == sorted[sorted.count - 1] {
            edges = [first.nextDown, first]
        } else {
            for part in 1..<max(1, count) where !sorted.isEmpty {
                let value = sorted[max(0, (sorted.count * part + count - 1) / count - 1)]
                // The highest value ends no part: above it there is none to compare with.
                if value != edges.last && value != sorted[sorted.count - 1] { edges.append(value) }
            }
        }
        func counts(_ values: [Float]) -> (parts: [Int], missing: Int) {
            var (parts, missing) = ([Int](repeating: 0, count: edges.count + 1), 0)
            for value in values {
                if value.isNaN {
                    missing += 1
                    continue
                }
                var (low, high) = (0, edges.count)
                while low < high {
                    let middle = (low + high) / 2
                    if value <= edges[middle] { high = middle } else { low = middle + 1 }
                }
                parts[low] += 1
            }
            return (parts, missing)
        }
        let (own, other) = (counts(expected), counts(actual))
        hasMissing = own.missing + other.missing > 0
        guard !expected.isEmpty && !actual.isEmpty else {
            bins = []
            return
        }
        let uppers: [Double?] = edges.map { Double($0) } + [nil] + (hasMissing ? [nil] : [])
        bins = Self.bins(
            own.parts + (hasMissing ? [own.missing] : []), other.parts + (hasMissing ? [other.missing] : []), uppers: uppers)
    }

    /// The index of two lists of counts, say of categories: the same parts in the same order, empty ones counted as above. NaN where a list
    /// adds up to nothing.
    public static func index(expectedCounts: [Int], actualCounts: [Int]) -> Double {
        precondition(
            expectedCounts.count == actualCounts.count, "PopulationStability.index: \(expectedCounts.count) against \(actualCounts.count)")
        guard expectedCounts.contains(where: { $0 > 0 }), actualCounts.contains(where: { $0 > 0 }) else { return .nan }
        return bins(expectedCounts, actualCounts, uppers: expectedCounts.map { _ in nil }).reduce(0) { $0 + $1.contribution }
    }

    private static func bins(_ expected: [Int], _ actual: [Int], uppers: [Double?]) -> [Bin] {
        let (total, others) = (Double(expected.reduce(0, +)), Double(actual.reduce(0, +)))
        return expected.indices.map { part in
            let (own, other) = (expected[part], actual[part])
            var contribution = 0.0
            if own > 0 || other > 0 {
                let (e, a) = ((own == 0 ? 0.5 : Double(own)) / total, (other == 0 ? 0.5 : Double(other)) / others)
                contribution = (a - e) * log(a / e)
            }
            return Bin(upper: uppers[part], expected: own, actual: other, contribution: contribution)
        }
    }
}
