#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// One thing that happened and must be provable: a decision, a human review, an erasure.
///
/// Once appended an entry never changes. Holds no names: the subject is a pseudonym, the input a digest and, where the policy says so,
/// sealed bytes that only the subject's key opens (``SubjectVault``). Output and evidence stay readable after an erasure, as the decision
/// must stay provable and the chain whole: who records must see to it that they tell what was decided, by a pseudonym at most, and neither
/// a name nor an identifier. ``LedgerNaming`` finds where they do. What would still tell of the subject belongs into the input.
public struct LedgerEntry: Sendable, Equatable {
    /// What happened.
    public enum Kind: Int64, Sendable, Equatable, CaseIterable {
        /// A label, rank or score was given.
        case decision = 1
        /// A person judged a decision.
        case review = 2
        /// A subject's key was destroyed; written by ``SubjectVault``.
        case erasure = 3
        /// The ledger is signed by another key from here on; written by ``Ledger/rotate(to:)``.
        case keyRotation = 4
        /// A label or model may not be used until it is approved again.
        case suspension = 5
        /// A model, taxonomy or label may be used.
        case approval = 6
        /// Anything else that a later reader should know.
        case note = 7

        /// In words.
        public var name: String {
            switch self {
            case .decision: "decision"
            case .review: "review"
            case .erasure: "erasure"
            case .keyRotation: "signing key"
            case .suspension: "suspension"
            case .approval: "approval"
            case .note: "note"
            }
        }
    }

    /// What the subject had agreed to at that time.
    public enum Consent: Int64, Sendable, Equatable, CaseIterable {
        /// Not known.
        case unknown = 0
        /// Agreed.
        case given = 1
        /// Asked, and did not agree.
        case refused = 2
        /// Agreed once and took it back.
        case withdrawn = 3
        /// This purpose needs no consent.
        case notNeeded = 4

        /// What a word of an export means, whatever its case: GA4's `Yes` and `No`, Adobe's `y` and `n`, `granted`, `denied` and the like.
        /// Words that say nothing clear are ``unknown``.
        public init(word: String) {
            self =
                switch word.lowercased() {
                case "yes", "y", "true", "1", "in", "given", "granted", "accepted", "allow_all": .given
                case "no", "n", "false", "0", "out", "refused", "denied", "rejected", "deny_all": .refused
                case "withdrawn", "revoked": .withdrawn
                case "not-needed", "not_needed", "exempt": .notNeeded
                default: .unknown
                }
        }

        /// In words.
        public var name: String {
            switch self {
            case .unknown: "not known"
            case .given: "given"
            case .refused: "refused"
            case .withdrawn: "withdrawn"
            case .notNeeded: "not needed"
            }
        }
    }

    /// The place in the ledger, from 1. ``Ledger/append(_:)-(LedgerEntry)`` gives it; 0 before.
    public var sequence = 0
    /// Microseconds since 1970, UTC, by the clock of the machine that decided.
    public var time: Int64
    /// What happened.
    public var kind: Kind
    /// What it was done for, such as `marketing` or `credit`.
    public var purpose: String
    /// The program, account or role that did it.
    public var actor: String
    /// The pseudonymous digest of whom it concerns; empty for nobody.
    public var subject: [UInt8]
    /// The digest of the model; empty where none took part.
    public var model: [UInt8]
    /// The digest of the taxonomy; empty where none took part.
    public var taxonomy: [UInt8]
    /// The version of the program.
    public var software: String
    /// What the subject had agreed to.
    public var consent: Consent
    /// The digest of the input, that of ``SealedInput``; empty where none is recorded. A digest without a sealed salt tells what the input was
    /// to whoever can guess it, and no erasure helps.
    public var inputDigest: [UInt8]
    /// The input as the vault sealed it; nil where it is not kept.
    public var sealedInput: [UInt8]?
    /// What was decided, byte for byte as it was given out.
    public var output: [UInt8]
    /// Why.
    public var evidence: [UInt8]

    /// An entry of this moment, unless another time is given.
    /// - Parameter time: microseconds since 1970.
    public init(
        _ kind: Kind, purpose: String, actor: String, time: Int64 = LedgerEntry.now(), subject: [UInt8] = [], model: [UInt8] = [],
        taxonomy: [UInt8] = [], software: String = "", consent: Consent = .unknown, inputDigest: [UInt8] = [],
        sealedInput: [UInt8]? = nil, output: [UInt8] = [], evidence: [UInt8] = []
    ) {
        self.kind = kind
        self.purpose = purpose
        self.actor = actor
        self.time = time
        self.subject = subject
        self.model = model
        self.taxonomy = taxonomy
        self.software = software
        self.consent = consent
        self.inputDigest = inputDigest
        self.sealedInput = sealedInput
        self.output = output
        self.evidence = evidence
    }

    /// Microseconds since 1970 by this machine's clock.
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// The bytes of one field, at most: 16 MiB.
    public static let largestField = 1 << 24

    /// Whether every field is within ``largestField``.
    var fits: Bool {
        let largest = max(
            max(purpose.utf8.count, actor.utf8.count, software.utf8.count), max(subject.count, model.count, taxonomy.count),
            max(inputDigest.count, sealedInput?.count ?? 0, output.count, evidence.count))
        return largest <= Self.largestField
    }
}
