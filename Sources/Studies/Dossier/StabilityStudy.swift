internal import Evaluation
internal import SequenceKernel

/// Takes: what sessions of two periods hold, in parts.   Gives: how far each has moved, and how far chance alone moves it.
///
/// The population stability index (Siddiqi, 2006: below 0.1 little, above 0.25 much) grows with chance where samples are small (Yurdakul,
/// 2018). So it stands beside its distribution when nothing has changed: the periods are dealt out anew among visitors of one period, all of
/// a visitor's sessions together, and who came in both has them change places by chance. Numbers are parted by deciles of both periods together.
public struct StabilityStudy: Sendable, Equatable, Codable {
    /// What is looked at.
    public enum Kind: String, Sendable, Codable {
        /// A field of the events.
        case input
        /// A direction of the embeddings.
        case embedding
        /// What was assigned.
        case label
    }

    /// How an index reads.
    public enum Reading: String, Sendable, Codable {
        /// Not above what chance does.
        case chance
        /// Above chance, below 0.1.
        case small
        /// Above chance, from 0.1.
        case moved
        /// Above chance, from 0.25.
        case changed
    }

    /// One column.
    public struct Row: Sendable, Equatable, Codable {
        /// What it is.
        public var kind: Kind
        /// Its name.
        public var name: String
        /// Its parts.
        public var parts: Int
        /// The index.
        public var index: Double
        /// What 95 of 100 deals without any change stay below.
        public var chance: Double
        /// Share of the deals that reach the index, counting this one.
        public var share: Double
        /// How it reads.
        public var reading: Reading
    }

    /// One period.
    public struct Period: Sendable, Equatable, Codable {
        /// Its sessions that were looked at.
        public var sessions: Int
        /// Their visitors.
        public var visitors: Int
    }

    /// Values of sessions in parts: session `s` has the parts `codes[offsets[s] ..< offsets[s + 1]]`.
    public struct Column: Sendable, Equatable {
        /// What it is.
        public var kind: Kind
        /// Its name.
        public var name: String
        /// Number of parts.
        public var parts: Int
        let offsets: [Int]
        let codes: [Int32]

        /// Several parts a session, such as intents.
        public init(_ kind: Kind, _ name: String, parts: Int, sets: [[Int32]]) {
            precondition(sets.allSatisfy { $0.allSatisfy { $0 >= 0 && $0 < parts } }, "StabilityStudy.Column: a part outside 0..<\(parts)")
            (self.kind, self.name, self.parts) = (kind, name, parts)
            var offsets = [0]
            for set in sets { offsets.append(offsets[offsets.count - 1] + set.count) }
            (self.offsets, codes) = (offsets, sets.flatMap(\.self))
        }

