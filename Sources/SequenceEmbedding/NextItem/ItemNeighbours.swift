internal import Glibc

/// How items are counted as neighbours of one another.
public struct NeighbourSettings: Codable, Sendable, Equatable {
    /// How many steps apart two items of a session may be.
    public var reach = 5
    /// Each further step counts this much less.
    public var stepDecay: Float = 0.7
    /// What an item counts for one that came after it (the other way round counts 1).
    public var backward: Float = 0.8
    /// Counts are divided by (occurrences of the item)^this, so that frequent items do not speak louder.
    public var frequencyDamping: Float = 0.6
    /// Counts are divided by (occurrences of the neighbour)^this as well.
    public var neighbourDamping: Float = 0.1
    /// Damped counts are raised to this: below 1 lets many weak ties outweigh one strong.
    public var strengthExponent: Float = 0.5
    /// Neighbours of the best candidates are candidates too and count this much of theirs; 0 switches it off.
    public var secondStep: Float = 0.2
    /// Candidates whose neighbours are looked at.
    public var secondStepCandidates = 30
    /// A session counts 1 / (its length)^this.
    public var lengthDamping: Float = 0.5
    /// How fast an item's say fades with the steps since: e^(-steps / memory).
    public var memory: Float = 3
    /// Items of the prefix that have a say, the latest ones.
    public var latestItems = 50
    /// Neighbours kept for an item, the strongest ones.
    public var kept = 300

    /// The defaults.
    public init() {}
}

/// Which items stand near one another in the training sessions: decayed co-occurrence counts within a few steps, in both directions.
///
/// The strong simple predictor of session data (item-to-item collaborative filtering; compare Ludewig and Jannach, "Evaluation of
/// session-based recommendation algorithms", 2018). It stands beside the encoder, not in its place: counts know rare pairs by heart,
/// the encoder knows what is alike.
public struct ItemNeighbours: Sendable {
    /// The settings it was counted with.
    public let settings: NeighbourSettings
    /// `itemCount + 1` places in ``neighbours``.
    public let offsets: [Int32]
    /// Neighbours of each item, strongest first.
    public let neighbours: [Int32]
    /// Their damped counts.
    public let strengths: [Float]

    /// Items known.
    public var itemCount: Int { offsets.count - 1 }

    /// Counts neighbours in training sessions.
    ///
    /// - Complexity: about `clicks × reach × 2` pairs of memory and time, 8 bytes each.
    public init(counting sessions: ItemSequences, itemCount: Int, settings: NeighbourSettings) {
        self.settings = settings
        let pairs = NeighbourPairs(sessions, itemCount: itemCount, settings: settings)
        var offsets: [Int32] = [0]
        var neighbours: [Int32] = []
        var strengths: [Float] = []
        var sums = [Float](repeating: 0, count: itemCount)
        var seen: [Int32] = []
        for item in 0..<itemCount {
            seen.removeAll(keepingCapacity: true)
            for place in pairs.starts[item]..<pairs.starts[item + 1] {
                let other = pairs.others[place]
                if sums[Int(other)] == 0 { seen.append(other) }
                sums[Int(other)] += pairs.amounts[place]
            }
            // Ties by number: the same list on every machine.
            seen.sort { sums[Int($0)] != sums[Int($1)] ? sums[Int($0)] > sums[Int($1)] : $0 < $1 }
            let damping = powf(max(pairs.occurrences[item], 1e-6), -settings.frequencyDamping)
            func strength(_ other: Int32) -> Float {
                let others = powf(max(pairs.occurrences[Int(other)], 1e-6), -settings.neighbourDamping)
                return powf(sums[Int(other)] * damping * others, settings.strengthExponent)
            }
            for (place, other) in seen.enumerated() {
                if place < settings.kept {
                    neighbours.append(other)
                    strengths.append(strength(other))
                }
                sums[Int(other)] = 0
            }
            offsets.append(Int32(neighbours.count))
        }
        self.offsets = offsets
        self.neighbours = neighbours
        self.strengths = strengths
    }

    /// Rebuilds from stored arrays; the caller has checked that they fit one another.
    public init(settings: NeighbourSettings, offsets: [Int32], neighbours: [Int32], strengths: [Float]) {
        precondition(
            Int(offsets.last ?? -1) == neighbours.count && neighbours.count == strengths.count,
            "ItemNeighbours: \(offsets.count) offsets, \(neighbours.count) neighbours, \(strengths.count) strengths")
        self.settings = settings
        self.offsets = offsets
        self.neighbours = neighbours
        self.strengths = strengths
    }

