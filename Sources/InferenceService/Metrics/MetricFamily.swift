/// A metric's name, help and labels. The values of each label are fixed at the start, so that no request can add a time series.
package struct MetricName: Sendable {
    /// A label and the values it may have.
    package struct Label: Sendable {
        let name: String
        let values: [String]

        /// A label.
        package init(name: String, values: [String]) { (self.name, self.values) = (name, values) }
    }

    let name: String
    let help: String
    let labels: [Label]

    /// A name; traps where the format does not allow it.
    package init(_ name: String, _ help: String, _ labels: [Label] = []) {
        precondition(PrometheusText.isName(name), "MetricName: \(name) is not a metric's name")
        for label in labels {
            precondition(PrometheusText.isName(label.name, label: true) && label.name != "le", "MetricName: \(label.name) is not a label")
            precondition(!label.values.isEmpty && Set(label.values).count == label.values.count, "MetricName: values of \(label.name)")
        }
        (self.name, self.help, self.labels) = (name, help, labels)
    }

    /// Time series: one for each combination of label values.
    package var series: Int { labels.reduce(1) { $0 * $1.values.count } }

    /// The labels of a series; the last label changes fastest.
    package func values(of series: Int) -> [(name: String, value: String)] {
        var rest = series
        var result: [(name: String, value: String)] = []
        for label in labels.reversed() {
            result.append((label.name, label.values[rest % label.values.count]))
            rest /= label.values.count
        }
        return result.reversed()
    }
}

/// Counts that only grow, or (for a gauge) values that are set.
package struct CountFamily: Sendable {
    private let name: MetricName
    private let kind: PrometheusText.Kind
    private let counts: AtomicCounts

    /// All at zero.
    package init(_ name: MetricName, _ kind: PrometheusText.Kind = .counter) {
        precondition(kind != .histogram, "CountFamily: \(name.name) is no histogram")
        (self.name, self.kind, counts) = (name, kind, AtomicCounts(name.series))
    }

    /// Raises a series.
    func add(_ amount: Int = 1, at series: Int = 0) { counts.add(amount, at: series) }
    /// Sets a series.
    func set(_ value: Int, at series: Int = 0) { counts.set(value, at: series) }
    /// The value of a series.
    subscript(_ series: Int) -> Int { counts[series] }

    /// Adds the metric's lines.
    package func write(into text: inout PrometheusText) {
        text.head(name.name, kind, name.help)
        for series in 0..<counts.count { text.sample(name.name, name.values(of: series), "\(counts[series])") }
    }
}

/// How often values fell under each of some fixed bounds.
package struct HistogramFamily: Sendable {
    /// What the whole numbers given are, and what is printed.
    package enum Unit: Sendable { case nanoseconds, plain }

    private let name: MetricName
    private let unit: Unit
    private let bounds: [Int]
    /// For each series: a count for each bound, one for what is above all of them, and the sum.
    private let counts: AtomicCounts
    private var stride: Int { bounds.count + 2 }

    /// - Parameter bounds: upper bounds, inclusive, rising; in nanoseconds where the unit is.
    package init(_ name: MetricName, _ unit: Unit, bounds: [Int]) {
        precondition(!bounds.isEmpty && zip(bounds, bounds.dropFirst()).allSatisfy(<), "HistogramFamily: bounds of \(name.name) must rise")
        (self.name, self.unit, self.bounds) = (name, unit, bounds)
        counts = AtomicCounts(name.series * (bounds.count + 2))
    }

    /// Counts a value.
    package func observe(_ value: Int, at series: Int = 0) {
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        counts.add(1, at: series * stride + bucket)
        counts.add(value, at: series * stride + bounds.count + 1)
    }

    /// Adds the metric's lines.
    package func write(into text: inout PrometheusText) {
        text.head(name.name, .histogram, name.help)
        for series in 0..<name.series {
            let labels = name.values(of: series)
            var count = 0
            for bucket in 0...bounds.count {
                count += counts[series * stride + bucket]
                let bound = bucket == bounds.count ? "+Inf" : shown(bounds[bucket])
                text.sample(name.name + "_bucket", labels + [("le", bound)], "\(count)")
            }
            // The count is that of the last bucket, read once: the two agree whatever other threads do meanwhile.
            text.sample(name.name + "_sum", labels, shown(counts[series * stride + bounds.count + 1]))
            text.sample(name.name + "_count", labels, "\(count)")
        }
    }

    private func shown(_ value: Int) -> String {
        switch unit {
        case .nanoseconds: PrometheusText.seconds(value)
        case .plain: "\(value)"
        }
    }
}
