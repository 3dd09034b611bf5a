public import SequenceKernel

extension FactPlan {
    /// Fits a plan: chooses the values to keep and takes each fact's mean and deviation, over the given training sessions only. Facts that
    /// these sessions do not differ in are left out, fields of kind outcome never read. The same plan at any thread count.
    ///
    /// Throws ``ConfigurationError`` for settings out of range, or that name a field the table does not have in a kind that fits.
    public static func fit(
        _ table: any EventTable, sessions: [Int], _ settings: FactSettings = FactSettings(), pool: WorkerPool = WorkerPool(threads: 1)
    ) throws(ConfigurationError) -> FactPlan {
        try settings.validate()
        let available = table.fields.filter { $0.kind != .outcome }
        for name in settings.fields.keys.sorted() where !available.contains(where: { $0.name == name }) {
            throw .noSuchField(setting: "facts.fields", field: name, available: available.map(\.name))
        }
        let choice = FactChoice(table, sessions, settings)
        let byValue = available.filter { $0.kind == .categorical || $0.kind == .url }
        let byCode = available.filter { $0.kind != .numeric && !($0.kind == .text && $0.separator != nil) }
        var pairs: [Pair] = []
        for (index, pair) in settings.pairs.enumerated() {
            guard byCode.contains(where: { $0.name == pair.of }) else {
                throw .noSuchField(setting: "facts.pairs[\(index)].of", field: pair.of, available: byCode.map(\.name))
            }
            guard byValue.contains(where: { $0.name == pair.by }) else {
                throw .noSuchField(setting: "facts.pairs[\(index)].by", field: pair.by, available: byValue.map(\.name))
            }
            pairs.append(Pair(of: pair.of, by: pair.by, values: choice.values(pair.by).kept))
        }
        let fields = available.filter { settings.fields[$0.name]?.ignored != true }.map(choice.field)
        let bare = FactPlan(
            hasTime: table.hasTime, shortGapSeconds: settings.shortGapSeconds, fields: fields, pairs: pairs, facts: [])
        guard FactLayout.width(bare) <= greatestWidth else {
            throw .conflict(
                first: "facts.values", second: "facts.pairs",
                remedy: "together they give more than \(greatestWidth) facts; keep fewer values")
        }
        let moments = FactMoments.of(FactReader(table, bare), sessions, pool)
        let names = FactLayout.names(bare)
        let facts = names.indices.compactMap { column -> Fact? in
            moments[column].scale.map { Fact(name: names[column], column: column, mean: moments[column].mean, scale: $0) }
        }
        return FactPlan(hasTime: bare.hasTime, shortGapSeconds: bare.shortGapSeconds, fields: fields, pairs: pairs, facts: facts)
    }
}

/// Which values of a field are kept.
private struct FactChoice {
    let table: any EventTable
    let sessions: [Int]
    let settings: FactSettings

    init(_ table: any EventTable, _ sessions: [Int], _ settings: FactSettings) {
        (self.table, self.sessions, self.settings) = (table, sessions, settings)
    }

    func field(_ field: TableField) -> FactPlan.Field {
        let name = field.name
        switch field.kind {
        case .numeric: return .init(name: name, form: .number, values: [], separator: nil, tertiles: tertiles(name))
        case .text:
            guard let separator = field.separator, !separator.isEmpty else {
                return .init(name: name, form: .words, values: parts(name, FactText.words), separator: nil, tertiles: [])
            }
            let values = parts(name) { FactText.values($0, separator: separator) }
            return .init(name: name, form: .list, values: values, separator: separator, tertiles: [])
        case .categorical, .url, .outcome:
            let values = values(name)
            let form: FactPlan.Form = values.distinct <= settings.values(of: name) ? .few : .many
            return .init(name: name, form: form, values: values.kept, separator: nil, tertiles: [])
        }
    }

    /// A field's kept values, and how many the training sessions have in all.
    func values(_ field: String) -> (kept: [String], distinct: Int) {
        let codes = table.codes(field)!
        let count = table.dictionaryCount(field) + 1
        var tally = [Int](repeating: 0, count: count)
        var latest = [Int](repeating: -1, count: count)
        for (index, session) in sessions.enumerated() {
            for event in table.events(ofSession: session) where latest[Int(codes[event])] != index {
                latest[Int(codes[event])] = index
                tally[Int(codes[event])] += 1
            }
        }
        tally[0] = 0
        let found = tally.indices.filter { tally[$0] >= settings.minimumSessions }.map { code in
            (table.withEntry(field, code - 1) { String(decoding: $0, as: UTF8.self) }, tally[code])
        }
        return (keep(found, of: field), tally.count { $0 > 0 })
    }

    /// The kept parts of a text field, as `split` finds them.
    private func parts(_ field: String, _ split: (UnsafeRawBufferPointer) -> [String]) -> [String] {
        let codes = table.codes(field)!
        var numbers: [[UInt8]: Int] = [:]
        var texts: [String] = []
        var tally: [Int] = []
        var latest: [Int] = []
        var ready = [[Int]?](repeating: nil, count: table.dictionaryCount(field) + 1)
        ready[0] = []
        func partsOf(_ code: Int) -> [Int] {
            if let found = ready[code] { return found }
            let found = table.withEntry(field, code - 1, split).map { text in
                let bytes = Array(text.utf8)
                if let number = numbers[bytes] { return number }
                numbers[bytes] = texts.count
                texts.append(text)
                tally.append(0)
                latest.append(-1)
                return texts.count - 1
            }
            ready[code] = found
            return found
        }
        for (index, session) in sessions.enumerated() {
            for event in table.events(ofSession: session) {
                for part in partsOf(Int(codes[event])) where latest[part] != index {
                    latest[part] = index
                    tally[part] += 1
                }
            }
        }
        let found = texts.indices.filter { tally[$0] >= settings.minimumSessions }.map { (texts[$0], tally[$0]) }
        return keep(found, of: field)
    }

    /// Those of most sessions, ties by text.
    private func keep(_ found: [(text: String, sessions: Int)], of field: String) -> [String] {
        let sorted = found.sorted {
            $0.sessions != $1.sessions ? $0.sessions > $1.sessions : $0.text.utf8.lexicographicallyPrecedes($1.text.utf8)
        }
        var kept: [String] = []
        var known = Set<[UInt8]>()
        // Bytes that are no text can give the same text twice.
        for (text, _) in sorted where kept.count < settings.values(of: field) && known.insert(Array(text.utf8)).inserted {
            kept.append(text)
        }
        return kept
    }

    private func tertiles(_ field: String) -> [Double] {
        let numbers = table.numbers(field)!
        var values: [Double] = []
        for session in sessions {
            for event in table.events(ofSession: session) where numbers[event].isFinite { values.append(numbers[event]) }
        }
        values.sort()
        return values.isEmpty ? [] : [values[(values.count - 1) / 3], values[values.count - 1 - (values.count - 1) / 3]]
    }
}
