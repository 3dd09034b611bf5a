/// One thing that is wrong with a ledger, and where.
public struct LedgerFinding: Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public enum Fault: Sendable, Equatable {
        /// Fields of these entries were changed; their hashes are the old ones.
        case editedContent
        /// The hashes of these entries were changed; their content is what was hashed.
        case editedHash
        /// The copies of the hash before were changed.
        case editedPreviousHash
        /// These entries were removed from the middle.
        case missing
        /// The entries at these places are others: the first of them was written at this place.
        case moved(from: Int)
        /// This entry and another have changed places.
        case swapped(with: Int)
        /// These entries were never appended by the ledger.
        case inserted
        /// These entries are missing at the end: a head or an anchor knows of them.
        case truncated
        /// One or more of these entries were written anew, with hashes to match.
        case rewritten
        /// From here on the file cannot be read.
        case unreadable
        /// These entries stand after the last head: heads were removed, or entries were added from outside.
        case withoutHead
        /// The head of this commit was changed or its signature forged.
        case editedHead
        /// The head of a commit between these places was removed.
        case missingHead
        /// The head of this commit is signed by a key that was not in force.
        case foreignKey
        /// The row of the key introduced here was changed or never belonged here.
        case editedKey
        /// The row of the key introduced here is missing.
        case missingKey
        /// This entry introduces a key without being signed by the one before.
        case unprovenKey
        /// None of the keys you trust ever signed this ledger.
        case untrusted
        /// An anchor is of another ledger.
        case anchorOfAnotherLedger
        /// An anchor's own signature is wrong.
        case forgedAnchor
        /// A table, index or trigger is missing.
        case missingFromSchema(String)
        /// A table, index or trigger is not what the ledger made.
        case changedInSchema(String)
        /// A table, index, view or trigger does not belong to the ledger.
        case foreignInSchema(String)
        /// The row that identifies the ledger was changed or is not the only one.
        case editedIdentity
        /// SQLite finds the file's pages or indexes at odds with the tables, so that a search may leave entries out.
        case damagedPages
        /// A warning: the clock went back by so many microseconds before this entry.
        case clockWentBack(by: Int64)
    }

    /// What is wrong.
    public var fault: Fault
    /// The places of the entries concerned; 0 where it concerns the file.
    public var sequences: ClosedRange<Int>

    /// A fault at some places.
    public init(fault: Fault, sequences: ClosedRange<Int>) {
        self.fault = fault
        self.sequences = sequences
    }

    /// Whether it may happen without anybody's intent, and proves nothing.
    public var isWarning: Bool {
        if case .clockWentBack = fault { return true }
        return false
    }

    /// Place and fault in one line.
    public var description: String {
        let (first, last) = (sequences.lowerBound, sequences.upperBound)
        let entries = first == last ? "entry \(first)" : "entries \(first) to \(last)"
        switch fault {
        case .editedContent: return "\(entries): edited; the content is not what was hashed"
        case .editedHash: return "\(entries): the stored hash was edited; the content is what was appended"
        case .editedPreviousHash: return "\(entries): the stored hash of the entry before was edited"
        case .missing: return "\(entries): missing, removed from the middle"
        case .moved(let origin):
            return "\(entries): moved; what stands here was written as entry \(origin)" + (first == last ? "" : " and on")
        case .swapped(let other): return "\(entries): swapped with entry \(other)"
        case .inserted: return "\(entries): inserted from outside"
        case .truncated: return "\(entries): missing at the end; a head or an anchor knows of them"
        case .rewritten: return "\(entries): one or more were written anew, with hashes to match"
        case .unreadable: return "from entry \(first) on: the file is damaged and cannot be read"
        case .withoutHead: return "\(entries): after the last head; heads were removed or entries added from outside"
        case .editedHead: return "the head at entry \(first)\(first == last ? "" : " to \(last)"): edited, or its signature is forged"
        case .missingHead: return "a head between entries \(first) and \(last): missing"
        case .foreignKey: return "the head at entry \(first): signed by a key that was not in force"
        case .editedKey: return "the key introduced by entry \(first): edited, or no such entry introduced it"
        case .missingKey: return "the key introduced by entry \(first): missing from the table of keys"
        case .unprovenKey: return "entry \(first): introduces a key that the key before did not sign"
        case .untrusted: return "none of the trusted keys ever signed this ledger"
        case .anchorOfAnotherLedger: return "the anchor of entry \(first): is of another ledger"
        case .forgedAnchor: return "the anchor of entry \(first): no key of this ledger signed it"
        case .missingFromSchema(let name): return "table, index or trigger \(Self.shown(name)): missing"
        case .changedInSchema(let name): return "table, index or trigger \(Self.shown(name)): changed"
        case .foreignInSchema(let name): return "\(Self.shown(name)): does not belong to a ledger"
        case .editedIdentity: return "the row that identifies the ledger: edited"
        case .damagedPages: return "pages or indexes of the file: at odds with the tables"
        case .clockWentBack(let distance): return "\(entries): the clock went back by \(distance) µs before (a warning)"
        }
    }

    /// A name from a file that somebody may have tampered with: only what cannot disturb a terminal.
    private static func shown(_ name: String) -> String {
        String(name.unicodeScalars.prefix(60).map { $0.value > 32 && $0.value < 127 ? Character($0) : "?" })
    }
}
