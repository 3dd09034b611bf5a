/// Turns the texts of one row into typed values, or says why it cannot. A row enters whole or not at all.
struct RowAssembler {
    /// What became of a row.
    enum Outcome {
        case taken
        /// Left out by a rule of the mapping, an index into ``skipReasons``.
        case skipped(Int)
        case refused(Fault)
    }

    /// Why a row was refused; `slot` is the column to blame, an index into ``columns``.
    struct Fault {
        var reason: RejectReason
        var slot: Int?
        var hint: String
    }

    /// The columns of the export that are needed, each once; a row is handed over in this order.
    ///
    /// A column of JSON that is kept and is a list besides stands here twice.
    let columns: [String]
    /// Which of them are lists, that the reader hands over as ``ListedTexts`` wants them; all false where only text is read.
    let isList: [Bool]
    /// Rows taken since the last ``begin()``.
    var count: Int { rows.count }

    /// Texts of a row: the columns and what is made of them. The reader sets the first ``columns``.
    var slotCount: Int { columns.count + derived.count }
    /// The names of the rules that leave rows out.
    var skipReasons: [String] { selection.reasons }

    private struct TimeCandidate {
        var time: EventTime
        var slots: [Int]
        /// Texts that stand for no time here.
        var none: [[UInt8]]
    }

    private var derived: DerivedTexts
    private var selection: RowSelection
    private let times: [TimeCandidate]
    private let hasVoidTimes: Bool
    private let isTimeShared: Bool
    private let visitorSlot: Int?
    private let sessionSlot: Int?
    private let orderSlots: [Int]
    private let orderOptional: Bool
    private let fieldSlots: [Int]
    private let keySlots: [Int]
    private let isNumeric: [Bool]
    /// Whether fields are anything but their columns; ``conditions`` and ``listed`` are looked at only then.
    private let hasDerived: Bool
    private var conditions: RowConditions
    /// For each field, where it looks itself up.
    private let listed: [ListedNumbers.Place?]
    private var listedNumbers = ListedNumbers()
    private let lookups: LookupTables?
    private let scratch = ByteScratch()
    private let missing: MissingTexts
    /// The columns that are all a list of columns has, and may be absent one by one.
    private let alternatives: [Set<String>]

    /// The rows taken so far.
    let rows: CodedRows
    private var rowOrders: [Int64]
    private var rowNumbers: [Double]

    /// - Parameter lookups: the tables of the fields; those of the mapping's own values when nil.
    init(_ mapping: ExportMapping, lookups: LookupTables? = nil) {
        var columns: [String] = []
        var isList: [Bool] = []
        var slots = (texts: [String: Int](), lists: [String: Int]())
        func slot(_ column: String) -> Int {
            if let known = slots.texts[column] { return known }
            columns.append(column)
            isList.append(false)
            slots.texts[column] = columns.count - 1
            return columns.count - 1
        }
        // Delimited text writes a list like any other text.
        let hasArrays = mapping.format == .jsonl || mapping.format == .parquet
        func listSlot(_ column: String) -> Int {
            guard hasArrays else { return slot(column) }
            if let known = slots.lists[column] { return known }
            columns.append(column)
            isList.append(true)
            slots.lists[column] = columns.count - 1
            return columns.count - 1
        }
        var derived = DerivedTexts()
        let visitor = mapping.visitorKey.map { derived.slot($0, slot) }
        let session = mapping.session.map { derived.slot($0, slot) }
        times = mapping.times.map { TimeCandidate(time: EventTime($0), slots: $0.columns.map(slot), none: $0.none.map { Array($0.utf8) }) }
        hasVoidTimes = mapping.times.contains { !$0.none.isEmpty }
        var timeless = mapping
        (timeless.time, timeless.timeAlternatives) = (nil, [])
        isTimeShared = !timeless.usedColumns.isDisjoint(with: mapping.times.flatMap(\.columns))
        orderSlots = mapping.order.map(slot)
        orderOptional = mapping.orderOptional
        let fields = mapping.fields.map { derived.slot($0.column, slot) }
        let keys = mapping.duplicates.map { derived.slot($0, slot) }
        selection = RowSelection(mapping.skip) { derived.slot($0, slot) }
        conditions = RowConditions(mapping.fields, slot: slot)
        listed = mapping.fields.map { field in
            field.listed.map { listed in
                ListedNumbers.Place(
                    list: listSlot(listed.list), values: listed.values.map(listSlot), separator: listed.separator.utf8.first ?? 0x7C,
                    give: listed.give)
            }
        }
        hasDerived = mapping.fields.contains { $0.when != nil || $0.listed != nil }
        self.lookups = mapping.fields.contains { $0.lookup != nil } ? lookups ?? LookupTables(mapping) : nil
        self.columns = columns
        self.isList = isList
        isNumeric = mapping.fields.map(\.isNumeric)
        missing = MissingTexts(mapping.missing)
        derived.finish(columns: columns.count)
        selection.finish(derived.final)
        visitorSlot = visitor.map(derived.final)
        sessionSlot = session.map(derived.final)
        fieldSlots = fields.map(derived.final)
        keySlots = keys.map(derived.final)
        alternatives = derived.candidates.map { Set($0.map { columns[$0] }) }
        self.derived = derived
        rows = CodedRows(mapping)
        rowOrders = Array(repeating: 0, count: orderSlots.count)
        rowNumbers = Array(repeating: 0, count: fieldSlots.count)
    }