    /// Adds each candidate's score after `prefix` to `scores[item]` and notes new candidates.
    ///
    /// score(j) = Σ over distinct prefix items i of e^(-steps since i / memory) · strength(i, j), and then a share of what the best
    /// candidates' neighbours would get.
    func addScores(after prefix: ArraySlice<Int32>, to scores: inout CandidateScores) {
        var steps = 0
        for place in prefix.indices.reversed() {
            defer { steps += 1 }
            if steps > settings.latestItems { break }
            let item = Int(prefix[place])
            if item >= itemCount || prefix[prefix.index(after: place)...].contains(prefix[place]) { continue }
            let weight = expf(-Float(steps) / settings.memory)
            for entry in Int(offsets[item])..<Int(offsets[item + 1]) { scores.add(neighbours[entry], weight * strengths[entry]) }
        }
        guard settings.secondStep > 0 else { return }
        let best = scores.best(settings.secondStepCandidates)
        for (candidate, score) in best {
            for entry in Int(offsets[Int(candidate)])..<Int(offsets[Int(candidate) + 1]) {
                scores.add(neighbours[entry], settings.secondStep * score * strengths[entry])
            }
        }
    }
}

/// All (item, other, amount) of the sessions, grouped by item with a counting sort.
private struct NeighbourPairs {
    var starts: [Int]
    var others: [Int32]
    var amounts: [Float]
    var occurrences: [Float]

    init(_ sessions: ItemSequences, itemCount: Int, settings: NeighbourSettings) {
        var starts = [Int](repeating: 0, count: itemCount + 1)
        var occurrences = [Float](repeating: 0, count: itemCount)
        var fading = [Float](repeating: 1, count: max(1, settings.reach))
        for step in 1..<max(1, settings.reach) { fading[step] = fading[step - 1] * settings.stepDecay }
        Self.visit(sessions, settings.reach) { item, other, _, _ in
            starts[Int(item) + 1] += 1
            starts[Int(other) + 1] += 1
        }
        for item in 0..<itemCount { starts[item + 1] += starts[item] }
        var next = starts
        var others = [Int32](repeating: 0, count: starts[itemCount])
        var amounts = [Float](repeating: 0, count: starts[itemCount])
        var weights = [Float](repeating: 0, count: sessions.count)
        for session in 0..<sessions.count {
            let items = sessions[session]
            weights[session] = powf(Float(max(1, items.count)), -settings.lengthDamping)
            for item in items { occurrences[Int(item)] += weights[session] }
        }
        Self.visit(sessions, settings.reach) { item, other, step, session in
            let amount = weights[session] * fading[step - 1]
            others[next[Int(item)]] = other
            amounts[next[Int(item)]] = amount
            next[Int(item)] += 1
            others[next[Int(other)]] = item
            amounts[next[Int(other)]] = amount * settings.backward
            next[Int(other)] += 1
        }
        (self.starts, self.others, self.amounts, self.occurrences) = (starts, others, amounts, occurrences)
    }

    /// Every ordered pair of different items at most `reach` steps apart.
    private static func visit(_ sessions: ItemSequences, _ reach: Int, _ body: (Int32, Int32, Int, Int) -> Void) {
        for session in 0..<sessions.count {
            let end = sessions.offsets[session + 1]
            for place in sessions.offsets[session]..<end {
                for other in (place + 1)..<max(place + 1, min(end, place + reach + 1))
                where sessions.items[other] != sessions.items[place] {
                    body(sessions.items[place], sessions.items[other], other - place, session)
                }
            }
        }
    }
}

/// Scores of some of many items, cleared in the time of the few that were touched.
struct CandidateScores {
    private(set) var scores: [Float]
    private(set) var touched: [Int32] = []

    init(itemCount: Int) { scores = Array(repeating: 0, count: itemCount) }

    mutating func add(_ item: Int32, _ amount: Float) {
        if scores[Int(item)] == 0 { touched.append(item) }
        scores[Int(item)] += amount
    }

    subscript(_ item: Int32) -> Float { scores[Int(item)] }

    /// The touched items of highest score, highest first, ties by number.
    func best(_ count: Int) -> [(item: Int32, score: Float)] {
        var all = touched.map { (item: $0, score: scores[Int($0)]) }
        all.sort { $0.score != $1.score ? $0.score > $1.score : $0.item < $1.item }
        return Array(all.prefix(count))
    }

    mutating func removeAll() {
        for item in touched { scores[Int(item)] = 0 }
        touched.removeAll(keepingCapacity: true)
    }
}
