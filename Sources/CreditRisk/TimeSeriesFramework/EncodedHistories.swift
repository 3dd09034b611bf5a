/// Records of one table as numbers and floats.
package struct EncodedRows: Sendable, Equatable {
    /// Numbers of the fields, `[N, F]`: see ``FieldCode``.
    package internal(set) var codes: [Int32] = []
    /// Standardised floats beside them, `[N, S]`; 0 where missing.
    package internal(set) var floats: [Float] = []
    /// Records (N).
    package internal(set) var count = 0

    mutating func append(_ other: EncodedRows) {
        codes += other.codes
        floats += other.floats
        count += other.count
    }

    mutating func removeAll() {
        codes.removeAll(keepingCapacity: true)
        floats.removeAll(keepingCapacity: true)
        count = 0
    }
}

/// Applicants as the network reads them, packed: what an encoder makes of ``FrameworkExamples``.
package struct EncodedHistories: Sendable, Equatable {
    /// A sequence for each applicant.
    package struct Sequences: Sendable, Equatable {
        /// Place of each record's table in the history, `[N]`.
        package internal(set) var types: [Int32] = []
        /// Records of items: where each begins, `[S + 1]`.
        package internal(set) var items: [Int] = [0]
        /// Items of applicants: where each begins, `[B + 1]`.
        package internal(set) var applicants: [Int] = [0]

        mutating func append(_ other: Sequences) {
            let (first, firstItem) = (types.count, items.count - 1)
            types += other.types
            items += other.items.dropFirst().map { $0 + first }
            applicants += other.applicants.dropFirst().map { $0 + firstItem }
        }

        mutating func removeAll() {
            types.removeAll(keepingCapacity: true)
            items.removeAll(keepingCapacity: true)
            applicants.removeAll(keepingCapacity: true)
            items.append(0)
            applicants.append(0)
        }
    }

    /// Fixed features, a record for each applicant.
    package internal(set) var profile = EncodedRows()
    /// By table: the kept records, each applicant's oldest first.
    package internal(set) var tables: [EncodedRows]
    /// By table: where each applicant's records begin, `[B + 1]`.
    package internal(set) var offsets: [[Int]]
    /// By history.
    package internal(set) var histories: [Sequences]
    /// Applicants (B).
    package internal(set) var count = 0

    init(tables: Int, histories: Int) {
        self.tables = Array(repeating: EncodedRows(), count: tables)
        offsets = Array(repeating: [0], count: tables)
        self.histories = Array(repeating: Sequences(), count: histories)
    }

    /// Adds the applicants of another list of the same encoder.
    mutating func append(_ other: EncodedHistories) {
        profile.append(other.profile)
        for place in tables.indices {
            let first = tables[place].count
            tables[place].append(other.tables[place])
            offsets[place] += other.offsets[place].dropFirst().map { $0 + first }
        }
        for place in histories.indices { histories[place].append(other.histories[place]) }
        count += other.count
    }

    /// Forgets the applicants and keeps the memory.
    mutating func removeAll() {
        profile.removeAll()
        for place in tables.indices {
            tables[place].removeAll()
            offsets[place].removeAll(keepingCapacity: true)
            offsets[place].append(0)
        }
        for place in histories.indices { histories[place].removeAll() }
        count = 0
    }
}
