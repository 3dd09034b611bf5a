package import SequenceKernel

/// What is known of the next item without the network: the copy model, and links between items.
///
/// Items are numbered from 0: an item's number is its vocabulary id less ``Vocabulary/firstValue``; places whose value has no id are
/// negative.
public struct NextItemPrior: Sendable, Equatable {
    /// How it was made.
    public private(set) var settings: NextItemSettings
    let copy: CopyModel
    let links: ItemLinks
    /// Share of each item in training; breaks ties between items that nothing is known of.
    let popularity: [Float]
    /// Power that the shares of new items are raised to before they are made to add up.
    let sharpness: Float

    init(settings: NextItemSettings, copy: CopyModel, links: ItemLinks, popularity: [Float], sharpness: Float) {
        self.settings = settings
        self.copy = copy
        self.links = links
        self.popularity = popularity
        self.sharpness = sharpness
    }

    /// Fits on training sessions in the order of the corpus: the table on the last of them, and how far to trust links on a sample of the
    /// same, with links from the sessions before; then links over all sessions.
    package init(_ sessions: [[Int32]], itemCount: Int, _ settings: NextItemSettings, _ pool: WorkerPool) {
        self.settings = settings
        var counts = [Float](repeating: 0, count: itemCount)
        for session in sessions { for item in session where item >= 0 { counts[Int(item)] += 1 } }
        let total = max(1, counts.reduce(0, +))
        popularity = counts.map { $0 / total }
        let fitStart = sessions.count - max(1, Int(Double(sessions.count) * settings.fitShare))
        var pairs: [(prefix: ArraySlice<Int32>, target: Int32)] = []
        for session in sessions[max(0, fitStart)...] where session.count > settings.minimumPrefix {
            for place in settings.minimumPrefix..<session.count where session[place] >= 0 && session[place - 1] >= 0 {
                pairs.append((session[..<place].suffix(settings.prefixLength), session[place]))
            }
        }
        var random = RandomSource(0xC0B7, UInt64(pairs.count))
        random.shuffle(&pairs)
        if pairs.count > 60_000 { pairs.removeLast(pairs.count - 60_000) }
        copy = CopyModel(fitting: pairs)
        let early = ItemLinks(Array(sessions[..<max(0, fitStart)]), itemCount: itemCount, settings, pool)
        // The network is not asked here: it has seen these sessions.
        var best: (score: Double, sharpness: Float) = (-1, 1)
        for sharpness: Float in [1, 1.5, 2, 3] {
            let trial = NextItemPrior(settings: settings, copy: copy, links: early, popularity: popularity, sharpness: sharpness)
            let sample = Array(pairs.prefix(1500))
            let ranks = trial.ranks(sample.map(\.prefix), targets: sample.map(\.target), network: nil, pool)
            var score = 0.0
            for rank in ranks where rank > 0 && rank <= 20 { score += 1 / Double(rank) }
            if score > best.score { best = (score, sharpness) }
        }
        sharpness = best.sharpness
        links = ItemLinks(sessions, itemCount: itemCount, settings, pool)
    }

    /// The same with nothing asked of the network: the strong simple baseline that a network must add to.
    public var withoutNetwork: NextItemPrior {
        var alone = self
        alone.settings.networkShare = 0
        return alone
    }

    /// Items (V).
    var itemCount: Int { popularity.count }

    /// Memory of one worker.
    struct Scratch {
        var scores: [Float]
        var linked: [Float]
        var hop: [Float]
        var touched: [Int32] = []

        init(_ items: Int) {
            scores = Array(repeating: 0, count: items)
            linked = Array(repeating: 0, count: items)
            hop = Array(repeating: 0, count: items)
        }
    }

    /// The rank of each target: 1 + items of higher score + others of the same score; 0 for a target without a number.
    ///
    /// - Parameter network: the network's scores of all items for a prefix, before the softmax; nil to leave it out.
    package func ranks(
        _ prefixes: [ArraySlice<Int32>], targets: [Int32], network: ((Int, Int) -> UnsafePointer<Float>)?, _ pool: WorkerPool
    ) -> [Int] {
        var ranks = [Int](repeating: 0, count: prefixes.count)
        let parts = min(64, max(1, prefixes.count))
        ranks.withUnsafeMutableBufferPointer { ranks in
            nonisolated(unsafe) let ranks = ranks
            nonisolated(unsafe) let network = network
            pool.run(parts) { part, worker in
                var scratch = Scratch(itemCount)
                for pair in prefixes.count * part / parts..<prefixes.count * (part + 1) / parts where targets[pair] >= 0 {
                    score(prefixes[pair], network: network.map { $0(pair, worker) }, &scratch)
                    ranks[pair] = Self.rank(Int(targets[pair]), scratch.scores)
                }
            }
        }
        return ranks
    }