        /// One text a session: the ten most frequent have a part each, others one, none one.
        public init(_ kind: Kind, _ name: String, texts: [String?]) {
            var counts: [String: Int] = [:]
            for text in texts { if let text { counts[text, default: 0] += 1 } }
            let kept = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(10).map(\.key)
            let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, Int32($0)) })
            self.init(
                kind, name, parts: kept.count + 2,
                sets: texts.map { text in [text.map { places[$0] ?? Int32(kept.count) } ?? Int32(kept.count + 1)] })
        }

        /// One number a session, NaN where missing: deciles, and a part for none.
        public init(_ kind: Kind, _ name: String, numbers: [Float]) {
            let sorted = numbers.filter { !$0.isNaN }.sorted()
            var edges: [Float] = []
            for part in 1..<10 where !sorted.isEmpty {
                let value = sorted[sorted.count * part / 10]
                if value != edges.last { edges.append(value) }
            }
            self.init(
                kind, name, parts: edges.count + 2,
                sets: numbers.map { number in
                    if number.isNaN { return [Int32(edges.count + 1)] }
                    var (low, high) = (0, edges.count)
                    while low < high {
                        let middle = (low + high) / 2
                        if number < edges[middle] { high = middle } else { low = middle + 1 }
                    }
                    return [Int32(low)]
                })
        }
    }

    /// The earlier period.
    public let first: Period
    /// The later one.
    public let second: Period
    /// Inputs, embeddings, labels.
    public let rows: [Row]
    /// How often periods were dealt out anew.
    public let deals: Int

    /// - Parameters:
    ///   - isSecond: whether each session belongs to the later period, `[S]`.
    ///   - visitors: whose session each is, `[S]`.
    /// - Throws: ``StudyError/tooLittle(what:found:needed:)`` where a period has fewer than twenty visitors.
    public init(_ columns: [Column], isSecond: [Bool], visitors: [Int], deals: Int = 199, seed: UInt64 = 1) throws(StudyError) {
        precondition(isSecond.count == visitors.count && columns.allSatisfy { $0.offsets.count == visitors.count + 1 })
        func period(_ second: Bool) -> Period {
            let own = visitors.indices.filter { isSecond[$0] == second }
            return Period(sessions: own.count, visitors: Set(own.map { visitors[$0] }).count)
        }
        (first, second, self.deals) = (period(false), period(true), deals)
        guard min(first.visitors, second.visitors) >= 20 else {
            throw .tooLittle(what: "visitors of a period to compare", found: min(first.visitors, second.visitors), needed: 20)
        }
        // A visitor's sessions of one period are one block. Who came in both periods has two, which resemble one another: they may only
        // change places.
        var blocks: [Int: Int] = [:]
        var labels: [Bool] = []
        let block = visitors.indices.map { session in
            let key = visitors[session] * 2 + (isSecond[session] ? 1 : 0)
            if let known = blocks[key] { return known }
            blocks[key] = labels.count
            labels.append(isSecond[session])
            return labels.count - 1
        }
        let people = Set(visitors).sorted()
        let pairs = people.compactMap { visitor in
            blocks[visitor * 2].flatMap { first in blocks[visitor * 2 + 1].map { (first, $0) } }
        }
        let paired = Set(pairs.flatMap { [$0.0, $0.1] })
        let singles = labels.indices.filter { !paired.contains($0) }
        func indexes(_ labels: [Bool]) -> [Double] {
            columns.map { column in
                var counts = [[Int](repeating: 0, count: column.parts), [Int](repeating: 0, count: column.parts)]
                for session in visitors.indices {
                    let side = labels[block[session]] ? 1 : 0
                    for place in column.offsets[session]..<column.offsets[session + 1] { counts[side][Int(column.codes[place])] += 1 }
                }
                let index = PopulationStability.index(expectedCounts: counts[0], actualCounts: counts[1])
                return index.isNaN ? 0 : index
            }
        }
        let own = indexes(labels)
        var random = RandomSource(seed, 0x57AB)
        var dealt = [[Double]](repeating: [], count: columns.count)
        for _ in 0..<deals {
            var own = singles.map { labels[$0] }
            random.shuffle(&own)
            for (place, label) in zip(singles, own) { labels[place] = label }
            for (first, second) in pairs where random.below(2) == 1 { labels.swapAt(first, second) }
            for (column, index) in indexes(labels).enumerated() { dealt[column].append(index) }
        }
        rows = columns.indices.map { column in
            let sorted = dealt[column].sorted()
            let chance = sorted[min(sorted.count - 1, Int((Double(sorted.count) * 0.95).rounded(.up)) - 1)]
            let index = own[column]
            let share = Double(1 + sorted.count { $0 >= index }) / Double(deals + 1)
            let reading: Reading = share > 0.05 ? .chance : index >= 0.25 ? .changed : index >= 0.1 ? .moved : .small
            return Row(
                kind: columns[column].kind, name: columns[column].name, parts: columns[column].parts, index: index, chance: chance,
                share: share, reading: reading)
        }
    }
}
