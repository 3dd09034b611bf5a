public import Audit

extension LedgerTamper {
    /// Every kind of change at the given places of a ledger.
    /// - Parameters:
    ///   - entries: entries in the ledger.
    ///   - heads: the places of its heads, in order.
    ///   - places: where single entries are changed; none of them the first or last.
    public static func all(entries: Int, heads: [Int], at places: [Int]) -> [LedgerTamper] {
        var tampers: [LedgerTamper] = []
        for place in [1] + places + [entries] { tampers += entryColumns.map { .editEntry(column: $0, at: place) } }
        for place in places {
            let partner = place + (entries - place) / 2
            tampers += [
                .delete(place...place), .delete(place...min(place + 7, entries - 1)), .deleteAndRenumber(place), .insertAndRenumber(place),
                .swapEntries(place, place + 1), .swapContents(place, place + 1), .truncate(after: place), .truncateWithHeads(after: place),
                .rewrite(place...place), .rewrite(place...min(place + 9, entries - 1)), .rewrite(place...entries),
                .rewriteWithHeads(from: place),
            ]
            if partner > place + 1 { tampers += [.swapEntries(place, partner), .swapContents(place, partner)] }
        }
        tampers += [.appendForged, .truncate(after: entries - 1), .truncateWithHeads(after: heads.dropLast().last ?? 1)]
        for head in Set([heads.first, heads[heads.count / 2], heads.last].compactMap { $0 }).sorted() {
            tampers += headColumns.map { .editHead(column: $0, at: head) } + [.deleteHead(head)]
        }
        return tampers
    }

    /// Whether the verification names what was done, and where, and nothing else.
    ///
    /// What was written anew with matching hashes can only be told up to the commit.
    /// - Parameter anchored: whether the verification had an anchor of the untouched ledger's end.
    public func isLocated(by verification: LedgerVerification, entries: Int, heads: [Int], anchored: Bool) -> Bool {
        let findings = verification.findings.filter { !$0.isWarning }
        let before = { (place: Int) in heads.last { $0 < place } ?? 0 }
        let after = { (place: Int) in heads.first { $0 > place } ?? entries }
        switch self {
        case .rewrite(let range):
            return findings.contains { $0.fault == .rewritten && $0.sequences.contains(range.lowerBound) }
                && findings.allSatisfy {
                    $0.fault == .rewritten && $0.sequences.lowerBound > before(range.lowerBound)
                        && $0.sequences.upperBound <= range.upperBound
                }
        case .rewriteWithHeads(let first):
            let rewritten = findings.filter { $0.fault == .rewritten }
            let edited = findings.filter { $0.fault == .editedHead }
            return rewritten.count + edited.count == findings.count && !edited.isEmpty
                && (edited + rewritten).allSatisfy { $0.sequences.lowerBound > before(first) }
                && (heads.filter { $0 >= first }.count < 2 || rewritten.contains { $0.sequences.contains(first) })
        case .truncateWithHeads(let last):
            let loose = before(last + 1) < last ? [Self.finding(.withoutHead, before(last + 1) + 1, last)] : []
            // Without an anchor what is between the last head left and the cut is all that shows.
            return findings == loose + (anchored ? [Self.finding(.truncated, last + 1, entries)] : [])
        default: return findings == expected(entries: entries, before: before, after: after)
        }
    }

    private static func finding(_ fault: LedgerFinding.Fault, _ first: Int, _ last: Int? = nil) -> LedgerFinding {
        LedgerFinding(fault: fault, sequences: first...(last ?? first))
    }

    /// What a verification must say of this change alone, of those whose findings are known to the place.
    public func expected(entries: Int, heads: [Int]) -> [LedgerFinding] {
        expected(
            entries: entries, before: { place in heads.last { $0 < place } ?? 0 }, after: { place in heads.first { $0 > place } ?? entries }
        )
    }

    private func expected(entries: Int, before: (Int) -> Int, after: (Int) -> Int) -> [LedgerFinding] {
        switch self {
        case .editEntry("seq", let place): return [Self.finding(.moved(from: place), place + Self.far)]
        case .editEntry("hash", let place): return [Self.finding(.editedHash, place)]
        case .editEntry("previous", let place): return [Self.finding(.editedPreviousHash, place)]
        case .editEntry(_, let place): return [Self.finding(.editedContent, place)]
        case .delete(let range): return [Self.finding(.missing, range.lowerBound, range.upperBound)]
        case .deleteAndRenumber(let place):
            return [Self.finding(.missing, place), Self.finding(.moved(from: place + 1), place, entries - 1)]
        case .insertAndRenumber(let place):
            return [Self.finding(.inserted, place), Self.finding(.moved(from: place), place + 1, entries + 1)]
        case .appendForged: return [Self.finding(.withoutHead, entries + 1)]
        case .swapEntries(let first, let second), .swapContents(let first, let second):
            return [Self.finding(.swapped(with: second), first)]
        case .truncate(let last): return [Self.finding(.truncated, last + 1, entries)]
        case .editHead("key", let place): return [Self.finding(.foreignKey, place)]
        case .editHead("seq", let place):
            let moved = Self.finding(.editedHead, place + Self.far)
            return place == entries ? [moved] : [Self.finding(.missingHead, before(place) + 1, after(place) - 1), moved]
        case .editHead(_, let place): return [Self.finding(.editedHead, place)]
        case .deleteHead(let place):
            return place == entries
                ? [Self.finding(.withoutHead, before(place) + 1, entries)]
                : [Self.finding(.missingHead, before(place) + 1, after(place) - 1)]
        default: return []
        }
    }
}
