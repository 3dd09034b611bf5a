public import DurableFiles
internal import FoundationEssentials

/// What was drawn for a review and how likely: what turns verdicts into estimates of the whole population.
///
/// A stratified simple random sample: strata are what the label says first, how sure it is, and the slice; of a stratum's N sessions n are
/// drawn, each with probability n/N > 0, which stands here with the sample. Names sessions, so that it is kept where the labels are kept.
public struct ReviewDesign: Sendable, Equatable, Codable {
    /// How sure a label is.
    public enum Band: String, Sendable, Equatable, Codable, CaseIterable {
        /// Near its threshold.
        case unsure
        /// Between.
        case fair
        /// Far from it.
        case sure
    }

    /// What the draw prefers.
    public enum Preference: String, Sendable, Equatable, Codable, CaseIterable {
        /// More from strata whose labels are less sure.
        case uncertain
        /// From each stratum by its size.
        case random
    }

    /// What was wished.
    public struct Settings: Sendable, Equatable, Codable {
        /// Sessions to draw in all.
        public var size: Int
        /// Sessions to draw, at least, of those that an intent was given first.
        public var perIntent: Int
        /// What the draw prefers.
        public var first: Preference
        /// What the slices are, such as `device`; empty without.
        public var by: String
        /// The reviewers' names.
        public var reviewers: [String]
        /// Reviewers that each session is given to.
        public var overlap: Int
        /// Whether the sheets do not tell what was given.
        public var isBlind: Bool
        /// Same seed, same sample.
        public var seed: UInt64

        /// One reviewer, 200 sessions of which at least 20 of each intent, the uncertain preferred, unless told otherwise.
        public init(
            size: Int = 200, perIntent: Int = 20, first: Preference = .uncertain, by: String = "", reviewers: [String] = ["reviewer"],
            overlap: Int = 1, isBlind: Bool = false, seed: UInt64 = 1
        ) {
            (self.size, self.perIntent, self.first, self.by) = (size, perIntent, first, by)
            (self.reviewers, self.overlap, self.isBlind, self.seed) = (reviewers, overlap, isBlind, seed)
        }
    }

    /// An intent that can be given.
    public struct Intent: Sendable, Equatable, Codable {
        /// Its id.
        public var id: String
        /// Its name.
        public var name: String
        /// When it holds.
        public var definition: String

        /// An intent in words.
        public init(id: String, name: String, definition: String) { (self.id, self.name, self.definition) = (id, name, definition) }
    }

    /// A part of the population from which sessions were drawn with one probability.
    public struct Stratum: Sendable, Equatable, Codable {
        /// The most probable intent given; empty where none is.
        public var label: String
        /// How sure the labels are; nil where bands were put together.
        public var band: Band?
        /// The slice.
        public var slice: String
        /// Its sessions (N).
        public var population: Int
        /// Those drawn (n).
        public var drawn: Int
        /// Sessions with each intent given.
        public var given: [String: Int]
        /// Sessions with each intent possible and not given.
        public var possible: [String: Int]
    }

    /// A session that was drawn.
    public struct Item: Sendable, Equatable, Codable {
        /// Its id.
        public var session: String
        /// Its stratum.
        public var stratum: Int
        /// Intents given, the most probable first.
        public var given: [String]
        /// Intents possible and not given.
        public var possible: [String]
        /// Numbers of the reviewers it is given to.
        public var reviewers: [Int]
        /// 1 / its probability to be drawn: sessions it stands for.
        public var weight: Double
        /// Its place in the ledger; 0 where it comes from a file.
        public var entry: Int
    }

    /// The format that this program writes.
    public static let newestVersion = 1

