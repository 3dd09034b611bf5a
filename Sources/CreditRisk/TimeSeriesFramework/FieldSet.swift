#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Numbers that every field has, whatever it holds: four things that must never be confused.
public enum FieldCode {
    /// A place where there is nothing. Batches are packed, so no record has it; its vector stays zero.
    public static let padding: Int32 = 0
    /// A category that was not learnt.
    public static let unknown: Int32 = 1
    /// No value.
    public static let missing: Int32 = 2
    /// The first category or bucket; of a number, that there is one.
    public static let first: Int32 = 3
}

/// One field of an item as the network reads it.
struct EncodedField: Sendable, Equatable, Codable {
    /// Where its value comes from.
    enum Source: Sendable, Equatable, Codable {
        /// A categorical column.
        case category(Int)
        /// A numeric column.
        case number(Int)
        /// An interval, as log(1 + seconds).
        case interval(Interval)
        /// The same interval, as the bucket it falls in.
        case bucket(Interval)
        /// A ready-made vector.
        case vector(Int)
    }

    /// From when to when.
    enum Interval: Sendable, Equatable, Codable {
        /// From the record before, whatever its table.
        case sincePrevious
        /// To the decision.
        case untilDecision
        /// From a time column to the decision.
        case sinceMoment(Int)
    }

    /// As the configuration calls it, or what the program made of it.
    var name: String
    var source: Source
    /// Known categories by number, from ``FieldCode/first`` on.
    var categories: [String] = []
    /// Mean of a scalar, or of each float of a vector, over the records learnt from.
    var means: [Float] = []
    /// 1 / standard deviation of the same; 0 for what did not vary.
    var scales: [Float] = []

    /// Edges of the buckets in seconds (systems.md 4.4): 1 and 10 minutes, 1 and 6 hours, 1, 3, 7, 14, 30, 90, 180 and 365 days.
    static let edges: [Double] = [
        60, 600, 3_600, 21_600, 86_400, 259_200, 604_800, 1_209_600, 2_592_000, 7_776_000, 15_552_000, 31_536_000,
    ]

    /// Numbers that this field may have.
    var codes: Int {
        switch source {
        case .category: Int(FieldCode.first) + categories.count
        case .number, .interval, .vector: Int(FieldCode.first) + 1
        case .bucket: Int(FieldCode.first) + Self.edges.count + 1
        }
    }

    /// Floats that this field has beside its number.
    var floats: Int {
        switch source {
        case .category, .bucket: 0
        case .number, .interval: 1
        case .vector: means.count
        }
    }

    /// Standardised values further out than this are held here: one odd income must not decide, nor overflow.
    static let bound: Float = 10

    /// A value standardised; the same on every way to the network.
    @inline(__always)
    static func standardised(_ value: Float, _ mean: Float, _ scale: Float) -> Float { min(max((value - mean) * scale, -bound), bound) }
}

/// The fields of a table's records, or of applicants: from columns to numbers and floats.
struct FieldSet: Sendable, Equatable, Codable {
    /// In the order in which a record has them.
    let fields: [EncodedField]
    /// Whether missing values have a number of their own; else they are filled with zero.
    let missingCodes: Bool
    /// Floats of a record.
    let width: Int
    /// Where each field's numbers begin in the one table of vectors; the last is their total.
    let bases: [Int32]
    private let places: [[String: Int32]]
    private let steps: [Step]

    /// What is done for one field, without anything to be counted by reference.
    private struct Step {
        let source: EncodedField.Source
        let mean: Float
        let scale: Float
    }

    init(_ fields: [EncodedField], missingCodes: Bool) {
        (self.fields, self.missingCodes) = (fields, missingCodes)
        width = fields.reduce(0) { $0 + $1.floats }
        var bases: [Int32] = [0]
        for field in fields { bases.append(bases[bases.count - 1] + Int32(field.codes)) }
        self.bases = bases
        steps = fields.map { Step(source: $0.source, mean: $0.means.first ?? 0, scale: $0.scales.first ?? 0) }
        places = fields.map { field in
            Dictionary(
                field.categories.enumerated().map { ($1, FieldCode.first + Int32($0)) }, uniquingKeysWith: { first, _ in first })
        }
    }

