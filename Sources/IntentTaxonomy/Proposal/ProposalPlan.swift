public import SequenceKernel

/// Which sessions are shown to whoever names the intents: groups of near sessions, each with a look over its fence, in batches.
///
/// The number of groups lies well above the number of intents, so that rare intents have groups of their own.
public struct ProposalPlan: Sendable, Equatable {
    /// What is chosen, and how much.
    public struct Settings: Sendable, Equatable {
        /// Most intents of the taxonomy.
        public var intents: Int
        /// Groups; nil for the greater of three times ``intents`` and √(sessions / 2).
        public var clusters: Int?
        /// Members shown that lie nearest to the centre.
        public var nearest = 3
        /// Further members, drawn at random.
        public var random = 2
        /// Sessions of other groups that lie nearest, for contrast.
        public var outsiders = 2
        /// Most sessions of one batch.
        public var batchSessions = 200
        /// Most sessions that are grouped; of larger corpora as many are drawn.
        public var mostSessions = 50_000
        /// Starts of k-means.
        public var restarts = 10
        /// What every random choice comes from.
        public var seed: UInt64

        /// The usual amounts.
        public init(intents: Int, seed: UInt64 = 1) { (self.intents, self.seed) = (intents, seed) }
    }

    /// One group as it is shown; sessions by their number in the corpus.
    public struct Cluster: Sendable, Equatable {
        /// Its number.
        public var number: Int
        /// Sessions in it.
        public var size: Int
        /// Members, the nearest to the centre first, then the random ones.
        public var members: [Int]
        /// Near sessions of other groups.
        public var outsiders: [Int]
    }

    /// All groups, by number.
    public let clusters: [Cluster]
    /// What is shown together: places in ``clusters``. The last batch is filled up with groups shown before.
    public let batches: [[Int]]
    /// Sessions that were grouped.
    public let sessions: Int

    /// Groups the rows of `embeddings` `[S, dimension]` and chooses.
    public init(_ embeddings: [Float], dimension: Int, _ settings: Settings, pool: WorkerPool) {
        precondition(settings.intents > 0 && settings.nearest > 0, "ProposalPlan: at least one intent and one member a group")
        let count = embeddings.count / dimension
        var rows = Array(0..<count)
        if count > settings.mostSessions {
            var random = RandomSource(settings.seed, 0x7361_6D70)
            random.shuffle(&rows)
            rows = rows.prefix(settings.mostSessions).sorted()
        }
        let points = rows.count == count ? embeddings : rows.flatMap { embeddings[$0 * dimension..<($0 + 1) * dimension] }
        let wanted = settings.clusters ?? max(3 * settings.intents, Int((Double(rows.count) / 2).squareRoot().rounded()))
        let groups = KMeans(
            points, dimension: dimension, .init(clusters: wanted, restarts: settings.restarts, seed: settings.seed), pool: pool)
        sessions = rows.count
        clusters = Self.choose(groups, points, settings).map { cluster in
            Cluster(
                number: cluster.number, size: cluster.size, members: cluster.members.map { rows[$0] },
                outsiders: cluster.outsiders.map { rows[$0] })
        }
        batches = Self.batches(clusters, settings)
    }

    private static func choose(_ groups: KMeans, _ points: [Float], _ settings: Settings) -> [Cluster] {
        var members = [[Int]](repeating: [], count: groups.clusters)
        for (point, cluster) in groups.assignment.enumerated() { members[cluster].append(point) }
        return members.enumerated().filter { !$0.element.isEmpty }.map { number, all in
            let byDistance = all.sorted { (groups.distances[$0], $0) < (groups.distances[$1], $1) }
            var rest = Array(byDistance.dropFirst(settings.nearest))
            var random = RandomSource(settings.seed, 0x6D65_6D62, UInt64(number))
            random.shuffle(&rest)
            var outside: [(distance: Double, point: Int)] = []
            for (point, cluster) in groups.assignment.enumerated() where cluster != number {
                let distance = groups.distance(points[point * groups.dimension..<(point + 1) * groups.dimension], toCentre: number)
                if outside.count == settings.outsiders, let last = outside.last, (distance, point) >= (last.distance, last.point) {
                    continue
                }
                outside.append((distance, point))
                outside.sort { ($0.distance, $0.point) < ($1.distance, $1.point) }
                if outside.count > settings.outsiders { outside.removeLast() }
            }
            return Cluster(
                number: number, size: all.count,
                members: Array(byDistance.prefix(settings.nearest)) + rest.prefix(settings.random), outsiders: outside.map(\.point))
        }
    }

    private static func batches(_ clusters: [Cluster], _ settings: Settings) -> [[Int]] {
        var order = Array(clusters.indices)
        var random = RandomSource(settings.seed, 0x6F72_6465_72)
        random.shuffle(&order)
        var batches: [[Int]] = [[]]
        var shown = 0
        for place in order {
            let size = clusters[place].members.count + clusters[place].outsiders.count
            if shown + size > settings.batchSessions, !batches[batches.count - 1].isEmpty {
                batches.append([])
                shown = 0
            }
            batches[batches.count - 1].append(place)
            shown += size
        }
        // A short last batch would weigh its few groups too much.
        if batches.count > 1 {
            var repeats = batches.dropLast().flatMap { $0 }
            random.shuffle(&repeats)
            for place in repeats {
                let size = clusters[place].members.count + clusters[place].outsiders.count
                if shown + size > settings.batchSessions { break }
                batches[batches.count - 1].append(place)
                shown += size
            }
        }
        return batches
    }
}
