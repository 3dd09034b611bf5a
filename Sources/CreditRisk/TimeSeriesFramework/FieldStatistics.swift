/// Collects what a ``FieldSet`` is fitted on: counts of categories, means and deviations of floats, of the records learnt from alone.
struct FieldStatistics {
    private var fields: [EncodedField]
    private let missingCodes: Bool
    /// By field: how often each text of its column was seen.
    private var seen: [[Int]]
    /// By field and float.
    private var moments: [[Moments]]

    /// Sums shifted by the first value: sums of squares of large numbers would leave a remainder where nothing varies.
    private struct Moments {
        var count = 0.0
        var shift = 0.0
        var sum = 0.0
        var squares = 0.0

        mutating func add(_ value: Float) {
            let value = Double(value)
            if count == 0 { shift = value }
            count += 1
            sum += value - shift
            squares += (value - shift) * (value - shift)
        }

        var scale: (mean: Float, scale: Float) {
            let moved = sum / max(1, count), mean = shift + moved
            let variance = squares / max(1, count) - moved * moved
            let varies = variance > 0 && variance.squareRoot() > 1e-7 * abs(mean)
            return (Float(mean), varies ? Float(1 / variance.squareRoot()) : 0)
        }
    }

    /// Of a table's records: its fields, and the intervals that every record has.
    init(_ table: FrameworkConfiguration.Table, missingCodes: Bool) {
        var fields: [EncodedField] = table.categorical.enumerated().map { EncodedField(name: $1, source: .category($0)) }
        fields += table.numeric.enumerated().map { EncodedField(name: $1, source: .number($0)) }
        let intervals: [(String, EncodedField.Interval)] =
            [("since previous", .sincePrevious), ("until decision", .untilDecision)]
            + table.times.enumerated().map { ($1, .sinceMoment($0)) }
        fields += intervals.map { EncodedField(name: $0, source: .interval($1)) }
        fields += intervals.map { EncodedField(name: "\($0), bucket", source: .bucket($1)) }
        fields += table.vectors.enumerated().map { EncodedField(name: $1.name, source: .vector($0)) }
        self.init(fields, missingCodes, widths: table.vectors.map(\.columns.count))
    }

    /// Of applicants: their fixed features.
    init(_ applicants: FrameworkConfiguration.Applicants, missingCodes: Bool) {
        let categorical = applicants.categorical.enumerated().map { EncodedField(name: $1, source: .category($0)) }
        self.init(
            categorical + applicants.numeric.enumerated().map { EncodedField(name: $1, source: .number($0)) }, missingCodes, widths: [])
    }

    private init(_ fields: [EncodedField], _ missingCodes: Bool, widths: [Int]) {
        (self.fields, self.missingCodes) = (fields, missingCodes)
        seen = Array(repeating: [], count: fields.count)
        moments = fields.map { field in
            switch field.source {
            case .number, .interval: [Moments()]
            case .vector(let column): Array(repeating: Moments(), count: widths[column])
            case .category, .bucket: []
            }
        }
    }

    /// Counts a record.
    mutating func add(_ record: FieldSet.Record) {
        for (place, field) in fields.enumerated() {
            switch field.source {
            case .category(let column):
                if seen[place].isEmpty { seen[place] = Array(repeating: 0, count: record.shared.columns.texts[column].count) }
                let text = record.shared.columns.categories[column][record.row]
                if text >= 0 { seen[place][Int(text)] += 1 }
            case .number, .interval:
                let value = record.scalar(field.source)
                if !value.isNaN { moments[place][0].add(value) } else if !missingCodes { moments[place][0].add(0) }
            case .bucket: break
            case .vector(let column):
                let width = moments[place].count, start = record.row * width
                guard !record.shared.columns.vectors[column][start].isNaN else { continue }
                for float in 0..<width { moments[place][float].add(record.shared.columns.vectors[column][start + float]) }
            }
        }
    }

    /// What was counted: categories seen often enough, the most frequent first and among equals in the order of their texts.
    func fitted(_ columns: RecordColumns, _ settings: FrameworkSettings) -> FieldSet {
        FieldSet(
            fields.enumerated().map { place, field in
                var field = field
                field.means = moments[place].map(\.scale.mean)
                field.scales = moments[place].map(\.scale.scale)
                if case .category(let column) = field.source {
                    let frequent = zip(columns.texts[column], seen[place]).filter { $0.1 >= settings.leastCount }
                    let ordered = frequent.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
                    field.categories = ordered.prefix(settings.categories).map(\.0)
                }
                return field
            }, missingCodes: missingCodes)
    }
}