    private enum CodingKeys: String, CodingKey { case fields, missingCodes }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try values.decode([EncodedField].self, forKey: .fields), missingCodes: try values.decode(Bool.self, forKey: .missingCodes))
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(fields, forKey: .fields)
        try values.encode(missingCodes, forKey: .missingCodes)
    }

    /// A record, and when it is looked at.
    struct Record {
        let shared: SharedColumns
        let row: Int
        /// Microseconds since the record before it; -1 for the first.
        let gap: Int64
        /// Microseconds since 1970 of the decision.
        let decision: Int64

        /// Seconds of an interval; nil where its beginning is not known or not before the decision.
        @inline(__always)
        func seconds(_ interval: EncodedField.Interval) -> Double? {
            switch interval {
            case .sincePrevious: return gap < 0 ? nil : Double(gap) / 1e6
            case .untilDecision: return Double(decision - shared.columns.times[row]) / 1e6
            case .sinceMoment(let column):
                let moment = shared.columns.moments[column][row]
                return moment == RecordColumns.noMoment || moment >= decision ? nil : Double(decision - moment) / 1e6
            }
        }

        /// What is to be standardised: a number, or log(1 + seconds); NaN where missing.
        @inline(__always)
        func scalar(_ source: EncodedField.Source) -> Float {
            switch source {
            case .number(let column): shared.columns.numbers[column][row]
            case .interval(let interval): seconds(interval).map { Float(log1p($0)) } ?? .nan
            case .category, .bucket, .vector: .nan
            }
        }
    }

    /// What a table's texts are called here, looked up once each.
    struct Known: Sendable {
        private var columns: SharedColumns?
        private var codes: [[Int32]] = []

        init() {}

        /// Begins anew where the columns are others.
        fileprivate mutating func follow(_ others: SharedColumns) {
            guard columns !== others else { return }
            columns = others
            let texts = others.columns.texts
            while codes.count < texts.count { codes.append([]) }
            for column in texts.indices {
                codes[column].removeAll(keepingCapacity: true)
                codes[column].append(contentsOf: repeatElement(-1, count: texts[column].count))
            }
        }

        fileprivate mutating func code(_ column: Int, _ text: Int, _ find: (String) -> Int32?) -> Int32 {
            let known = codes[column][text]
            guard known < 0, let columns else { return known }
            let found = find(columns.columns.texts[column][text]) ?? FieldCode.unknown
            codes[column][text] = found
            return found
        }
    }

    /// Adds the record's numbers and floats.
    func append(_ record: Record, _ known: inout Known, to target: inout EncodedRows) {
        known.follow(record.shared)
        for (place, step) in steps.enumerated() {
            switch step.source {
            case .category(let column):
                let text = record.shared.columns.categories[column][record.row]
                guard text >= 0 else {
                    target.codes.append(missingCodes ? FieldCode.missing : FieldCode.unknown)
                    continue
                }
                target.codes.append(known.code(column, Int(text)) { places[place][$0] })
            case .number, .interval:
                let value = record.scalar(step.source)
                if value.isNaN, missingCodes {
                    target.codes.append(FieldCode.missing)
                    target.floats.append(0)
                } else {
                    target.codes.append(FieldCode.first)
                    target.floats.append(EncodedField.standardised(value.isNaN ? 0 : value, step.mean, step.scale))
                }
            case .bucket(let interval):
                let seconds = record.seconds(interval) ?? (missingCodes ? -1 : 0)
                guard seconds >= 0 else {
                    target.codes.append(FieldCode.missing)
                    continue
                }
                var bucket: Int32 = 0
                for edge in EncodedField.edges where seconds >= edge { bucket += 1 }
                target.codes.append(FieldCode.first + bucket)
            case .vector(let column): append(vector: column, fields[place], record, to: &target)
            }
        }
        target.count += 1
    }

    private func append(vector column: Int, _ field: EncodedField, _ record: Record, to target: inout EncodedRows) {
        let width = field.means.count, start = record.row * width
        let isMissing = record.shared.columns.vectors[column][start].isNaN
        target.codes.append(isMissing && missingCodes ? FieldCode.missing : FieldCode.first)
        for float in 0..<width {
            let value = record.shared.columns.vectors[column][start + float]
            target.floats.append(isMissing ? 0 : EncodedField.standardised(value, field.means[float], field.scales[float]))
        }
    }

    /// Fitted alike: the same fields, and the same of what is missing.
    static func == (first: FieldSet, second: FieldSet) -> Bool {
        first.fields == second.fields && first.missingCodes == second.missingCodes
    }

    /// Whether a file holds what a training could have given.
    func isWhole(_ columns: (categorical: Int, numeric: Int, times: Int, widths: [Int])) -> Bool {
        guard !fields.isEmpty || columns == (0, 0, 0, []) else { return false }
        return fields.allSatisfy { field in
            guard field.means.count == field.scales.count, field.means.allSatisfy(\.isFinite),
                field.scales.allSatisfy({ $0.isFinite && $0 >= 0 }), Set(field.categories).count == field.categories.count
            else { return false }
            return switch field.source {
            case .category(let column): (0..<columns.categorical).contains(column) && field.means.isEmpty
            case .number(let column): (0..<columns.numeric).contains(column) && field.means.count == 1
            case .interval(.sinceMoment(let column)): (0..<columns.times).contains(column) && field.means.count == 1
            case .interval: field.means.count == 1
            case .bucket(.sinceMoment(let column)): (0..<columns.times).contains(column)
            case .bucket: true
            case .vector(let column): columns.widths.indices.contains(column) && field.means.count == columns.widths[column]
            }
        }
    }
}
