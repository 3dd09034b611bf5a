/// Finds the records of one applicant that a history keeps: before the decision, latest items, latest records of each. Memory is reused.
struct HistoryWalk: Sendable {
    /// A kept record.
    struct Record {
        /// Place of its table in the history.
        var table: Int
        /// Its row in the table.
        var row: Int
        /// Microseconds since the record before it, whatever its table; -1 for the first of all.
        var gap: Int64
    }

    /// What was kept and what was not.
    struct Counts: Sendable, Equatable, Codable {
        /// Records at or after the decision: never read.
        var afterDecision = 0
        /// Records before it that later ones crowd out.
        var crowdedOut = 0
        /// Records kept.
        var kept = 0
        /// Items kept.
        var items = 0
    }

    /// Kept records, oldest first.
    private(set) var records: [Record] = []
    /// Records of each kept item, oldest first.
    private(set) var items: [Int32] = []
    private(set) var counts = Counts()
    private var ends: [Int] = []

    /// Walks one history of one applicant.
    /// - Parameter tables: numbers of the history's tables in the examples.
    mutating func walk(_ examples: FrameworkExamples, _ applicant: Int, _ history: FrameworkConfiguration.History, _ tables: [Int]) {
        records.removeAll(keepingCapacity: true)
        items.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        let decision = examples.decisions[applicant]
        var left = 0
        for table in tables {
            let rows = examples.ranges[table][applicant]
            let end = Self.firstRow(examples.records[table].columns.times, rows, notBefore: decision)
            counts.afterDecision += rows.upperBound - end
            left += end - rows.lowerBound
            ends.append(end)
        }
        // From the latest record back, so that no more is looked at than is kept.
        let limit = history.pause == nil ? 1 : history.records
        var size = 0
        var current = take(examples, applicant, tables)
        while let record = current {
            let before = take(examples, applicant, tables)
            var gap: Int64 = -1
            if let before {
                gap =
                    examples.records[tables[record.table]].columns.times[record.row]
                    - examples.records[tables[before.table]].columns.times[before.row]
            }
            if size < limit {
                records.append(Record(table: record.table, row: record.row, gap: gap))
                size += 1
            }
            if before == nil || history.pause.map({ Double(gap) / 1e6 > $0 }) ?? true {
                items.append(Int32(size))
                size = 0
                if items.count == history.items { break }
            }
            current = before
        }
        records.reverse()
        items.reverse()
        counts.kept += records.count
        counts.crowdedOut += left - records.count
        counts.items += items.count
    }

    /// The latest record not yet taken; of records of one time the one of the last table.
    private mutating func take(_ examples: FrameworkExamples, _ applicant: Int, _ tables: [Int]) -> (table: Int, row: Int)? {
        var best: Int?
        var latest = Int64.min
        for (place, table) in tables.enumerated() where ends[place] > examples.ranges[table][applicant].lowerBound {
            let time = examples.records[table].columns.times[ends[place] - 1]
            if best == nil || time >= latest { (best, latest) = (place, time) }
        }
        guard let best else { return nil }
        ends[best] -= 1
        return (best, ends[best])
    }

    private static func firstRow(_ times: [Int64], _ rows: Range<Int>, notBefore time: Int64) -> Int {
        var (low, high) = (rows.lowerBound, rows.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Begins to count anew.
    mutating func forgetCounts() { counts = Counts() }
}
