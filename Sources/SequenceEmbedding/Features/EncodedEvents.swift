#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif

/// A table seen through a ``FeatureEncoding``: for every event the ids and numbers a model reads.
///
/// What depends on a value only is worked out once per dictionary entry (ids, bags of buckets); an event then costs one
/// look-up per field. Events are turned into rows only when a batch asks for them, so a mapped corpus stays on disk.
public final class EncodedEvents: @unchecked Sendable {
    enum LookupColumn {
        /// Dictionary code → id.
        case codes(UnsafePointer<Int32>, map: GrowingBuffer<Int32>)
        /// Ids as they are.
        case ids(GrowingBuffer<Int32>)
        /// Which of the session's values it is, of so many.
        case order(UnsafePointer<Int32>, most: Int)
        /// A number's bin.
        case bins(Numbers, NumericStatistics)
    }

    /// A numeric field's values. Cases and not a closure: it is read for every event.
    enum Numbers {
        case values(UnsafePointer<Double>)
        /// `log1p` of seconds.
        case logarithms(UnsafePointer<Float>)

        @inline(__always)
        func forEach(_ events: Range<Int>, _ body: (_ place: Int, _ value: Double) -> Void) {
            switch self {
            case .values(let values): for (place, event) in events.enumerated() { body(place, values[event]) }
            case .logarithms(let seconds):
                for (place, event) in events.enumerated() { body(place, EncodedEvents.logarithm(seconds[event])) }
            }
        }
    }

    /// Bags of a text field, one for each code: code c has the buckets `buckets[starts[c] ..< starts[c + 1]]`.
    struct BagColumn {
        let codes: UnsafePointer<Int32>
        let starts: GrowingBuffer<Int>
        let buckets: GrowingBuffer<Int32>
        /// Code → class of the prediction head.
        let targets: GrowingBuffer<Int32>
    }

    enum ScalarColumn {
        case number(Numbers, NumericStatistics)
        /// A byte's answer, one of 256.
        case answers(UnsafePointer<UInt8>, GrowingBuffer<Float>)
        /// Floats as they are.
        case floats(GrowingBuffer<Float>)
        /// A float of a ready-made vector: code → row (−1 without), floats, width, column.
        case vector(UnsafePointer<Int32>, rows: GrowingBuffer<Int32>, VectorTable, column: Int)
        case vectorAbsent(UnsafePointer<Int32>, rows: GrowingBuffer<Int32>)
        case latestGap(NumericStatistics)
    }

    /// What a model reads.
    public let plan: FeaturePlan
    /// Sessions of the table.
    public var sessionCount: Int { table?.sessionCount ?? (offsets!.count - 1) }
    private let table: (any EventTable)?
    private let offsets: [Int]?
    let lookups: [LookupColumn]
    let bags: [BagColumn]
    let scalars: [ScalarColumn]