    static func rank(_ target: Int, _ scores: [Float]) -> Int {
        scores.withUnsafeBufferPointer { scores in
            let own = scores[target]
            var above = 0
            for score in scores where score >= own { above += 1 }
            // Those of the same score count against the target, itself left out: above includes it once.
            return above
        }
    }

    /// Fills `scratch.scores` with the probabilities of all items.
    func score(_ prefix: ArraySlice<Int32>, network: UnsafePointer<Float>?, _ scratch: inout Scratch) {
        let prefix = prefix.filter { $0 >= 0 }.suffix(settings.prefixLength)
        let count = itemCount
        guard !prefix.isEmpty else {
            for item in 0..<count { scratch.scores[item] = popularity[item] }
            return
        }
        let (items, shares, new) = copy.probabilities(prefix)
        addLinks(prefix, &scratch)
        for item in items { scratch.linked[Int(item)] = 0 }
        let share = network == nil ? 0 : settings.networkShare
        // Popularity orders what nothing links to, below everything that is linked.
        for item in 0..<count { scratch.scores[item] = 1e-9 * popularity[item] * new }
        let linkTotal = normaliseLinks(&scratch)
        if linkTotal > 0 {
            let factor = (1 - share) * new / linkTotal
            for item in scratch.touched { scratch.scores[Int(item)] += factor * scratch.linked[Int(item)] }
        }
        if let network, share > 0 { addNetwork(network, items, share * new, &scratch) }
        for (item, share) in zip(items, shares) { scratch.scores[Int(item)] = share }
        for item in scratch.touched { scratch.linked[Int(item)] = 0 }
        scratch.touched.removeAll(keepingCapacity: true)
    }

    /// Sums of links of the session's distinct items, the latest strongest, and of the best ones' links.
    private func addLinks(_ prefix: ArraySlice<Int32>, _ scratch: inout Scratch) {
        var seen = Set<Int32>()
        for (distance, item) in prefix.reversed().enumerated() where seen.insert(item).inserted {
            links.add(Int(item), Self.power(2.718281828, -Float(distance) / settings.memory), to: &scratch.linked, &scratch.touched)
        }
        guard settings.secondHop > 0, !scratch.touched.isEmpty else { return }
        let best = scratch.touched.sorted {
            let (left, right) = (scratch.linked[Int($0)], scratch.linked[Int($1)])
            return left != right ? left > right : $0 < $1
        }.prefix(settings.secondHopItems).map { ($0, scratch.linked[Int($0)]) }
        for (item, score) in best { links.add(Int(item), settings.secondHop * score, to: &scratch.linked, &scratch.touched) }
    }

    /// Raises links to the fitted power, relative to the strongest, and gives their sum.
    private func normaliseLinks(_ scratch: inout Scratch) -> Float {
        var most: Float = 0
        for item in scratch.touched { most = max(most, scratch.linked[Int(item)]) }
        guard most > 0 else { return 0 }
        var sum: Float = 0
        for item in scratch.touched where scratch.linked[Int(item)] > 0 {
            let value = sharpness == 1 ? scratch.linked[Int(item)] / most : Self.power(scratch.linked[Int(item)] / most, sharpness)
            scratch.linked[Int(item)] = value
            sum += value
        }
        return sum
    }

    /// The network's softmax over the items that the session does not hold.
    private func addNetwork(_ network: UnsafePointer<Float>, _ items: [Int32], _ mass: Float, _ scratch: inout Scratch) {
        vectorLoops.softmaxRows(1, itemCount, network, itemCount, &scratch.hop, itemCount)
        for item in items { scratch.hop[Int(item)] = 0 }
        var sum: Float = 0
        for item in 0..<itemCount { sum += scratch.hop[item] }
        guard sum > 0 else { return }
        let factor = mass / sum
        for item in 0..<itemCount { scratch.scores[item] += factor * scratch.hop[item] }
    }
}
