internal import DurableFiles

/// A verification as a person reads it: is the ledger whole, who signed it, and if it is not whole, what was done to it and where.
public struct LedgerVerdict: Sendable, Encodable {
    /// One thing that is wrong.
    public struct Finding: Sendable, Encodable, Equatable {
        /// What was done, in words.
        public var what: What
        /// The first and the last entry concerned; 0 where it concerns the file.
        public var first, last: Int
        /// Place and fault.
        public var text: String
    }

    /// What was done to a ledger.
    public enum What: String, Sendable, Encodable, CaseIterable {
        case cutOff = "cut off at the end"
        case edited = "edited"
        case rewritten = "written anew"
        case removed = "removed"
        case reordered = "reordered"
        case inserted = "inserted"
        case heads = "signatures"
        case keys = "keys"
        case anchors = "anchors"
        case file = "file"
        case clock = "clock"
    }

    /// A key that was in force.
    public struct Key: Sendable, Encodable, Equatable {
        /// 64 hexadecimal digits.
        public var key: String
        /// The entry from which on it signed.
        public var since: Int
        /// Whether it is among the trusted ones.
        public var trusted: Bool
    }

    /// Whether nothing is wrong.
    public var intact: Bool
    /// Entries and commits read.
    public var entries, commits: Int
    /// The earliest and the latest time of an entry; nil for none.
    public var from, to: String?
    /// The last entry's hash.
    public var lastHash: String
    /// Who signed.
    public var keys: [Key]
    /// Anchors that were compared.
    public var anchors: Int
    /// What is wrong, and clocks that went back.
    public var findings: [Finding]
    /// Findings beyond those kept.
    public var findingsLeftOut: Int
    /// Clocks that went back, beyond those kept.
    public var clocksLeftOut: Int
    /// What the verification could not tell, and what to do about it.
    public var warnings: [String]

    /// The verdict on a verification with these options.
    public init(_ verification: LedgerVerification, _ options: LedgerVerification.Options) {
        intact = verification.isIntact
        entries = verification.entries
        commits = verification.heads
        from = verification.times.map { LedgerTime.text($0.lowerBound) }
        to = verification.times.map { LedgerTime.text($0.upperBound) }
        lastHash = SHA256Digest.hex(verification.lastHash)
        keys = zip(verification.keys, verification.keyPlaces).map {
            Key(key: $0.hex, since: $1, trusted: options.trustedKeys.contains($0))
        }
        anchors = options.anchors.count
        findings = verification.findings.map {
            Finding(
                what: Self.what($0.fault), first: $0.sequences.lowerBound, last: $0.sequences.upperBound, text: $0.description)
        }
        findingsLeftOut = verification.findingsLeftOut
        clocksLeftOut = verification.warningsLeftOut
        warnings = []
        if keys.isEmpty {
            warnings.append("the ledger is not signed: whoever can write the file could have written all of it anew; sign it with a key")
        } else if options.trustedKeys.isEmpty {
            warnings.append("no trusted key was given, so the keys that the file itself names were taken; give your public key with --key")
        }
        if anchors == 0 {
            warnings.append("no anchor was given: a ledger cut at a commit, signature and all, looks whole; keep anchors elsewhere")
        }
    }

    private static func what(_ fault: LedgerFinding.Fault) -> What {
        switch fault {
        case .editedContent, .editedHash, .editedPreviousHash: .edited
        case .rewritten: .rewritten
        case .missing: .removed
        case .moved, .swapped: .reordered
        case .inserted, .withoutHead: .inserted
        case .truncated: .cutOff
        case .editedHead, .missingHead, .foreignKey: .heads
        case .editedKey, .missingKey, .unprovenKey, .untrusted: .keys
        case .anchorOfAnotherLedger, .forgedAnchor: .anchors
        case .unreadable, .missingFromSchema, .changedInSchema, .foreignInSchema, .editedIdentity, .damagedPages: .file
        case .clockWentBack: .clock
        }
    }

    /// Findings that a person reads; the others are in the JSON.
    private static let mostShown = 40

    /// A dozen lines, the verdict first.
    /// - Parameter place: the ledger's path.
    public func text(_ place: String) -> String {
        let faults = findings.filter { $0.what != .clock }
        var lines: [String] = []
        let period = from.flatMap { from in to.map { ", from \(from) to \($0)" } } ?? ""
        lines.append("\(place): \(intact ? "WHOLE" : "BROKEN")")
        lines.append("  \(Self.count(entries)) entries in \(Self.count(commits)) commits\(period)")
        for key in keys {
            lines.append("  signed from entry \(Self.count(key.since)) on by \(key.key)\(key.trusted ? ", which you trust" : "")")
        }
        if keys.isEmpty { lines.append("  not signed") }
        if anchors > 0 {
            let wrong = faults.contains { $0.what == .anchors || $0.what == .cutOff || $0.what == .rewritten }
            lines.append("  \(anchors) anchor\(anchors == 1 ? "" : "s") compared\(wrong ? "" : ", all agree")")
        }
        if intact {
            lines.append("  every entry is what was appended, in its place; the last has the hash \(lastHash)")
        } else {
            let kinds = What.allCases.filter { kind in faults.contains { $0.what == kind } }
            let total = faults.count + findingsLeftOut
            lines.append("  \(Self.count(total)) finding\(total == 1 ? "" : "s"): " + kinds.map(\.rawValue).joined(separator: ", "))
            if kinds == [.cutOff] { lines.append("  what is left was not edited: entries are missing at the end and nowhere else") }
        }
        // Faults before clocks.
        let shown = (faults + findings.filter { $0.what == .clock }).prefix(Self.mostShown)
        for finding in shown { lines.append("  \(finding.what.rawValue): \(finding.text)") }
        let rest = findings.count - shown.count + findingsLeftOut
        if rest > 0 { lines.append("  and \(Self.count(rest)) findings more; --json shows up to \(LedgerVerification.mostFindings)") }
        if clocksLeftOut > 0 { lines.append("  and \(Self.count(clocksLeftOut)) times more a clock went back") }
        return lines.joined(separator: "\n")
    }

    private static func count(_ value: Int) -> String {
        let digits = String(value)
        return String(
            digits.enumerated().flatMap { ($0.offset > 0 && (digits.count - $0.offset).isMultiple(of: 3) ? "," : "") + String($0.element) })
    }
}