    /// Looks at a table through an encoding. Refuses a table that lacks a field or has it in another kind, naming all of them.
    public init(_ table: any EventTable, _ encoding: FeatureEncoding) throws(EncodingMismatch) {
        let differences = EncodingMismatch.differences(between: table, and: encoding)
        guard differences.isEmpty else { throw EncodingMismatch(differences: differences) }
        self.table = table
        plan = encoding.plan
        offsets = nil
        func number(_ field: String) -> Numbers {
            field == FeaturePlan.dwellField ? .logarithms(table.dwells) : .values(table.numbers(field)!)
        }
        lookups = plan.lookups.map { lookup in
            if let statistics = encoding.plan.statistics[lookup.field] { return .bins(number(lookup.field), statistics) }
            if let most = lookup.withinSession { return .order(table.codes(lookup.field)!, most: most) }
            return .codes(table.codes(lookup.field)!, map: GrowingBuffer([Vocabulary.missing]))
        }
        bags = plan.bags.map { bag in
            BagColumn(
                codes: table.codes(bag.field)!, starts: GrowingBuffer([0, 1]), buckets: GrowingBuffer([Vocabulary.missing]),
                targets: GrowingBuffer([encoding.vocabularies[bag.field] == nil ? Vocabulary.unknown : Vocabulary.missing]))
        }
        let vectorRows = encoding.vectors.mapValues { _ in GrowingBuffer<Int32>([-1]) }
        scalars = plan.scalars.map { scalar in
            switch scalar {
            case .value(let field): return .number(number(field), encoding.plan.statistics[field]!)
            case .vector(let field, let index):
                return .vector(table.codes(field)!, rows: vectorRows[field]!, encoding.vectors[field]!, column: index)
            case .vectorAbsent(let field): return .vectorAbsent(table.codes(field)!, rows: vectorRows[field]!)
            case .previousGap: return .number(.logarithms(table.gaps), encoding.plan.statistics[FeaturePlan.previousGapKey]!)
            case .latestGap: return .latestGap(encoding.plan.statistics[FeaturePlan.latestGapKey]!)
            case .hourSine: return .answers(table.hours, Self.hourSine)
            case .hourCosine: return .answers(table.hours, Self.hourCosine)
            case .weekdaySine: return .answers(table.weekdays, Self.weekdaySine)
            case .weekdayCosine: return .answers(table.weekdays, Self.weekdayCosine)
            }
        }
        takeEntries(of: table, encoding)
    }

    /// Works out what depends on a value only for the entries that the table's dictionaries have got since: of a table whose dictionaries
    /// grow, before its next events are read.
    package func takeEntries(of table: any EventTable, _ encoding: FeatureEncoding) {
        for (lookup, column) in zip(plan.lookups, lookups) {
            guard case .codes(_, let map) = column else { continue }
            encoding.vocabularies[lookup.field]!.extend(map, field: lookup.field, of: table)
        }
        for (bag, column) in zip(plan.bags, bags) {
            let count = table.dictionaryCount(bag.field)
            guard column.starts.count < count + 2 else { continue }
            var buckets: [Int32] = []
            for entry in column.starts.count - 2..<count {
                buckets.removeAll(keepingCapacity: true)
                table.withEntry(bag.field, entry) { bag.hashing.append($0, to: &buckets) }
                for bucket in buckets { column.buckets.append(bucket) }
                column.starts.append(column.buckets.count)
            }
            if let vocabulary = encoding.vocabularies[bag.field] {
                vocabulary.extend(column.targets, field: bag.field, of: table)
            } else {
                while column.targets.count < count + 1 { column.targets.append(Vocabulary.unknown) }
            }
        }
        for (scalar, column) in zip(plan.scalars, scalars) {
            switch (scalar, column) {
            case (.vector(let field, _), .vector(_, let rows, let vectors, _)): Self.extend(rows, field, vectors, of: table)
            case (.vectorAbsent(let field), .vectorAbsent(_, let rows)): Self.extend(rows, field, encoding.vectors[field]!, of: table)
            default: break
            }
        }
    }

    /// Columns of one field share the rows: the first takes the entries, and the others find them there.
    private static func extend(_ rows: GrowingBuffer<Int32>, _ field: String, _ vectors: VectorTable, of table: any EventTable) {
        let count = table.dictionaryCount(field)
        guard rows.count < count + 1 else { return }
        let known = vectors.rows
        for entry in rows.count - 1..<count {
            rows.append(table.withEntry(field, entry) { known[String(decoding: $0, as: UTF8.self)] ?? -1 })
        }
    }

    /// The same events' encoding over another table whose fields have the same dictionaries, entry by entry: what depends on a value only is
    /// shared and not worked out again.
    public func rebound(to table: any EventTable) -> EncodedEvents { EncodedEvents(self, table) }

