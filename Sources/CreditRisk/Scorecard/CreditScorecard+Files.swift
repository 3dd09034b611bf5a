public import DurableFiles
internal import SequenceKernel

/// A scorecard as a directory: that of its network (``FrameworkModel``, ``IntentionHabitModel``, ``PreServiceModel``), and beside it
///
/// ```
/// scorecard.json         configuration, hand-made features, calibration, who was set aside
/// stacked*.json          the business model, by each seed; without-sequence.json, logistic.json, perceptron.*, forest*.json: baselines
/// model-card.json, .md   what the run says of the model, for machines and for people
/// ```
extension CreditScorecard {
    private static let detailsFile = "scorecard.json"
    static let cardFile = "model-card.json"
    static let cardText = "model-card.md"

    /// Writes the directory whole or not at all.
    /// - Parameter extra: further files by name; the id covers them, too. Names of its own files are not taken.
    /// - Returns: the id.
    /// - Throws: what the network's writing throws; ``CreditBaselineError``.
    @discardableResult
    public func write(
        to path: String, with extra: [String: [UInt8]] = [:], replacing: Bool = false, in fileSystem: FileSystem = .live
    ) throws -> String {
        var files = [
            Self.detailsFile: ModelFolder.json(details, isIndented: false), Self.cardFile: card.bytes(),
            Self.cardText: Array(card.markdown.utf8),
        ]
        for (name, model) in models { files.merge(try model.files(name)) { own, _ in own } }
        files.merge(extra) { own, _ in own }
        return try scorer.write(to: path, with: files, replacing: replacing, in: fileSystem)
    }

    private var models: [(String, CreditBaseline)] {
        [
            ("stacked", stacked), ("without-sequence", withoutSequence), ("logistic", logistic), ("perceptron", perceptron),
            ("forest", forest),
        ]
            + others.enumerated().map { ("stacked-\($0 + 2)", $1) }
    }

    /// Reads a directory, checking version, sizes, digests and that its parts fit together.
    /// - Parameter threads: that predictions may use; they do not depend on it.
    /// - Throws: ``ScorecardError/folder(_:)``, and what the network's reading throws.
    public init(_ path: String, threads: Int = 1, in fileSystem: FileSystem = .live) throws {
        let parts = try Self.checked(path, fileSystem)
        let scorer = try SequenceScorer(path, parts.details.configuration, parts.folder, in: fileSystem)
        do throws(SealedFolder.Fault) { self = try Self.read(parts, scorer, threads: threads) } catch {
            throw ScorecardError.folder(error)
        }
    }

    private struct Opened {
        let folder: ModelFolder
        let details: Details
        let card: CreditModelCard
    }

    private static func checked(_ path: String, _ fileSystem: FileSystem) throws -> Opened {
        do throws(SealedFolder.Fault) { return try opened(path, fileSystem) } catch { throw ScorecardError.folder(error) }
    }

    private static func opened(_ path: String, _ fileSystem: FileSystem) throws(SealedFolder.Fault) -> Opened {
        let folder = try open(path, fileSystem)
        guard folder.holds(detailsFile) else {
            throw .otherKind(path: path, found: "a network without a scorecard", wanted: "what `tessera credit train` wrote")
        }
        let details = try folder.decoded(Details.self, detailsFile)
        guard (try? details.configuration.validate()) != nil else {
            throw folder.damaged(detailsFile, "its configuration is not possible")
        }
        guard details.features.isWhole(details.configuration), (0..<1).contains(details.judges.share),
            details.reference.allSatisfy({ (0...1).contains($0) })
        else { throw folder.damaged(detailsFile, "features or parts that no training gives") }
        let bytes = try folder.contents(cardFile)
        do throws(RiskReportError) { return Opened(folder: folder, details: details, card: try CreditModelCard(bytes: bytes)) } catch {
            throw folder.damaged(cardFile, "it is no card")
        }
    }

    /// The folder of whichever network is in it.
    private static func open(_ path: String, _ fileSystem: FileSystem) throws(SealedFolder.Fault) -> ModelFolder {
        var last = SealedFolder.Fault.notThere(path: path)
        for preset in CreditConfiguration.Preset.allCases {
            let own = SequenceScorer.folder(of: preset)
            do throws(SealedFolder.Fault) {
                return try ModelFolder(path, kind: own.kind, newestVersion: own.version, in: fileSystem)
            } catch {
                guard case .otherKind = error else { throw error }
                last = error
            }
        }
        if case .otherKind(let path, let found, _) = last {
            throw .otherKind(path: path, found: found, wanted: "a scorecard")
        }
        throw last
    }

    private static func read(
        _ parts: Opened, _ scorer: SequenceScorer, threads: Int
    ) throws(SealedFolder.Fault) -> CreditScorecard {
        let (folder, details) = (parts.folder, parts.details)
        let stacked = try CreditBaseline(folder, "stacked", threads: threads)
        var others: [CreditBaseline] = []
        for number in 1..<max(1, details.configuration.business.seeds) {
            others.append(try CreditBaseline(folder, "stacked-\(number + 1)", threads: threads))
        }
        let plain = try CreditBaseline(folder, "without-sequence", threads: threads)
        let logistic = try CreditBaseline(folder, "logistic", threads: threads)
        let perceptron = try CreditBaseline(folder, "perceptron", threads: threads)
        let forest = try CreditBaseline(folder, "forest", threads: threads)
        let names = stacked.encoding.columns.map(\.name)
        guard names.last == HandMadeFeatures.score, others.allSatisfy({ $0.encoding.columns.map(\.name) == names }),
            [plain, logistic, perceptron, forest].allSatisfy({ $0.encoding.columns.map(\.name) == Array(names.dropLast()) })
        else { throw folder.damaged("stacked.json", "its models read other columns than one another") }
        return CreditScorecard(
            details: details, card: parts.card, id: folder.id, scorer: scorer, stacked: stacked, others: others, withoutSequence: plain,
            logistic: logistic, perceptron: perceptron, forest: forest)
    }
}
