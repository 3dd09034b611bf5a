internal import Synchronization

/// How often each label was told, over all taxonomies that were loaded since the start: what drift is seen in.
///
/// The labels of a taxonomy are known when it is loaded; its ``Counts`` then count without a lock.
public final class LabelDistribution: Sendable {
    /// The counts of one taxonomy's labels, in its order. Belongs to the bundle that tells them.
    public final class Counts: Sendable {
        private let series: [AtomicCounts]

        fileprivate init(_ series: [AtomicCounts]) { self.series = series }

        /// Counts a label that was told, by its number in the taxonomy.
        public func count(label: Int) { series[label].add(1, at: 0) }
    }

    /// Labels with a count of their own; those of later taxonomies are counted together as `other`.
    public static let most = 1000
    private let all = Mutex<[String: AtomicCounts]>([:])

    init() {}

    /// The counts for a taxonomy's labels. A label that an earlier taxonomy had goes on where it was.
    public func counts(for labels: [String]) -> Counts {
        all.withLock { all in
            Counts(
                labels.map { label in
                    let name = all[label] != nil || all.count < Self.most ? label : "other"
                    if let known = all[name] { return known }
                    let new = AtomicCounts(1)
                    all[name] = new
                    return new
                })
        }
    }

    func write(_ name: String, _ help: String, label: String, into text: inout PrometheusText) {
        text.head(name, .counter, help)
        let counts = all.withLock { $0 }
        for key in counts.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            text.sample(name, [(label, key)], "\(counts[key]![0])")
        }
    }
}
