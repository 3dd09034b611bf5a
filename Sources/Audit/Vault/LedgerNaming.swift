/// Where outputs and evidence of a subject's entries hold words that tell who it is. These stay after an erasure.
public struct LedgerNaming: Sendable, Equatable {
    /// Entries of the subject that keep an output or evidence: decisions, reviews, approvals.
    public var kept = 0
    /// Those of them that hold one of the words.
    public var naming: [Int] = []

    /// Looks through all entries of a subject.
    /// - Parameter words: identifiers of the subject, in the form in which they may stand in an output. Empty ones are left out.
    public init(_ subject: [UInt8], _ words: [String], in ledger: Ledger) throws(LedgerError) {
        let words = words.filter { !$0.isEmpty }.map { Array($0.utf8) }
        var (kept, naming): (Int, [Int]) = (0, [])
        try ledger.read(LedgerSelection(subject: subject)) { entry in
            guard entry.kind != .erasure, !entry.output.isEmpty || !entry.evidence.isEmpty else { return }
            kept += 1
            if words.contains(where: { Self.holds(entry.output, $0) || Self.holds(entry.evidence, $0) }) { naming.append(entry.sequence) }
        }
        (self.kept, self.naming) = (kept, naming)
    }

    private static func holds(_ text: [UInt8], _ word: [UInt8]) -> Bool {
        guard text.count >= word.count else { return false }
        return (0...(text.count - word.count)).contains { start in
            text[start] == word[0] && text[start..<(start + word.count)].elementsEqual(word)
        }
    }
}