    private init(_ other: EncodedEvents, _ table: any EventTable) {
        (plan, offsets) = (other.plan, nil)
        self.table = table
        func numbers(_ numbers: Numbers, _ field: String?) -> Numbers {
            switch numbers {
            case .logarithms: .logarithms(field == nil ? table.gaps : table.dwells)
            case .values: .values(table.numbers(field!)!)
            }
        }
        lookups = zip(plan.lookups, other.lookups).map { lookup, column in
            switch column {
            case .codes(_, let map): .codes(table.codes(lookup.field)!, map: map)
            case .order(_, let most): .order(table.codes(lookup.field)!, most: most)
            case .bins(let old, let statistics): .bins(numbers(old, lookup.field), statistics)
            case .ids: preconditionFailure("EncodedEvents.rebound: events that came encoded have no table")
            }
        }
        bags = zip(plan.bags, other.bags).map { bag, column in
            BagColumn(codes: table.codes(bag.field)!, starts: column.starts, buckets: column.buckets, targets: column.targets)
        }
        scalars = zip(plan.scalars, other.scalars).map { scalar, column in
            switch (scalar, column) {
            case (.value(let field), .number(let old, let statistics)): .number(numbers(old, field), statistics)
            case (.previousGap, .number(let old, let statistics)): .number(numbers(old, nil), statistics)
            case (.hourSine, .answers(_, let answers)), (.hourCosine, .answers(_, let answers)): .answers(table.hours, answers)
            case (.weekdaySine, .answers(_, let answers)), (.weekdayCosine, .answers(_, let answers)): .answers(table.weekdays, answers)
            case (.vector(let field, _), .vector(_, let rows, let vectors, let index)):
                .vector(table.codes(field)!, rows: rows, vectors, column: index)
            case (.vectorAbsent(let field), .vectorAbsent(_, let rows)): .vectorAbsent(table.codes(field)!, rows: rows)
            default: column
            }
        }
    }

    /// Ids and numbers as given, one array a lookup and one a scalar: for workloads that come encoded.
    public init(plan: FeaturePlan, offsets: [Int], lookups: [[Int32]], scalars: [[Float]]) {
        precondition(plan.lookups.count == lookups.count && plan.scalars.count == scalars.count && plan.bags.isEmpty)
        precondition(lookups.allSatisfy { $0.count == offsets.last! } && scalars.allSatisfy { $0.count == offsets.last! })
        self.plan = plan
        table = nil
        self.offsets = offsets
        self.lookups = lookups.map { .ids(GrowingBuffer($0)) }
        bags = []
        self.scalars = scalars.map { .floats(GrowingBuffer($0)) }
    }

    /// The events of a session.
    public func events(ofSession session: Int) -> Range<Int> {
        offsets.map { $0[session]..<$0[session + 1] } ?? table!.events(ofSession: session)
    }

    /// Whose session it is; every session its own when nothing says otherwise.
    public func visitor(ofSession session: Int) -> Int { table?.visitor(ofSession: session) ?? session }

    /// Seconds between two times, NaN when one is missing.
    static func seconds(from: Int64, to: Int64) -> Float {
        from == .min || to == .min ? .nan : Float((Double(to) - Double(from)) * 1e-6)
    }

    /// `log1p` of seconds; NaN stays NaN, and a clock that ran backwards counts as no time.
    static func logarithm(_ seconds: Float) -> Double { seconds.isNaN ? .nan : Double(log1pf(max(0, seconds))) }

    // 256 answers, since there are only that many questions; 255 is "no time" and lies in the middle of the circle.
    private static let hourSine = angle(24, sin)
    private static let hourCosine = angle(24, cos)
    private static let weekdaySine = angle(7, sin)
    private static let weekdayCosine = angle(7, cos)

    private static func angle(_ period: Int, _ wave: (Double) -> Double) -> GrowingBuffer<Float> {
        GrowingBuffer((0..<256).map { $0 < period ? Float(wave(2 * .pi * Double($0) / Double(period))) : 0 })
    }

    /// Writes lookup `index` of the given events, which are one session's.
    func write(lookup index: Int, _ events: Range<Int>, to ids: UnsafeMutablePointer<Int32>) {
        switch lookups[index] {
        case .codes(let codes, let map):
            let map = map.pointer
            for (place, event) in events.enumerated() { ids[place] = map[Int(codes[event])] }
        case .order(let codes, let most): SessionOrder.write(codes, events, most: most, to: ids)
        case .ids(let column): ids.update(from: column.pointer + events.lowerBound, count: events.count)
        case .bins(let numbers, let statistics): numbers.forEach(events) { ids[$0] = statistics.bin($1) }
        }
    }

