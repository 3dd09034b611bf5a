internal import DurableFiles
internal import Evaluation
public import EventStream
internal import FoundationEssentials
public import IntentTaxonomy

extension ClassifierStudy {
    /// Reads what `tessera intents evaluate --json` prints.
    /// - Throws: ``StudyError/badStudy(file:reason:command:)`` for anything else, and for numbers that no study can have.
    public init(file: String) throws(StudyError) {
        let bytes: [UInt8]
        do { bytes = try FileSystem.live.contents(of: file, limit: 64 << 20) } catch { throw .file(error) }
        try self.init(json: bytes, place: file)
    }

    /// Reads a study from its JSON. `place` names it in messages.
    public init(json: [UInt8], place: String) throws(StudyError) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let study: ClassifierStudy
        do { study = try decoder.decode(ClassifierStudy.self, from: Data(json)) } catch {
            throw .badStudy(file: place, reason: "it is not what intents evaluate prints", command: Self.command(place))
        }
        // A file edited by hand may hold anything; drawings need numbers that a study can have.
        guard study.isPossible else {
            throw .badStudy(file: place, reason: "its numbers cannot be those of a study", command: Self.command(place))
        }
        self = study
    }

    private static func command(_ place: String) -> String { "tessera intents evaluate … --json > \(place)" }

    private var isPossible: Bool {
        func share(_ value: Double) -> Bool { value.isNaN || (0...1).contains(value) }
        func metric(_ value: MetricInterval) -> Bool {
            value.estimate.isNaN || (value.estimate.isFinite && value.lower.isFinite && value.upper.isFinite && value.lower <= value.upper)
        }
        let counts =
            [sessions, sharedVisitors, taughtVisitors] + intents.flatMap { [$0.support, $0.assigned] } + reliability.map(\.count)
            + confusion.joined()
        return !judgements.isEmpty && counts.allSatisfy { (0...1_000_000_000).contains($0) }
            && judgements.allSatisfy { own in
                let behind = [own.behindInAveragePrecision, own.behindInMicroF1].compactMap(\.self)
                return ([own.microF1, own.macroF1, own.meanAveragePrecision, own.calibrationError] + behind).allSatisfy(metric)
            }
            && intents.allSatisfy { metric($0.precision) && metric($0.recall) && share($0.f1) && share($0.averagePrecision) }
            && reliability.allSatisfy { share($0.probability) && metric($0.frequency) }
            && confusion.count == intents.count && confusion.allSatisfy { $0.count == intents.count }
            && [coverage, promisedCoverage, abstained].allSatisfy(share) && setSize.isFinite && setSize >= 0
            && Set(intents.map(\.intent)).count == intents.count
    }

    /// Refuses a study of another classifier or another corpus. A classifier packed since it was judged is the same.
    /// - Throws: ``StudyError/otherStudy(file:reason:command:)``.
    public func check(_ classifier: IntentClassifier, corpus: Corpus, place: String) throws(StudyError) {
        let settings = classifier.settings
        func refuse(_ reason: String) -> StudyError { .otherStudy(file: place, reason: reason, command: Self.command(place)) }
        guard taxonomy.digest == settings.taxonomy.digest else {
            throw refuse("it judged intents of another taxonomy than the classifier's")
        }
        guard self.corpus == corpus.digest else { throw refuse("it judged sessions of another corpus than \(corpus.path)") }
        guard encoder == settings.encoder else { throw refuse("it judged a classifier on another encoder") }
        // Thresholds are chosen anew in every training, and stay when it is packed.
        guard intents.map(\.intent) == settings.intents, intents.map({ Float($0.threshold) }) == settings.thresholds.map(Float.init) else {
            throw refuse("it judged another classifier")
        }
    }
}