    /// The format.
    public var version = ReviewDesign.newestVersion
    /// SHA-256 of all else, hexadecimal.
    public internal(set) var id = ""
    /// What was wished.
    public internal(set) var settings: Settings
    /// Where the labels come from.
    public internal(set) var source: ReviewPopulation.Source
    /// The intents that can be given, in the taxonomy's order.
    public internal(set) var intents: [Intent]
    /// The parts of the population.
    public internal(set) var strata: [Stratum]
    /// The sample, in the order of the sheets, which says nothing of the labels: who reads only the first half has read a random half.
    public internal(set) var items: [Item]

    /// How the sheets call an item: the first digits of the design's id and a number from 1.
    public func name(of item: Int) -> String {
        let number = String(item + 1)
        return "\(id.prefix(8))-\(String(repeating: "0", count: max(0, 4 - number.count)))\(number)"
    }

    /// The number of an item of this design; nil for any other name.
    func number(of name: some StringProtocol) -> Int? {
        let parts = name.lowercased().split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == id.prefix(8), let number = Int(parts[1]), items.indices.contains(number - 1) else { return nil }
        return number - 1
    }

    // MARK: The file

    /// The bytes of `design.json`, the same for the same design.
    public var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Texts and finite numbers: nothing of this can be refused.
        return Array(try! encoder.encode(self)) + [0x0A]
    }

    /// The digest of everything but itself.
    var digest: String {
        var copy = self
        copy.id = ""
        return SHA256Digest.hex(of: copy.bytes)
    }

    /// Writes `design.json`, whole or not at all.
    public func write(to path: String, in fileSystem: FileSystem = .live) throws(ReviewError) {
        do { try AtomicFile.write(bytes, to: path, in: fileSystem) } catch { throw .file(error) }
    }

    /// Reads a design and checks that it is as it was written.
    public init(_ path: String, in fileSystem: FileSystem = .live) throws(ReviewError) {
        let bytes: [UInt8]
        do { bytes = try fileSystem.contents(of: path, limit: 1 << 30) } catch { throw .file(error) }
        try self.init(bytes: bytes, path: path)
    }

    /// Reads the bytes of a design; `path` is what messages call them.
    public init(bytes: [UInt8], path: String) throws(ReviewError) {
        struct Head: Decodable { var version: Int }
        guard let head = try? JSONDecoder().decode(Head.self, from: Data(bytes)) else {
            throw .notADesign(path: path, reason: "this is no design of a review")
        }
        guard head.version <= Self.newestVersion else {
            throw .notADesign(path: path, reason: "format \(head.version), and this program reads up to \(Self.newestVersion)")
        }
        guard let design = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
            throw .notADesign(path: path, reason: "this is no design of a review")
        }
        guard design.digest == design.id else { throw .notADesign(path: path, reason: "it was changed after it was drawn") }
        guard design.isSound else { throw .notADesign(path: path, reason: "its numbers contradict each other") }
        self = design
    }

    /// Whether every number leads somewhere, also in a design that somebody changed and signed anew by hand.
    private var isSound: Bool {
        let known = Set(intents.map(\.id))
        guard known.count == intents.count else { return false }
        var members = [[Item]](repeating: [], count: strata.count)
        for item in items {
            let named = item.given + item.possible
            guard strata.indices.contains(item.stratum), known.isSuperset(of: named), Set(named).count == named.count,
                item.reviewers.allSatisfy(settings.reviewers.indices.contains)
            else { return false }
            members[item.stratum].append(item)
        }
        for (stratum, items) in zip(strata, members) {
            guard (1...(1 << 40)).contains(stratum.population), (1...stratum.population).contains(stratum.drawn),
                items.count == stratum.drawn, known.isSuperset(of: stratum.given.keys), known.isSuperset(of: stratum.possible.keys)
            else { return false }
            for id in known {
                let all = stratum.given[id] ?? 0, open = stratum.possible[id] ?? 0
                let given = items.count { $0.given.contains(id) }, possible = items.count { $0.possible.contains(id) }
                guard given <= all, possible <= open, all <= stratum.population, open <= stratum.population - all,
                    items.count - given - possible <= stratum.population - all - open
                else { return false }
            }
        }
        return true
    }
}
