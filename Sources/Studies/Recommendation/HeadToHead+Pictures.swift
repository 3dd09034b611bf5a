public import Evaluation
package import Recommendation

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension HeadToHead {
    /// What a table does not show of one of its rows: the last one, which reads most, so that no row is chosen by how well it did.
    public struct Pictures: Sendable, Equatable, Codable {
        /// One of ten parts of the probabilities.
        public struct Bin: Sendable, Equatable, Codable {
            /// Their mean.
            public let probability: Double
            /// How often it happened, with Wilson's interval.
            public let frequency: MetricInterval
            /// How many they are.
            public let count: Int
        }

        /// The row.
        public let row: String
        /// Probabilities, means over the seeds, against what happened; parts without examples are left out. Tiles: of every tile shown, that it
        /// is the one clicked. Conversions: of every decision, that any product is applied for.
        public let calibration: [Bin]
        /// Conversions: tenths of the decisions by the probability of any product. Empty for tiles, and where nothing was applied for.
        public let lift: [LiftTable.Row]
        /// Tiles: some home pages; nil for conversions, and where there is one row only.
        public let homePages: HomePages?

        package init(row: String, probabilities: [Float], happened: [Bool], lifted: Bool, homePages: HomePages?) {
            let inside = probabilities.map { min(1, max(0, $0)) }
            calibration = CalibrationMetrics(probabilities: inside, happened: happened).bins.filter { $0.count > 0 }.map {
                Bin(probability: $0.meanProbability, frequency: $0.frequency, count: $0.count)
            }
            lift = lifted && happened.contains(true) ? LiftTable(scores: inside, positives: happened).rows : []
            (self.row, self.homePages) = (row, homePages)
        }
    }

    /// A few home pages as they were shown and as the row with most features would order them.
    public struct HomePages: Sendable, Equatable, Codable {
        /// A tile.
        public struct Tile: Sendable, Equatable, Codable {
            /// Its name in the catalogue.
            public let name: String
            /// That it is the one clicked, by the row with most features.
            public let probability: Double
            /// Whether it was.
            public let isClicked: Bool
        }

        /// What the latest session was about, by the distilled classifier.
        public struct Intent: Sendable, Equatable, Codable {
            /// Its id in the taxonomy.
            public let id: String
            /// Of the session showing it.
            public let probability: Double
        }

        /// One home page. Who saw it and when is not kept.
        public struct Example: Sendable, Equatable, Codable {
            /// As shown.
            public let tiles: [Tile]
            /// Place of the clicked tile by the first row, from 1.
            public let baselineRank: Int
            /// Place of the clicked tile by the row with most features, from 1.
            public let rank: Int
            /// Likeliest intents of the latest session, at most three; empty where labels are no block.
            public let intents: [Intent]
            /// From the end of the latest session to the impression.
            public let daysSinceSession: Double

            /// By falling probability; of equal ones a clicked tile comes last, as it is judged.
            public var newOrder: [Tile] {
                tiles.enumerated().sorted { a, b in
                    if a.element.probability != b.element.probability { return a.element.probability > b.element.probability }
                    if a.element.isClicked != b.element.isClicked { return b.element.isClicked }
                    return a.offset < b.offset
                }.map(\.element)
            }
        }

        /// Impressions judged that have a click and a linked session.
        public let linked: Int
        /// Of these: only the row with most features has the clicked tile first.
        public let better: Int
        /// Of these: only the first row has it first.
        public let worse: Int
        /// The better ones whose clicked tile rises most from where it was shown, and last the worse one where it falls most; ties by the change of
        /// its probability from row to row. Each of another customer.
        public let examples: [Example]

        /// Better ones that are shown.
        static let flattering = 4

        /// - Parameters:
        ///   - chosen: decisions of `examples`, each with a click.
        ///   - baseline: probabilities of the first row for the tile rows of the chosen, one decision after the other.
        ///   - richest: those of the row with most features.
        ///   - names: the name of each tile row of `examples`.
        package init(_ examples: RankingExamples, _ chosen: [Int], baseline: [Float], richest: [Float], names: (Int) -> String) {
            struct Candidate {
                let example: Example
                let customer: Int32
                let change: Int
                let growth: Float
            }
            let width = examples.contextNames.count
            let prefix = "latest.\(SessionBlock.labels.rawValue)."
            let intents = examples.contextNames.enumerated().filter { $1.hasPrefix(prefix) }.map {
                ($0, String($1.dropFirst(prefix.count)))
            }
            let (absent, days) = (
                examples.contextNames.firstIndex(of: FeaturePrefix.counts + "absent"),
                examples.contextNames.firstIndex(of: FeaturePrefix.counts + "log1p_days_since_latest")
            )
            var (linked, better, worse) = (0, [Candidate](), [Candidate]())
            var place = 0
            for decision in chosen {
                let rows = examples.rows(decision)
                let own = place..<place + rows.count
                place += rows.count
                guard let absent, let days, examples.context[decision * width + absent] == 0 else { continue }
                linked += 1
                let clicked = own.lowerBound + rows.firstIndex { examples.clicked[$0] }! - rows.lowerBound
                func rank(_ probabilities: [Float]) -> Int { own.count { probabilities[$0] >= probabilities[clicked] } }
                let (before, after) = (rank(baseline), rank(richest))
                guard (before == 1) != (after == 1) else { continue }
                let isPlaced = rows.allSatisfy { examples.position[$0] > 0 }
                let order = rows.sorted {
                    isPlaced && examples.position[$0] != examples.position[$1] ? examples.position[$0] < examples.position[$1] : $0 < $1
                }
                let told = intents.map { Intent(id: $0.1, probability: Double(examples.context[decision * width + $0.0])) }
                    .filter { $0.probability.isFinite }.sorted { ($1.probability, $0.id) < ($0.probability, $1.id) }
                let candidate = Candidate(
                    example: Example(
                        tiles: order.map { row in
                            Tile(
                                name: names(row), probability: Double(richest[own.lowerBound + row - rows.lowerBound]),
                                isClicked: examples.clicked[row])
                        }, baselineRank: before, rank: after, intents: Array(told.prefix(3)),
                        daysSinceSession: max(0, expm1(Double(examples.context[decision * width + days])))),
                    customer: examples.customer[decision],
                    change: order.firstIndex { examples.clicked[$0] }! + 1 - after, growth: richest[clicked] - baseline[clicked])
                if after == 1 { better.append(candidate) } else { worse.append(candidate) }
            }
            var taken = Set<Int32>()
            func take(_ count: Int, _ candidates: [Candidate], _ isBefore: (Candidate, Candidate) -> Bool) -> [Example] {
                // Equal ones stay in the order of the impressions.
                let sorted = candidates.enumerated().sorted { a, b in
                    isBefore(a.element, b.element) || (!isBefore(b.element, a.element) && a.offset < b.offset)
                }.map(\.element)
                var found: [Example] = []
                for candidate in sorted where found.count < count && taken.insert(candidate.customer).inserted {
                    found.append(candidate.example)
                }
                return found
            }
            (self.linked, self.better, self.worse) = (linked, better.count, worse.count)
            self.examples =
                take(Self.flattering, better) { ($0.change, $0.growth) > ($1.change, $1.growth) }
                + take(1, worse) { ($0.change, $0.growth) < ($1.change, $1.growth) }
        }
    }

    /// The mean of runs, `[runs][N]`.
    static func meanProbabilities(_ runs: [[Float]]) -> [Float] {
        runs[0].indices.map { place in runs.reduce(0) { $0 + $1[place] } / Float(runs.count) }
    }
}
