/// Losses and counts of the fields of one objective in one shard, to be added in shard order.
struct FieldTotals {
    fileprivate var losses: [Double]
    fileprivate var counts: [Int]

    init(units: Int) {
        losses = Array(repeating: 0, count: units)
        counts = Array(repeating: 0, count: units)
    }

    mutating func add(_ unit: Int, _ loss: Double, _ count: Int) {
        losses[unit] += loss
        counts[unit] += count
    }

    mutating func clear() {
        for unit in losses.indices { (losses[unit], counts[unit]) = (0, 0) }
    }
}

/// The weighted mean over fields of the fields' means over the whole batch; kept from step to step for its memory.
struct FieldMean {
    /// What each field's summed gradient is multiplied by.
    private(set) var scales: [Float]
    private var sum: FieldTotals

    init(units: Int) {
        scales = Array(repeating: 0, count: units)
        sum = FieldTotals(units: units)
    }

    /// The loss of the shards' totals. Sets ``scales``.
    mutating func combine(_ shards: some Collection<FieldTotals>, weight: Float) -> Double {
        sum.clear()
        for shard in shards {
            for unit in scales.indices { sum.add(unit, shard.losses[unit], shard.counts[unit]) }
        }
        let present = sum.counts.count { $0 > 0 }
        var loss = 0.0
        for unit in scales.indices {
            guard sum.counts[unit] > 0 else {
                scales[unit] = 0
                continue
            }
            let share = Double(weight) / Double(sum.counts[unit] * present)
            scales[unit] = Float(share)
            loss += sum.losses[unit] * share
        }
        return loss
    }
}
