/// Turns the texts of one row into typed values at the end of a batch, or says why it cannot. A row enters whole or not at all.
///
/// While a batch is filled its columns are held here, so that nothing is copied when one grows.
struct RowAssembler {
    /// Why a row was refused; `slot` is the column to blame, an index into ``columns``.
    struct Fault {
        var reason: RejectReason
        var slot: Int?
        var hint: String
    }

    /// The columns of the export that are needed, each once; a row is handed over in this order.
    let columns: [String]
    /// Rows taken into the batch that is being filled.
    private(set) var count = 0

    private let time: EventTime
    private let timeSlots: [Int]
    private let visitorSlot: Int?
    private let sessionSlot: Int?
    private let orderSlots: [Int]
    private let fieldSlots: [Int]
    private let isNumeric: [Bool]
    private let emptyIsMissing: Bool
    private let missing: [[UInt8]]

    private var visitors = ByteColumn()
    private var sessions = ByteColumn()
    private var times: [Int64] = []
    private var orders: [[Int64]]
    private var numbers: [[Double]]
    private var strings: [ByteColumn]
    private var rowOrders: [Int64]
    private var rowNumbers: [Double]

    init(_ mapping: ExportMapping) {
        var columns: [String] = []
        var slotOf: [String: Int] = [:]
        func slot(_ column: String) -> Int {
            if let known = slotOf[column] { return known }
            columns.append(column)
            slotOf[column] = columns.count - 1
            return columns.count - 1
        }
        visitorSlot = mapping.visitor.map(slot)
        sessionSlot = mapping.session.map(slot)
        time = EventTime(mapping.time)
        timeSlots = (mapping.time?.columns ?? []).map(slot)
        orderSlots = mapping.order.map(slot)
        fieldSlots = mapping.fields.map { slot($0.column) }
        self.columns = columns
        isNumeric = mapping.fields.map(\.isNumeric)
        emptyIsMissing = mapping.missing.contains("")
        missing = mapping.missing.filter { !$0.isEmpty }.map { Array($0.utf8) }
        orders = Array(repeating: [], count: orderSlots.count)
        numbers = Array(repeating: [], count: fieldSlots.count)
        strings = Array(repeating: ByteColumn(), count: fieldSlots.count)
        rowOrders = Array(repeating: 0, count: orderSlots.count)
        rowNumbers = Array(repeating: 0, count: fieldSlots.count)
    }

    /// Takes the columns of an empty batch to fill them.
    mutating func begin(_ batch: inout EventBatch) {
        precondition(batch.count == 0, "EventSource.read: the batch holds \(batch.count) rows, needs an empty one")
        precondition(
            batch.fields.count == fieldSlots.count && batch.orders.count == orderSlots.count,
            "EventSource.read: the batch has \(batch.fields.count) fields and \(batch.orders.count) order columns, "
                + "the mapping \(fieldSlots.count) and \(orderSlots.count)")
        count = 0
        swap(&visitors, &batch.visitor)
        swap(&sessions, &batch.session)
        swap(&times, &batch.timeMicroseconds)
        swap(&orders, &batch.orders)
        for index in fieldSlots.indices {
            switch batch.fields[index] {
            case .numbers(let values):
                precondition(isNumeric[index], "EventSource.read: field \(index) of the batch is numeric, the mapping's is not")
                batch.fields[index] = .numbers([])
                numbers[index] = values
            case .strings(let values):
                precondition(!isNumeric[index], "EventSource.read: field \(index) of the batch is not numeric, the mapping's is")
                batch.fields[index] = .strings(ByteColumn())
                strings[index] = values
            }
        }
    }

    /// Gives the columns back, filled.
    mutating func finish(_ batch: inout EventBatch) {
        swap(&visitors, &batch.visitor)
        swap(&sessions, &batch.session)
        swap(&times, &batch.timeMicroseconds)
        swap(&orders, &batch.orders)
        for index in fieldSlots.indices {
            if isNumeric[index] {
                batch.fields[index] = .numbers(numbers[index])
                numbers[index] = []
            } else {
                batch.fields[index] = .strings(strings[index])
                strings[index] = ByteColumn()
            }
        }
        batch.count = count
    }

    /// Takes one row; nil when it is in the batch, otherwise why it is not.
    mutating func append(_ row: UnsafePointer<TextSlice>) -> Fault? {
        let visitor = visitorSlot.map { row[$0] }.flatMap { isMissing($0) ? nil : $0 }
        let session = sessionSlot.map { row[$0] }.flatMap { isMissing($0) ? nil : $0 }
        guard visitor != nil || session != nil else {
            return Fault(
                reason: .missingIdentity, slot: visitorSlot ?? sessionSlot, hint: "the row names neither visitor nor session")
        }
        var microseconds = Int64.min
        switch time {
        case .none: break
        default:
            switch readTime(row) {
            case .success(let value): microseconds = value
            case .failure(let fault): return fault.fault
            }
        }
        for index in orderSlots.indices {
            let text = row[orderSlots[index]]
            guard let value = text.count < 0 ? nil : wholeNumber(text) else {
                return Fault(reason: .badOrder, slot: orderSlots[index], hint: "expected a whole number; see `order` in the mapping")
            }
            rowOrders[index] = value
        }
        for index in fieldSlots.indices where isNumeric[index] {
            let text = row[fieldSlots[index]]
            if isMissing(text) {
                rowNumbers[index] = .nan
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

    private mutating func take(_ row: UnsafePointer<TextSlice>, visitor: TextSlice?, session: TextSlice?, _ microseconds: Int64) {
        visitors.append(visitor)
        sessions.append(session)
        times.append(microseconds)
        for index in orderSlots.indices { orders[index].append(rowOrders[index]) }
        for index in fieldSlots.indices {
            if isNumeric[index] {
                numbers[index].append(rowNumbers[index])
            } else {
                let text = row[fieldSlots[index]]
                strings[index].append(isMissing(text) ? nil : text)
            }
        }
        count += 1
    }

    private struct TimeFault: Error { var fault: Fault }

    private func readTime(_ row: UnsafePointer<TextSlice>) -> Result<Int64, TimeFault> {
        for slot in timeSlots where isMissing(row[slot]) || row[slot].count < 0 {
            return .failure(TimeFault(fault: Fault(reason: .missingTime, slot: slot, hint: time.hint)))
        }
        let outcome: TimeOutcome
        if case .composed(let parts, let zone) = time {
            outcome = EventTime.readComposed(parts, zone) { row[timeSlots[$0]] }
        } else {
            outcome = time.read(row[timeSlots[0]])
        }
        switch outcome {
        case .microseconds(let value): return .success(value)
        case .fault(let reason):
            var hint = time.hint
            if reason == .timeOutOfRange { hint = "times lie between 1970 and 2262; " + hint }
            return .failure(TimeFault(fault: Fault(reason: reason, slot: timeSlots[0], hint: hint)))
        }
    }

    @inline(__always)
    private func isMissing(_ text: TextSlice) -> Bool {
        if text.count <= 0 { return text.count < 0 || emptyIsMissing }
        guard !missing.isEmpty else { return false }
        return missing.contains { word in
            word.count == text.count && word.elementsEqual(UnsafeBufferPointer(start: text.bytes, count: text.count))
        }
    }
}

extension ByteColumn {
    @inline(__always)
    fileprivate mutating func append(_ text: TextSlice?) {
        guard let text, text.count >= 0 else { return appendMissing() }
        append(UnsafeRawBufferPointer(start: text.bytes, count: text.count))
    }
}