    /// Writes column `index` of the numbers of the given events, every `stride` floats. `last` is the session's last event.
    func write(scalar index: Int, _ events: Range<Int>, last: Int, to floats: UnsafeMutablePointer<Float>, stride: Int) {
        switch scalars[index] {
        case .number(let numbers, let statistics): numbers.forEach(events) { floats[$0 * stride] = statistics.standardised($1) }
        case .answers(let questions, let answers):
            let answers = answers.pointer
            for (place, event) in events.enumerated() { floats[place * stride] = answers[Int(questions[event])] }
        case .floats(let column):
            let column = column.pointer
            for (place, event) in events.enumerated() { floats[place * stride] = column[event] }
        case .vector(let codes, let rows, let vectors, let column):
            for (place, event) in events.enumerated() {
                let row = Int(rows[Int(codes[event])])
                floats[place * stride] = row < 0 ? 0 : vectors.floats[row * vectors.width + column]
            }
        case .vectorAbsent(let codes, let rows):
            for (place, event) in events.enumerated() { floats[place * stride] = rows[Int(codes[event])] < 0 ? 1 : 0 }
        case .latestGap(let statistics):
            let times = table!.times
            for (place, event) in events.enumerated() {
                let gap = Self.seconds(from: times[event], to: times[last])
                floats[place * stride] = statistics.standardised(Self.logarithm(gap))
            }
        }
    }
}

/// A table that a model cannot read, with every difference.
public struct EncodingMismatch: Error, Equatable, CustomStringConvertible {
    /// One sentence for each difference.
    public let differences: [String]

    /// All differences.
    public var description: String {
        "the corpus does not fit the model: " + differences.joined(separator: "; ")
            + "; import it with the mapping the model was trained with"
    }

    static func differences(between table: any EventTable, and encoding: FeatureEncoding) -> [String] {
        var kinds: [String: TableField.Kind] = [:]
        for field in table.fields { kinds[field.name] = field.kind }
        var found: [String] = []
        func require(_ field: String, _ wanted: [TableField.Kind]) {
            guard let kind = kinds[field] else {
                found.append("field \(field) is missing")
                return
            }
            if !wanted.contains(kind) {
                found.append("field \(field) is \(kind.rawValue), the model wants \(wanted.map(\.rawValue).joined(separator: " or "))")
            }
        }
        for unit in encoding.plan.units where unit.field != FeaturePlan.dwellField {
            if unit.bag != nil {
                let address = encoding.plan.bags[unit.bag!].hashing.isAddress
                require(unit.field, [address ? .url : .text])
            } else if encoding.vectors[unit.field] != nil {
                require(unit.field, [.categorical, .text, .url])
            } else if encoding.plan.statistics[unit.field] != nil {
                require(unit.field, [.numeric])
            } else {
                require(unit.field, [.categorical])
            }
        }
        let wantsTime =
            encoding.plan.units.contains { $0.field == FeaturePlan.dwellField }
            || encoding.plan.scalars.contains { scalar in
                switch scalar {
                case .previousGap, .latestGap, .hourSine, .hourCosine, .weekdaySine, .weekdayCosine: true
                default: false
                }
            }
        if wantsTime && !table.hasTime { found.append("the events have no time") }
        return found
    }
}

extension EncodedEvents {
    /// How many values of categorical fields the vocabularies have, and how many they do not, over all events of the table: what drift of
    /// the inputs shows in. Missing values do not count.
    package func countValues() -> (known: Int, unknown: Int) {
        var (known, unknown) = (0, 0)
        for column in lookups {
            guard case .codes(let codes, let map) = column else { continue }
            let ids = map.pointer
            for session in 0..<sessionCount {
                for event in events(ofSession: session) {
                    let id = ids[Int(codes[event])]
                    if id == Vocabulary.unknown { unknown += 1 } else if id != Vocabulary.missing { known += 1 }
                }
            }
        }
        return (known, unknown)
    }
}
