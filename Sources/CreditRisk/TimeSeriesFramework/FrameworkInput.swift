package import SequenceKernel

/// Some applicants as the network reads them; memory of the caller's workspace.
package struct FrameworkInput {
    /// Records of one table, or fixed features.
    package struct Fields: BitwiseCopyable {
        /// Records (N).
        package let count: Int
        /// Rows in the one table of vectors, `[N, F]`.
        package let places: UnsafeMutablePointer<Int32>
        /// Numbers of the fields, `[N, F]`.
        let codes: UnsafeMutablePointer<Int32>
        /// Floats beside them, `[N, S]`.
        package let floats: UnsafeMutablePointer<Float>
        /// Fields of a record (F).
        let width: Int
        /// Floats of a record (S).
        let floatCount: Int

        /// The number of a field in a record.
        func code(_ record: Int, _ field: Int) -> Int32 { codes[record * width + field] }
    }

    /// Items of one history, sequences of records.
    struct Sequences: BitwiseCopyable {
        let records: Int
        let itemCount: Int
        /// Place of each record's table in the history, `[N]`.
        let types: UnsafeMutablePointer<Int32>
        /// Where items begin, `[S + 1]`.
        let itemStarts: UnsafeMutablePointer<Int32>
        /// Where applicants begin, `[B + 1]`.
        let applicantStarts: UnsafeMutablePointer<Int32>
        let applicantCount: Int

        /// Records of items.
        var items: SequenceOffsets { SequenceOffsets(itemStarts, count: itemCount) }
        /// Items of applicants.
        var applicants: SequenceOffsets { SequenceOffsets(applicantStarts, count: applicantCount) }
    }

    /// Applicants (B).
    package let count: Int
    package let profile: Fields
    /// By table.
    package let tables: WorkspaceList<Fields>
    /// By history.
    let histories: WorkspaceList<Sequences>

    /// Some applicants of `source`.
    package init(
        _ encoder: FrameworkEncoder, _ source: EncodedHistories, _ applicants: some RandomAccessCollection<Int>, _ workspace: Workspace
    ) {
        count = applicants.count
        profile = Self.gather(encoder.profile, source.profile, applicants, nil, workspace)
        var tables = WorkspaceList<Fields>(capacity: source.tables.count, in: workspace)
        for table in source.tables.indices {
            tables.append(Self.gather(encoder.fields[table], source.tables[table], applicants, source.offsets[table], workspace))
        }
        self.tables = tables
        var histories = WorkspaceList<Sequences>(capacity: source.histories.count, in: workspace)
        for place in source.histories.indices { histories.append(Self.gather(source.histories[place], applicants, workspace)) }
        self.histories = histories
    }

    private static func gather(
        _ set: FieldSet, _ source: EncodedRows, _ applicants: some RandomAccessCollection<Int>, _ offsets: [Int]?, _ workspace: Workspace
    ) -> Fields {
        func rows(_ applicant: Int) -> Range<Int> { offsets.map { $0[applicant]..<$0[applicant + 1] } ?? applicant..<applicant + 1 }
        let width = set.fields.count
        var count = 0
        for applicant in applicants { count += rows(applicant).count }
        let result = Fields(
            count: count, places: workspace.integers(count * width), codes: workspace.integers(count * width),
            floats: workspace.floats(count * set.width), width: width, floatCount: set.width)
        // An applicant's records lie together: whole stretches are copied.
        source.codes.withUnsafeBufferPointer { codes in
            source.floats.withUnsafeBufferPointer { floats in
                set.bases.withUnsafeBufferPointer { bases in
                    var row = 0
                    for applicant in applicants {
                        let own = rows(applicant)
                        guard !own.isEmpty else { continue }
                        if width > 0 {
                            let target = result.codes + row * width, places = result.places + row * width
                            target.update(from: codes.baseAddress! + own.lowerBound * width, count: own.count * width)
                            for record in 0..<own.count {
                                for field in 0..<width { places[record * width + field] = bases[field] + target[record * width + field] }
                            }
                        }
                        if set.width > 0 {
                            (result.floats + row * set.width).update(
                                from: floats.baseAddress! + own.lowerBound * set.width, count: own.count * set.width)
                        }
                        row += own.count
                    }
                }
            }
        }
        return result
    }

    private static func gather(
        _ source: EncodedHistories.Sequences, _ applicants: some RandomAccessCollection<Int>, _ workspace: Workspace
    ) -> Sequences {
        var (records, items) = (0, 0)
        for applicant in applicants {
            let own = source.applicants[applicant]..<source.applicants[applicant + 1]
            items += own.count
            records += source.items[own.upperBound] - source.items[own.lowerBound]
        }
        let result = Sequences(
            records: records, itemCount: items, types: workspace.integers(records), itemStarts: workspace.integers(items + 1),
            applicantStarts: workspace.integers(applicants.count + 1), applicantCount: applicants.count)
        var (record, item) = (0, 0)
        result.itemStarts[0] = 0
        result.applicantStarts[0] = 0
        for (place, applicant) in applicants.enumerated() {
            for own in source.applicants[applicant]..<source.applicants[applicant + 1] {
                for row in source.items[own]..<source.items[own + 1] {
                    result.types[record] = source.types[row]
                    record += 1
                }
                item += 1
                result.itemStarts[item] = Int32(record)
            }
            result.applicantStarts[place + 1] = Int32(item)
        }
        return result
    }
}