    /// The needed columns that are not among those of a file; of several columns one is enough.
    func absentColumns(among present: Set<String>) -> [String] {
        let absent = columns.filter { !present.contains($0) }
        guard !absent.isEmpty, !alternatives.isEmpty else { return absent }
        return absent.filter { column in !alternatives.contains { $0.contains(column) && !$0.isDisjoint(with: present) } }
    }

    /// Forgets the rows taken so far.
    func begin() { rows.removeAll() }

    /// Begins rows that will go to an empty batch.
    func begin(_ batch: borrowing EventBatch) {
        precondition(batch.count == 0, "EventSource.read: the batch holds \(batch.count) rows, needs an empty one")
        precondition(
            batch.fields.count == fieldSlots.count && batch.orders.count == orderSlots.count,
            "EventSource.read: the batch has \(batch.fields.count) fields and \(batch.orders.count) order columns, "
                + "the mapping \(fieldSlots.count) and \(orderSlots.count)")
        for index in fieldSlots.indices {
            let isNumbers = if case .numbers = batch.fields[index] { true } else { false }
            precondition(
                isNumbers == isNumeric[index],
                "EventSource.read: field \(index) of the batch and of the mapping are not both numeric or both not")
        }
        begin()
    }

    /// Hands the rows to the batch.
    func finish(_ batch: inout EventBatch) { rows.write(to: &batch) }

    /// The column of the time where it is the only one, and nothing else is read from it; nil otherwise.
    var soleTimeSlot: Int? {
        guard times.count == 1, times[0].slots.count == 1, times[0].none.isEmpty, !isTimeShared else { return nil }
        if case .composed = times[0].time { return nil }
        return times[0].slots[0]
    }

    /// Takes one row, or says what became of it.
    /// - Parameter time: its time in microseconds, where the text of ``soleTimeSlot`` need not be read.
    mutating func append(_ row: UnsafeMutablePointer<TextSlice>, time: Int64? = nil) -> Outcome {
        if !derived.isEmpty { derived.fill(row, missing) }
        if !selection.isEmpty, let rule = selection.rule(for: row, missing) { return .skipped(rule) }
        guard var fault = read(row, time) else { return .taken }
        fault.slot = fault.slot.map(derived.column)
        return .refused(fault)
    }

    private mutating func read(_ row: UnsafeMutablePointer<TextSlice>, _ time: Int64?) -> Fault? {
        let visitor = visitorSlot.map { row[$0] }.flatMap { isMissing($0) ? nil : $0 }
        let session = sessionSlot.map { row[$0] }.flatMap { isMissing($0) ? nil : $0 }
        guard visitor != nil || session != nil else {
            return Fault(
                reason: .missingIdentity, slot: visitorSlot ?? sessionSlot, hint: "the row names neither visitor nor session")
        }
        var microseconds = time ?? .min
        if time == nil, !times.isEmpty {
            switch readTime(row) {
            case .success(let value): microseconds = value
            case .failure(let fault): return fault.fault
            }
        }
        for index in orderSlots.indices {
            let text = row[orderSlots[index]]
            if orderOptional, isMissing(text) || text.count < 0 {
                rowOrders[index] = .min
                continue
            }
            guard let value = text.count < 0 ? nil : wholeNumber(text) else {
                return Fault(reason: .badOrder, slot: orderSlots[index], hint: "expected a whole number; see `order` in the mapping")
            }
            rowOrders[index] = value
        }
        if hasDerived { conditions.read(row) }
        for index in fieldSlots.indices where isNumeric[index] {
            let text = row[fieldSlots[index]]
            if isMissing(text) || (hasDerived && !conditions.hold(index)) {
                rowNumbers[index] = .nan
            } else if hasDerived, let place = listed[index] {
                rowNumbers[index] = listedNumber(text, place, row)
            } else if let value = decimalNumber(text) {
                rowNumbers[index] = value
            } else {
                return Fault(
                    reason: .badNumber, slot: fieldSlots[index],
                    hint: "expected a number with a decimal point; texts that stand for no value go under `missing` in the mapping")
            }
        }
        take(row, visitor: visitor ?? session, session: session, microseconds)
        return nil
    }

