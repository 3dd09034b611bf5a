internal import DurableFiles
internal import Evaluation
public import EventStream
internal import FoundationEssentials

extension HeadToHead {
    /// A judged table as a file keeps it.
    public struct Study: Sendable, Equatable, Codable {
        /// What was judged.
        public let task: Task
        /// Digest of the corpus whose sessions were read.
        public let corpus: String
        /// Id of the encoder; nil without one.
        public let encoder: String?
        /// Decisions that each row learnt from.
        public let learnt: Int
        /// Runs of each row.
        public let seeds: Int
        /// The table.
        public let table: Table
        /// Pictures of the last row.
        public let pictures: Pictures?

        /// A study.
        public init(
            task: Task, corpus: String, encoder: String?, learnt: Int, seeds: Int, table: Table, pictures: Pictures?
        ) {
            (self.task, self.corpus, self.encoder, self.learnt) = (task, corpus, encoder, learnt)
            (self.seeds, self.table, self.pictures) = (seeds, table, pictures)
        }

        /// As a file.
        public var json: [UInt8] {
            get throws {
                let encoder = JSONEncoder()
                encoder.keyEncodingStrategy = .convertToSnakeCase
                encoder.nonConformingFloatEncodingStrategy = .convertToString(
                    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
                encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
                return Array(try encoder.encode(self)) + [0x0A]
            }
        }
    }
}

extension HeadToHead.Study {
    /// Reads what `tessera evaluate tiles|conversion --out` writes.
    /// - Throws: ``StudyError/badStudy(file:reason:command:)`` for anything else, and for numbers that no study can have.
    public init(file: String, task: HeadToHead.Task) throws(StudyError) {
        let bytes: [UInt8]
        do { bytes = try FileSystem.live.contents(of: file, limit: 64 << 20) } catch { throw .file(error) }
        try self.init(json: bytes, task: task, place: file)
    }

    /// Reads a study from its JSON. `place` names it in messages.
    public init(json: [UInt8], task: HeadToHead.Task, place: String) throws(StudyError) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let command = Self.command(task, place)
        let study: HeadToHead.Study
        do { study = try decoder.decode(HeadToHead.Study.self, from: Data(json)) } catch {
            throw .badStudy(file: place, reason: "it is not what evaluate \(task.rawValue) writes", command: command)
        }
        guard study.task == task else {
            throw .badStudy(file: place, reason: "it is a study of \(study.task.rawValue)", command: command)
        }
        // A file edited by hand may hold anything; drawings need numbers that a study can have.
        guard study.isPossible else { throw .badStudy(file: place, reason: "its numbers cannot be those of a study", command: command) }
        self = study
    }

    /// Refuses a study of another corpus or another encoder.
    /// - Parameter encoder: id of the model at hand.
    /// - Throws: ``StudyError/otherStudy(file:reason:command:)``.
    public func check(corpus: Corpus, encoder: String, place: String) throws(StudyError) {
        guard self.corpus == corpus.digest else {
            throw .otherStudy(
                file: place, reason: "it read sessions of another corpus than \(corpus.path)", command: Self.command(task, place))
        }
        guard self.encoder == nil || self.encoder == encoder else {
            throw .otherStudy(file: place, reason: "its embeddings are those of another encoder", command: Self.command(task, place))
        }
    }

    private static func command(_ task: HeadToHead.Task, _ place: String) -> String { "tessera evaluate \(task.rawValue) … --out \(place)" }

    private var isPossible: Bool {
        let names = table.lines.map(\.name)
        return (0...1_000_000_000).contains(learnt) && (1...1_000_000).contains(seeds)
            && (1...1_000_000_000).contains(table.decisions) && (1...table.decisions).contains(table.customers)
            && (1...1000).contains(names.count) && Set(names).count == names.count
            && table.lines.allSatisfy { line in [line.metrics, line.changes, line.sharesOfPossible].allSatisfy(Self.arePossible) }
            && [table.priceOfTransparency, table.distilledOverSupplied, table.embeddingOverSupplied].allSatisfy(Self.arePossible)
            && (pictures.map { $0.isPossible && names.contains($0.row) } ?? true)
    }

    /// Ends in order, as far as they are numbers, and none that a picture could not hold.
    private static func arePossible(_ values: [String: MetricInterval]) -> Bool {
        values.values.allSatisfy { value in
            (value.lower.isNaN || value.upper.isNaN || value.lower <= value.upper)
                && [value.estimate, value.lower, value.upper].allSatisfy { !$0.isFinite || $0.magnitude <= 1e9 }
        }
    }
}

extension HeadToHead.Pictures {
    fileprivate var isPossible: Bool {
        func share(_ value: Double) -> Bool { (0...1).contains(value) }
        func count(_ value: Int) -> Bool { (0...1_000_000_000).contains(value) }
        return calibration.allSatisfy { bin in
            share(bin.probability) && count(bin.count) && share(bin.frequency.estimate) && share(bin.frequency.lower)
                && share(bin.frequency.upper) && bin.frequency.lower <= bin.frequency.upper
        }
            && lift.count <= 1000
            && lift.allSatisfy { row in
                (1...1_000_000_000).contains(row.examples) && (0...Double(row.examples)).contains(row.positives) && share(row.rate)
                    && row.lift.isFinite && row.lift >= 0 && (0...1.000001).contains(row.captured) && share(row.lowestScore)
            }
            && (homePages?.isPossible ?? true)
    }
}

extension HeadToHead.HomePages {
    fileprivate var isPossible: Bool {
        [better, worse].allSatisfy { $0 >= 0 } && (0...1_000_000_000).contains(linked) && better <= linked && worse <= linked - better
            && examples.count <= 1000
            && examples.allSatisfy { own in
                (1...1000).contains(own.tiles.count) && own.tiles.contains(where: \.isClicked)
                    && own.tiles.allSatisfy { (0...1).contains($0.probability) }
                    && [own.rank, own.baselineRank].allSatisfy { (1...own.tiles.count).contains($0) }
                    && own.intents.allSatisfy { (0...1).contains($0.probability) }
                    && own.daysSinceSession.isFinite && own.daysSinceSession >= 0
            }
    }
}
