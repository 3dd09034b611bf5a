internal import DurableFiles

/// Everything a ledger holds about one subject, readable: what a person may ask for (GDPR article 15).
public struct SubjectAccount: Sendable, Encodable {
    /// One entry.
    public struct Item: Sendable, Encodable {
        /// The place in the ledger.
        public var sequence: Int
        /// When, UTC.
        public var time: String
        /// What happened.
        public var kind: String
        /// What for, and who did it.
        public var purpose, actor: String
        /// What the subject had agreed to.
        public var consent: String
        /// Version of the program; digests of model and taxonomy, nil where none took part.
        public var software: String
        public var model, taxonomy: String?
        /// What became of the input.
        public var inputState: InputState
        /// The input, where it was opened.
        public var input: String?
        /// What was decided and why, as text; bytes that are no text as hexadecimal digits.
        public var output, evidence: String?
    }

    /// What became of an entry's input.
    public enum InputState: String, Sendable, Encodable {
        /// The policy was not to keep it.
        case notKept = "not kept"
        /// Kept, and no key was given that opens it.
        case sealed
        /// Kept and opened.
        case opened
        /// Its key is destroyed.
        case erased
        /// The vault cannot open it: its key is not there, or the bytes are not what was sealed.
        case unreadable
    }

    /// The pseudonym, as hexadecimal digits.
    public var subject: String
    /// The entries, in the order of the ledger.
    public var items: [Item]

    /// Collects what there is.
    /// - Parameter vault: opens inputs; without it they are told as sealed or, where an erasure came after them, as erased.
    public init(of subject: [UInt8], in ledger: Ledger, vault: SubjectVault?) throws(LedgerError) {
        self.subject = SHA256Digest.hex(subject)
        let entries = try ledger.entries(LedgerSelection(subject: subject))
        let lastErasure = entries.last { $0.kind == .erasure }?.sequence ?? 0
        var items: [Item] = []
        for entry in entries {
            var input: String?
            var state = InputState.notKept
            if entry.sealedInput != nil, SealedInput.Form(of: entry) != .salt {
                state = entry.sequence < lastErasure ? .erased : .sealed
                if state == .sealed, let vault { (state, input) = try Self.open(entry, vault) }
            }
            var evidence = Self.text(entry.evidence)
            if let receipt = ErasureReceipt(entry, hash: []) {
                evidence = "\(receipt.keys) keys destroyed, \(receipt.entries) inputs erased"
            }
            items.append(
                Item(
                    sequence: entry.sequence, time: LedgerTime.text(entry.time), kind: entry.kind.name, purpose: entry.purpose,
                    actor: entry.actor, consent: entry.consent.name, software: entry.software, model: Self.digits(entry.model),
                    taxonomy: Self.digits(entry.taxonomy), inputState: state, input: input, output: Self.text(entry.output),
                    evidence: evidence))
        }
        self.items = items
    }

    private static func open(_ entry: LedgerEntry, _ vault: SubjectVault) throws(LedgerError) -> (InputState, String?) {
        do throws(LedgerError) { return (.opened, text(try vault.open(entry).input) ?? "") } catch {
            switch error.kind {
            case .erased: return (.erased, nil)
            case .notStored, .damaged: return (.unreadable, nil)
            default: throw error
            }
        }
    }

    private static func digits(_ digest: [UInt8]) -> String? { digest.isEmpty ? nil : SHA256Digest.hex(digest) }

    private static func text(_ bytes: [UInt8]) -> String? {
        bytes.isEmpty ? nil : String(validating: bytes, as: UTF8.self) ?? SHA256Digest.hex(bytes)
    }

    // MARK: As text

    /// Markdown: a summary, and a section for each entry.
    public var text: String {
        func count(_ state: InputState) -> Int { items.count { $0.inputState == state } }
        var lines = ["# What is held about subject \(subject)", ""]
        guard let first = items.first, let last = items.last else { return (lines + ["Nothing."]).joined(separator: "\n") }
        lines.append("\(items.count) entries, from \(first.time) to \(last.time).")
        lines.append(
            "Inputs: \(count(.opened)) shown below, \(count(.sealed)) sealed\(count(.sealed) > 0 ? " (no vault key was given)" : ""), \(count(.erased)) erased, "
                + "\(count(.unreadable)) unreadable, \(count(.notKept)) not kept.")
        for item in items {
            lines += ["", "## Entry \(item.sequence), \(item.time): \(item.kind)", ""]
            let rows: [(String, String?)] = [
                ("purpose", item.purpose), ("done by", item.actor), ("consent", item.consent), ("software", item.software),
                ("model", item.model), ("taxonomy", item.taxonomy), ("output", item.output), ("evidence", item.evidence),
                ("input", item.input ?? item.inputState.rawValue),
            ]
            for case (let name, let value?) in rows where !value.isEmpty { lines.append("- \(name): \(Self.shown(value))") }
        }
        return lines.joined(separator: "\n")
    }

    /// Text from a file that cannot disturb a terminal: line ends as spaces, other control characters as question marks.
    private static func shown(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control: result.append(scalar == "\n" || scalar == "\t" || scalar == "\r" ? " " : "?")
            case .format, .lineSeparator, .paragraphSeparator: result.append("?")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
