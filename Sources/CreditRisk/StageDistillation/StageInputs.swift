internal import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Some applicants as a network reads them; memory of the caller's.
struct StageInput {
    /// Standardised profile, `[B, C]`.
    let profile: Rows
    /// Records of each stage that is read.
    let streams: [Records]

    /// Records of one stage.
    struct Records {
        /// Numbers of the words of each category, `[C]` of `[N]`: 0 missing, 1 unknown.
        let words: [UnsafeMutablePointer<Int32>]
        /// Standardised numbers, then distance from the decision and from the record before, `[N, M]`.
        let numbers: Rows
        /// Records of applicants.
        let offsets: SequenceOffsets
    }
}

/// What a network is given: the profile and the records of one stage (a student) or of both (a teacher).
package struct StageSource: Sendable {
    let profile: ProfileFeatures
    let streams: [StageColumns]

    /// What a student may read.
    package init(_ examples: PreServiceExamples) {
        profile = examples.profile
        streams = examples.records.map { [$0.columns] } ?? []
    }

    /// What a teacher reads.
    package init(_ examples: InServiceExamples) {
        profile = examples.preService.profile
        streams = (examples.preService.records.map { [$0.columns] } ?? []) + [examples.records.columns]
    }

    var count: Int { profile.count }
}

/// What stands between records and a network, fitted on those learnt from.
struct StreamInputs: Sendable, Equatable, Codable {
    let fields: RecordFields
    /// Known words of each category, rising; the first is number 2.
    let words: [[String]]
    let numbers: ProfileScale
    /// Latest records of an applicant that are read.
    let longest: Int

    /// - Parameter rareBelow: words that came less often are as good as unknown, so that the unknown one is learnt, too.
    init(_ columns: StageColumns, longest: Int, rareBelow: Int) {
        fields = columns.fields
        self.longest = longest
        words = columns.words.indices.map { field in
            var counts = [Int](repeating: 0, count: columns.words[field].count)
            for number in columns.categories[field] where number >= 0 { counts[Int(number)] += 1 }
            return columns.words[field].indices.filter { counts[$0] >= rareBelow }.map { columns.words[field][$0] }.sorted()
        }
        numbers = ProfileScale(width: fields.numbers.count, [columns.numbers])
    }

    /// Floats of a record beside its embeddings: numbers, flags of missing ones, two distances in time.
    var numberWidth: Int { numbers.width + 2 }

    var isWhole: Bool {
        numbers.isWhole && numbers.means.count == fields.numbers.count && words.count == fields.categories.count && longest > 0
            && words.allSatisfy { Set($0).count == $0.count }
    }

    /// For each word of a table its number here.
    func translation(_ columns: StageColumns) -> [[Int32]] {
        zip(columns.words, words).map { found, known in
            let numbers = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, Int32($0) + 2) })
            return found.map { numbers[$0] ?? 1 }
        }
    }
}

/// What stands between examples and a network.
package struct StageInputs: Sendable, Equatable, Codable {
    let profile: ProfileScale
    let streams: [StreamInputs]

    package init(_ source: StageSource, _ settings: StageDistillationSettings) {
        profile = ProfileScale(width: source.profile.names.count, [source.profile.values])
        streams = source.streams.map { StreamInputs($0, longest: settings.longestRecords, rareBelow: settings.rareBelow) }
    }
}

/// Examples beside the inputs of a network, translated once.
package struct StageReader: Sendable {
    let source: StageSource
    let inputs: StageInputs
    private let translations: [[[Int32]]]

    package init(_ source: StageSource, _ inputs: StageInputs) {
        (self.source, self.inputs) = (source, inputs)
        translations = zip(source.streams, inputs.streams).map { $1.translation($0) }
    }

    var count: Int { source.count }

    /// Some applicants as the network reads them, in the workspace.
    func input(_ applicants: some RandomAccessCollection<Int>, _ workspace: Workspace) -> StageInput {
        let columns = inputs.profile.means.count
        let profile = workspace.rows(applicants.count, inputs.profile.width)
        source.profile.values.withUnsafeBufferPointer { values in
            for (place, applicant) in applicants.enumerated() {
                inputs.profile.write(values.baseAddress! + applicant * columns, to: profile[place])
            }
        }
        return StageInput(
            profile: profile,
            streams: source.streams.indices.map {
                Self.records(source.streams[$0], inputs.streams[$0], translations[$0], applicants, workspace)
            })
    }

    private static func records(
        _ source: StageColumns, _ inputs: StreamInputs, _ translation: [[Int32]], _ applicants: some RandomAccessCollection<Int>,
        _ workspace: Workspace
    ) -> StageInput.Records {
        let bounds = workspace.integers(applicants.count + 1)
        var count = 0
        bounds[0] = 0
        for (place, applicant) in applicants.enumerated() {
            count += min(inputs.longest, source.starts[applicant + 1] - source.starts[applicant])
            bounds[place + 1] = Int32(count)
        }
        let words = translation.map { _ in workspace.integers(max(1, count)) }
        let numbers = workspace.rows(count, inputs.numberWidth)
        let width = inputs.fields.numbers.count
        let year = log1p(Float(365))
        source.numbers.withUnsafeBufferPointer { values in
            for (place, applicant) in applicants.enumerated() {
                let end = source.starts[applicant + 1], kept = Int(bounds[place + 1] - bounds[place])
                for index in 0..<kept {
                    let record = end - kept + index, row = Int(bounds[place]) + index
                    for field in words.indices {
                        let word = source.categories[field][record]
                        words[field][row] = word < 0 ? 0 : translation[field][Int(word)]
                    }
                    let line = numbers[row]
                    if width > 0 { inputs.numbers.write(values.baseAddress! + record * width, to: line) }
                    // Distances in days, so that a year is 1.
                    let before = record == source.starts[applicant] ? 0 : abs(source.distances[record] - source.distances[record - 1])
                    line[inputs.numbers.width] = log1p(Float(source.distances[record]) / 86_400) / year
                    line[inputs.numbers.width + 1] = log1p(Float(before) / 86_400) / year
                }
            }
        }
        return StageInput.Records(
            words: words, numbers: numbers, offsets: SequenceOffsets(bounds, count: applicants.count))
    }
}
