internal import DurableFiles
public import Evaluation
internal import FoundationEssentials
public import IntentTaxonomy

/// Everything that an audit report says of a classifier of intents, as values: what is written as JSON, compared with the last one, and
/// shown as a page by ``AuditReport``.
public struct AuditDossier: Sendable, Codable {
    /// A model that takes part.
    public struct Model: Sendable, Equatable, Codable {
        /// What it does.
        public var kind: String
        /// Its id.
        public var id: String
        /// What it was trained for; empty where nobody said.
        public var purposes: [Purpose]
        /// The seed of its training.
        public var seed: UInt64
    }

    /// An export file.
    public struct SourceFile: Sendable, Equatable, Codable {
        /// Its name, without its folder.
        public var name: String
        /// Its size.
        public var bytes: Int
        /// Its SHA-256.
        public var sha256: String

        /// A file of its parts.
        public init(name: String, bytes: Int, sha256: String) { (self.name, self.bytes, self.sha256) = (name, bytes, sha256) }
    }

    /// Where the data come from.
    public struct Lineage: Sendable, Equatable, Codable {
        /// Export files that somebody named.
        public var files: [SourceFile]
        /// Digest of the corpus.
        public var corpus: String
        /// Events, sessions and visitors.
        public var events, sessions, visitors: Int
        /// Refused rows by reason.
        public var rejects: [String: Int]
        /// Repetitions dropped.
        public var duplicates: Int
        /// Rows left out by rules of the mapping.
        public var skipped: [String: Int]
        /// The first and last event, ISO 8601; nil without times.
        public var from, to: String?
        /// Fields that the encoder reads.
        public var fields: [String]
        /// Fields of which the classifier reads plain facts; nil where it reads embeddings alone.
        public var facts: [String]?
        /// What of the export was replaced by keyed digests.
        public var pseudonymised: [String]
        /// Digest of the labels that taught, and annotations by annotator.
        public var labels: String
        /// Annotations by annotator.
        public var annotators: [String: Int]
        /// Labelled sessions that taught, and their visitors.
        public var taughtSessions, taughtVisitors: Int
        /// Which sessions were left for the test, in words.
        public var split: String
    }

    /// The taxonomy and its approval.
    public struct TaxonomyPart: Sendable, Equatable, Codable {
        /// Which one.
        public var reference: TaxonomyReference
        /// Whether it is approved as it is.
        public var state: ApprovalState
        /// By whom, when, and with which note.
        public var by, at, note: String?
        /// Intents that can be assigned, that are sensitive, and that are prohibited for a purpose.
        public var intents, sensitive, prohibited: Int
        /// Intents that are not told, and why.
        public var heldBack: [String: String]
        /// Every suspension after a review there ever was, and its end; nil in dossiers of earlier programs.
        public var suspensions: [IntentSuspensions.Entry]?
        /// Names of all intents that can be assigned, by id.
        public var names: [String: String]
        /// Ids of the intents that are told; nil in dossiers of earlier programs, whose names are of these.
        public var told: [String]?
        /// Intents that are sensitive, or prohibited for a purpose.
        public var restricted: [RestrictedIntent]?
    }

    /// An intent that the taxonomy says must be handled with care.
    public struct RestrictedIntent: Sendable, Equatable, Codable {
        /// Its id.
        public var intent: String
        /// Whether it is sensitive.
        public var isSensitive: Bool
        /// Purposes for which the taxonomy prohibits it.
        public var prohibitedFor: [String]
        /// Whether this classifier tells it.
        public var isTold: Bool
    }

    /// How well intents are told.
    public struct Performance: Sendable, Codable {
        /// What was judged on, in words.
        public var judgedOn: String
        /// Sessions judged.
        public var sessions: Int
        /// The classifier first, then baselines.
        public var judgements: [IntentStudy.Judgement]
        /// Intent by intent.
        public var intents: [IntentStudy.IntentRow]
        /// Probability against frequency.
        public var reliability: [IntentStudy.ReliabilityBin]
        /// Share of sessions whose set holds every present intent, and the share promised; nil where nobody counted.
        public var coverage, promisedCoverage: Double?
    }

    /// What the classifier says of all sessions.
    public struct Serving: Sendable, Equatable, Codable {
        /// Sessions.
        public var sessions: Int
        /// Share without an intent; by visitor.
        public var abstained: MetricInterval
        /// The same in the earlier and in the later period; nil without periods.
        public var abstainedFirst, abstainedSecond: MetricInterval?
        /// Sessions by assigned intent.
        public var assigned: [String: Int]
    }

