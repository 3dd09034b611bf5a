extension ChainWalk {
    /// Tells what happened to the entries that did not agree, from all that is known at the end.
    func decide() throws(LedgerError) {
        for place in suspects.indices where suspects[place].verdict == .open {
            let entry = suspects[place]
            let said = entry.nextPrevious ?? entry.headHash
            if said == entry.computed, entry.stored != entry.computed { suspects[place].verdict = .editedHash }
        }
        try findOrigins()
        let moved = suspects.filter { $0.origin != nil }
        let origins = Set(moved.compactMap(\.origin))
        let movedPlaces = Set(moved.map(\.place))

        // Where the chain ended before anybody touched it, as far as entries tell.
        let knownEnd = heads.knownEnd
        let unmoved = suspects.filter { $0.origin == nil && (knownEnd == 0 || $0.place <= knownEnd) }.map(\.place)
        let lastGood = max(unmoved.max() ?? 0, origins.max() ?? 0, knownEnd == 0 ? lastConsistent : min(lastConsistent, knownEnd))

        tellSuspects(origins: origins, lastGood: knownEnd == 0 ? Int.max : max(knownEnd, lastGood))
        tellMissing(origins: origins, movedPlaces: movedPlaces, lastGood: lastGood)
        for place in outside { add(.inserted, place) }
        if knownEnd > lastGood { add(.truncated, lastGood + 1, to: knownEnd) }
        let end = heads.lastHead
        if lastConsistent > end, !origins.contains(lastConsistent) { add(.withoutHead, end + 1, to: lastConsistent) }
        tellBreaks(origins: origins)
        // Where a sound entry from outside stands in another's place, the head there speaks of the other.
        for range in heads.rewritten where !origins.contains(range.upperBound) { add(.rewritten, range.lowerBound, to: range.upperBound) }
        result.findingsLeftOut += suspectsLeftOut
    }

    private func tellSuspects(origins: Set<Int>, lastGood: Int) {
        let origin = Dictionary(
            suspects.compactMap { entry in entry.origin.map { (entry.place, $0) } }, uniquingKeysWith: { first, _ in first })
        var run: (first: Int, last: Int, shift: Int)?
        func endRun() {
            if let ended = run { add(.moved(from: ended.first + ended.shift), ended.first, to: ended.last) }
            run = nil
        }
        for entry in suspects {
            if let from = entry.origin {
                if origin[from] == entry.place {
                    if entry.place < from { add(.swapped(with: from), entry.place) }
                    continue
                }
                if let current = run, current.shift == from - entry.place, current.last + 1 == entry.place {
                    run = (current.first, entry.place, current.shift)
                } else {
                    endRun()
                    run = (entry.place, entry.place, from - entry.place)
                }
                continue
            }
            switch entry.verdict {
            case .editedHash: add(.editedHash, entry.place)
            case .editedPreviousHash: add(.editedPreviousHash, entry.place)
            default:
                let isForeign = entry.place < 1 || entry.place > lastGood || origins.contains(entry.place)
                add(isForeign ? .inserted : .editedContent, entry.place)
            }
        }
        endRun()
        // A sound entry in a place where another was written.
        let suspectPlaces = Set(suspects.map(\.place))
        for place in origins
        where !suspectPlaces.contains(place) && place <= lastConsistent && !gaps.contains(where: { $0.contains(place) }) {
            add(.inserted, place)
        }
    }

    /// Places that hold no entry, but for those whose entry stands elsewhere.
    private func tellMissing(origins: Set<Int>, movedPlaces: Set<Int>, lastGood: Int) {
        var empty = gaps.filter { $0.lowerBound <= lastGood }.map { $0.lowerBound...min($0.upperBound, lastGood) }
        // Two moved entries cannot both stand where a third was; a place that a moved entry took counts as empty.
        empty += movedPlaces.filter { $0 >= 1 && $0 <= lastGood }.map { $0...$0 }
        empty.sort { $0.lowerBound < $1.lowerBound }
        var missing: [ClosedRange<Int>] = []
        func note(_ range: ClosedRange<Int>) {
            if let last = missing.last, last.upperBound + 1 >= range.lowerBound {
                missing[missing.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                missing.append(range)
            }
        }
        let sorted = origins.sorted()
        for range in empty {
            var first = range.lowerBound
            for origin in sorted where range.contains(origin) {
                if origin > first { note(first...(origin - 1)) }
                first = origin + 1
            }
            if first <= range.upperBound { note(first...range.upperBound) }
        }
        for range in missing { add(.missing, range.lowerBound, to: range.upperBound) }
    }

    private func tellBreaks(origins: Set<Int>) {
        for (place, lastGoodHead) in breaks {
            if place == 1 {
                add(.editedIdentity, 0)
            } else if !origins.contains(place - 1), !heads.rewritten.contains(where: { $0.contains(place - 1) }) {
                add(.rewritten, min(lastGoodHead + 1, place - 1), to: place - 1)
            }
        }
    }

    /// Looks for the suspects' places among one another's and among those that are empty.
    private func findOrigins() throws(LedgerError) {
        let open = suspects.indices.filter { suspects[$0].verdict == .open }
        guard !open.isEmpty else { return }
        var candidates = open.map { suspects[$0].place }
        for gap in gaps where candidates.count < 2000 { candidates += gap.prefix(2000 - candidates.count) }
        guard candidates.count > 1, open.count * candidates.count <= 300_000 else { return }
        let columns = (EntryBytes.columns + ["previous", "hash"]).joined(separator: ", ")
        let row = try database.prepare("SELECT \(columns) FROM entries WHERE seq = ?")
        for index in open {
            let entry = suspects[index]
            try row.bind(Int64(entry.place), at: 1)
            defer { row.reset() }
            guard try row.step() else { continue }
            for (number, candidate) in candidates.enumerated() where candidate != entry.place {
                var isFound = hash(of: row, at: candidate) == entry.stored
                if !isFound, number < open.count {
                    // The content alone was moved, the hashes stayed.
                    let other = suspects[open[number]]
                    isFound = hash(of: row, at: candidate, after: other.previous) == other.stored
                }
                if isFound {
                    suspects[index].verdict = .moved(from: candidate)
                    break
                }
            }
        }
    }
}