    /// The digest of a row's key; 0, 0 where the row lacks a part of it.
    private func digest(_ row: UnsafeMutablePointer<TextSlice>) -> (Int64, Int64) {
        var digest = RowKeyDigest()
        for slot in keySlots {
            let text = row[slot]
            if isMissing(text) || text.count < 0 { return (0, 0) }
            digest.take(text)
        }
        return digest.finish()
    }

    private func take(_ row: UnsafeMutablePointer<TextSlice>, visitor: TextSlice?, session: TextSlice?, _ microseconds: Int64) {
        rows.begin(visitor: visitor?.raw, session: session?.raw, time: microseconds)
        for index in orderSlots.indices { rows.setOrder(index, rowOrders[index]) }
        if !keySlots.isEmpty { rows.setKey(digest(row)) }
        for index in fieldSlots.indices {
            if isNumeric[index] {
                rows.setNumber(index, rowNumbers[index])
            } else {
                let text = row[fieldSlots[index]]
                let isAbsent = isMissing(text) || text.count < 0 || (hasDerived && !conditions.hold(index))
                rows.setCode(index, isAbsent ? nil : lookups == nil ? text.raw : name(of: text, index))
            }
        }
        rows.end()
    }

    /// What the text of a field stands for.
    private func name(of text: TextSlice, _ field: Int) -> UnsafeRawBufferPointer {
        guard let lookups, let table = lookups.tables[field] else { return text.raw }
        if let separator = lookups.separators[field] { return table.names(of: text, separator: separator, scratch) }
        return table.name(of: text.raw) ?? text.raw
    }

    private mutating func listedNumber(_ text: TextSlice, _ place: ListedNumbers.Place, _ row: UnsafePointer<TextSlice>) -> Double {
        // Taken out for the call: the closure reads the rest.
        var numbers = ListedNumbers()
        swap(&numbers, &listedNumbers)
        defer { swap(&numbers, &listedNumbers) }
        return numbers.number(of: text, place, in: row) { isMissing($0) }
    }

    private struct TimeFault: Error { var fault: Fault }

    private func readTime(_ row: UnsafeMutablePointer<TextSlice>) -> Result<Int64, TimeFault> {
        for candidate in times.indices {
            let slots = times[candidate].slots
            let absent = slots.first { slot in
                isMissing(row[slot]) || row[slot].count < 0
                    || (hasVoidTimes && times[candidate].none.contains { row[slot].holds($0) })
            }
            guard let absent else {
                return read(times[candidate], row)
            }
            // With several candidates it is the preferred one that is missed.
            if candidate == times.count - 1 {
                let blamed = candidate == 0 ? absent : times[0].slots[0]
                return .failure(TimeFault(fault: Fault(reason: .missingTime, slot: blamed, hint: times[0].time.hint)))
            }
        }
        return .success(.min)
    }

    private func read(_ candidate: TimeCandidate, _ row: UnsafeMutablePointer<TextSlice>) -> Result<Int64, TimeFault> {
        let outcome: TimeOutcome
        if case .composed(let parts, let zone) = candidate.time {
            outcome = EventTime.readComposed(parts, zone) { row[candidate.slots[$0]] }
        } else if candidate.slots.count == 3 {
            outcome = candidate.time.readCorrected(
                row[candidate.slots[0]], sent: row[candidate.slots[1]], received: row[candidate.slots[2]])
        } else {
            outcome = candidate.time.read(row[candidate.slots[0]])
        }
        switch outcome {
        case .microseconds(let value): return .success(value)
        case .fault(let reason):
            var hint = candidate.time.hint
            if reason == .timeOutOfRange { hint = "times lie between 1970 and 2262; " + hint }
            return .failure(TimeFault(fault: Fault(reason: reason, slot: candidate.slots[0], hint: hint)))
        }
    }

    @inline(__always)
    private func isMissing(_ text: TextSlice) -> Bool { missing.contains(text) }
}

extension TextSlice {
    @inline(__always)
    var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }
}