    /// What a ledger holds and whether it is whole.
    public struct LedgerPart: Sendable, Equatable, Codable {
        /// Its entries.
        public var entries = 0
        /// Entries by kind and by purpose.
        public var kinds, purposes: [String: Int]
        /// Decisions of the classifier that this page is about.
        public var decisions = 0
        /// The first and last entry, ISO 8601.
        public var from, to: String?
        /// Whether nothing is wrong with it, and whether its heads are signed.
        public var isIntact, isSigned: Bool
        /// What is wrong, one sentence each.
        public var findings: [String]
        /// Intents that it says are suspended for this classifier.
        public var suspended: [String]?
        /// Who signed it.
        public var keys: [Key]?
        /// Anchors that were compared, which were kept elsewhere.
        public var anchors: Int?
        /// What a walk over the file cannot tell.
        public var warnings: [String]?
        /// Review verdicts by word.
        public var verdicts: [String: Int]

        /// A key that signed the ledger.
        public struct Key: Sendable, Equatable, Codable {
            /// Its public half, hexadecimal.
            public var key: String
            /// The entry from which on it signed.
            public var since: Int
            /// Whether whoever wrote the report knew it from elsewhere.
            public var isTrusted: Bool

            /// A key of its parts.
            public init(key: String, since: Int, isTrusted: Bool) { (self.key, self.since, self.isTrusted) = (key, since, isTrusted) }
        }

        /// Whether somebody who is known signed it.
        public var isVouchedFor: Bool { keys?.contains(where: \.isTrusted) ?? false }

        /// A ledger of nothing, to be filled.
        public init(isIntact: Bool, isSigned: Bool) {
            (kinds, purposes, findings, verdicts) = ([:], [:], [], [:])
            (self.isIntact, self.isSigned) = (isIntact, isSigned)
        }
    }

    /// One thing that differs from the last report.
    public struct Change: Sendable, Equatable, Codable {
        /// What it is.
        public var what: String
        /// As it was, and as it is.
        public var before, after: String
        /// What that means, in words.
        public var reading: String
    }

    /// The form this program writes.
    public static let version = 1
    /// The form of this file.
    public var formatVersion = AuditDossier.version
    /// When it was made, ISO 8601.
    public var madeAt: String
    /// The program.
    public var program: String
    /// Whether nobody is behind the data.
    public var isSynthetic: Bool
    /// What only people can say.
    public var inventory: ModelInventory
    /// What it is checked for; nil where nobody said.
    public var purpose: Purpose?
    /// By which rules.
    public var rules: PurposeRecord.Rules?
    /// What they refuse.
    public var breaches: [PurposeBreach]
    /// The encoder, then the classifier, then those of other seeds.
    public var models: [Model]
    /// Where the data come from.
    public var lineage: Lineage
    /// What the intents mean, and who approved that.
    public var taxonomy: TaxonomyPart
    /// Nil where there are no labels to judge by.
    public var performance: Performance?
    /// What is said of all sessions.
    public var serving: Serving
    /// The first moment of the later period, ISO 8601; nil where sessions were not parted.
    public var boundary: String?
    /// What has moved from one period to the other.
    public var stability: StabilityStudy?
    /// How groups fare; nil where no field was named.
    public var groups: GroupStudy?
    /// Whether reasons are stable; nil for a dossier that is not finished.
    public var reasons: ReasonStability?
    /// Decisions on record; nil where no ledger was given.
    public var ledger: LedgerPart?
    /// When the last report was made; nil where none was given.
    public var previousAt: String?
    /// What differs from it.
    public var changes: [Change]

    /// As JSON with sorted keys.
    public var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        // Our own values hold nothing that JSON cannot say.
        guard let bytes = try? encoder.encode(self) else { preconditionFailure("AuditDossier: cannot be encoded") }
        return Array(bytes) + [0x0A]
    }

    /// Reads what ``json`` gave.
    /// - Throws: ``StudyError/badStudy(file:reason:command:)`` for anything else.
    public init(file: String) throws(StudyError) {
        let bytes: [UInt8]
        do { bytes = try FileSystem.live.contents(of: file, limit: 64 << 20) } catch { throw .file(error) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let command = "tessera audit report … --json > \(file)"
        struct Head: Decodable { let formatVersion: Int }
        guard let head = try? decoder.decode(Head.self, from: Data(bytes)) else {
            throw .badStudy(file: file, reason: "it is not what audit report prints", command: command)
        }
        guard (1...Self.version).contains(head.formatVersion) else {
            throw .badStudy(file: file, reason: "format \(head.formatVersion), this program reads up to \(Self.version)", command: command)
        }
        do { self = try decoder.decode(AuditDossier.self, from: Data(bytes)) } catch {
            throw .badStudy(file: file, reason: "it is not what audit report prints", command: command)
        }
    }

    init(madeAt: String, program: String, inventory: ModelInventory, lineage: Lineage, taxonomy: TaxonomyPart, serving: Serving) {
        (self.madeAt, self.program, self.inventory, self.lineage) = (madeAt, program, inventory, lineage)
        (self.taxonomy, self.serving) = (taxonomy, serving)
        (isSynthetic, breaches, models, changes) = (false, [], [], [])
    }
}
