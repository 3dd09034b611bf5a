/// Typed rows of one stretch of an export, every text a number of a small table of its own.
///
/// Tables of a stretch fit into the near caches, and what is merged later is one entry for each distinct text instead of one for
/// each row.
final class CodedRows {
    /// What the fifth byte of a session entry says; before it stands the number of the visitor, behind it the id.
    enum SessionForm {
        /// The row had no session id.
        static let none: UInt8 = 0
        /// The row named visitor and session.
        static let named: UInt8 = 1
        /// The session stands for the visitor, too.
        static let standIn: UInt8 = 2
        static let prefix = 5
    }

    let isNumeric: [Bool]
    let orderCount: Int
    /// Whether rows have session ids at all.
    let hasSessions: Bool
    /// Whether rows have digests of their keys.
    let hasKeys: Bool
    /// Rows held.
    @exclusivity(unchecked) private(set) var count = 0
    /// Those of them without a session id, where the others have one.
    @exclusivity(unchecked) private(set) var withoutSession = 0
    @exclusivity(unchecked) private var capacity = 0
    /// ``tables`` again: reading them from the array would count references for every field of every row.
    private let fastTables: UnsafeMutablePointer<Unmanaged<ByteStringTable>?>

    let visitors = ByteStringTable()
    let sessions = ByteStringTable()
    /// One for each field that is not numeric.
    let tables: [ByteStringTable?]
    @exclusivity(unchecked) private(set) var visitorNumbers: UnsafeMutablePointer<Int32>
    @exclusivity(unchecked) private(set) var sessionNumbers: UnsafeMutablePointer<Int32>
    @exclusivity(unchecked) private(set) var times: UnsafeMutablePointer<Int64>
    /// One for each order column, then one for each numeric field (bit patterns of doubles), then two for the digests of keys.
    @exclusivity(unchecked) private(set) var longs: UnsafeMutablePointer<UnsafeMutablePointer<Int64>>
    /// For each field its codes, 0 for missing; unused where numeric.
    @exclusivity(unchecked) private(set) var codes: UnsafeMutablePointer<UnsafeMutablePointer<Int32>>
    private var sessionKey: [UInt8] = []
    private let longCount: Int

    init(isNumeric: [Bool], orders: Int, hasSessions: Bool, hasKeys: Bool = false) {
        self.isNumeric = isNumeric
        self.hasKeys = hasKeys
        longCount = orders + isNumeric.count + (hasKeys ? 2 : 0)
        orderCount = orders
        self.hasSessions = hasSessions
        tables = isNumeric.map { $0 ? nil : ByteStringTable() }
        visitorNumbers = .allocate(capacity: 0)
        sessionNumbers = .allocate(capacity: 0)
        times = .allocate(capacity: 0)
        longs = .allocate(capacity: longCount)
        for column in 0..<longCount { (longs + column).initialize(to: .allocate(capacity: 0)) }
        codes = .allocate(capacity: isNumeric.count)
        fastTables = .allocate(capacity: isNumeric.count)
        for field in isNumeric.indices {
            (codes + field).initialize(to: .allocate(capacity: 0))
            (fastTables + field).initialize(to: tables[field].map { Unmanaged.passUnretained($0) })
        }
    }

    convenience init(_ mapping: ExportMapping) {
        self.init(
            isNumeric: mapping.fields.map(\.isNumeric), orders: mapping.order.count,
            hasSessions: mapping.format == .items || mapping.session != nil, hasKeys: !mapping.duplicates.isEmpty)
    }

    deinit {
        visitorNumbers.deallocate()
        sessionNumbers.deallocate()
        times.deallocate()
        for column in 0..<longCount { longs[column].deallocate() }
        for field in isNumeric.indices { codes[field].deallocate() }
        longs.deallocate()
        codes.deallocate()
        fastTables.deallocate()
    }

    /// Forgets the rows and keeps the memory.
    func removeAll() {
        count = 0
        withoutSession = 0
        visitors.removeAll()
        sessions.removeAll()
        for table in tables { table?.removeAll() }
    }

    /// Begins a row; its fields are to be set with ``setCode(_:_:)`` and ``setNumber(_:_:)``, then ``end()`` keeps it.
    /// - Parameters:
    ///   - visitor, session: nil where the row has none; one of them is needed.
    @inline(__always)
    func begin(visitor: UnsafeRawBufferPointer?, session: UnsafeRawBufferPointer?, time: Int64) {
        if count == capacity { grow() }
        times[count] = time
        guard let subject = visitor ?? session else { preconditionFailure("CodedRows.begin: neither visitor nor session") }
        let number = visitors.number(of: subject)
        visitorNumbers[count] = Int32(truncatingIfNeeded: number)
        guard hasSessions else { return }
        sessionKey.removeAll(keepingCapacity: true)
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: number)) { sessionKey.append(contentsOf: $0) }
        if session == nil { withoutSession += 1 }
        sessionKey.append(session == nil ? SessionForm.none : visitor == nil ? SessionForm.standIn : SessionForm.named)
        if let session { sessionKey.append(contentsOf: session) }
        sessionNumbers[count] = Int32(truncatingIfNeeded: sessionKey.withUnsafeBytes { sessions.number(of: $0) })
    }

    /// Whether a row has no session id.
    @inline(__always)
    func lacksSession(_ index: Int) -> Bool { sessions[Int(sessionNumbers[index])][4] == SessionForm.none }

    @inline(__always)
    func setOrder(_ order: Int, _ value: Int64) { longs[order][count] = value }

    @inline(__always)
    func setKey(_ digest: (Int64, Int64)) {
        longs[longCount - 2][count] = digest.0
        longs[longCount - 1][count] = digest.1
    }

    /// The digest of a row's key; 0, 0 for none.
    @inline(__always)
    func key(_ row: Int) -> (Int64, Int64) { (longs[longCount - 2][row], longs[longCount - 1][row]) }

    @inline(__always)
    func setNumber(_ field: Int, _ value: Double) { longs[orderCount + field][count] = Int64(bitPattern: value.bitPattern) }

    /// - Parameter text: nil where the row has none.
    @inline(__always)
    func setCode(_ field: Int, _ text: UnsafeRawBufferPointer?) {
        guard let table = fastTables[field] else { preconditionFailure("CodedRows: bytes in numeric field \(field)") }
        guard let text else {
            codes[field][count] = 0
            return
        }
        codes[field][count] = table._withUnsafeGuaranteedRef { Int32(truncatingIfNeeded: $0.number(of: text) + 1) }
    }

    @inline(__always)
    func end() { count += 1 }

    private func grow() {
        let larger = max(1024, capacity * 2)
        func enlarge<Element>(_ column: inout UnsafeMutablePointer<Element>) {
            let fresh = UnsafeMutablePointer<Element>.allocate(capacity: larger)
            fresh.moveInitialize(from: column, count: count)
            column.deallocate()
            column = fresh
        }
        enlarge(&visitorNumbers)
        enlarge(&sessionNumbers)
        enlarge(&times)
        for column in 0..<longCount { enlarge(&longs[column]) }
        for field in isNumeric.indices { enlarge(&codes[field]) }
        capacity = larger
    }
}

extension CodedRows {
    /// Takes over the rows of a batch.
    func append(_ batch: borrowing EventBatch) {
        let fields = batch.fields
        for index in 0..<batch.count {
            let time = batch.timeMicroseconds[index]
            batch.visitor.withBytes(index) { visitor in
                let named = batch.visitor.isMissing[index] ? nil : visitor
                guard hasSessions || named == nil, !batch.session.isMissing[index] else {
                    return begin(visitor: named, session: nil, time: time)
                }
                batch.session.withBytes(index) { begin(visitor: named, session: $0, time: time) }
            }
            for order in 0..<orderCount { setOrder(order, batch.orders[order][index]) }
            if hasKeys { setKey((batch.keys[0][index], batch.keys[1][index])) }
            for field in fields.indices {
                switch fields[field] {
                case .numbers(let values): setNumber(field, values[index])
                case .strings(let strings):
                    if strings.isMissing[index] { setCode(field, nil) } else { strings.withBytes(index) { setCode(field, $0) } }
                }
            }
            end()
        }
    }

    /// Appends the rows to an empty batch.
    func write(to batch: inout EventBatch) {
        for index in 0..<count {
            let visitor = visitors[Int(visitorNumbers[index])]
            if hasSessions {
                let entry = sessions[Int(sessionNumbers[index])]
                let form = entry[4]
                if form == SessionForm.standIn { batch.visitor.appendMissing() } else { batch.visitor.append(visitor) }
                let id = UnsafeRawBufferPointer(rebasing: entry[SessionForm.prefix...])
                if form == SessionForm.none { batch.session.appendMissing() } else { batch.session.append(id) }
            } else {
                batch.visitor.append(visitor)
                batch.session.appendMissing()
            }
        }
        batch.timeMicroseconds.append(contentsOf: UnsafeBufferPointer(start: times, count: count))
        for order in 0..<orderCount { batch.orders[order].append(contentsOf: UnsafeBufferPointer(start: longs[order], count: count)) }
        for half in batch.keys.indices where hasKeys {
            batch.keys[half].append(contentsOf: UnsafeBufferPointer(start: longs[longCount - 2 + half], count: count))
        }
        for field in isNumeric.indices {
            switch batch.fields[field] {
            case .numbers(var values):
                for index in 0..<count { values.append(Double(bitPattern: UInt64(bitPattern: longs[orderCount + field][index]))) }
                batch.fields[field] = .numbers(values)
            case .strings(var values):
                for index in 0..<count {
                    let code = Int(codes[field][index])
                    if code == 0 { values.appendMissing() } else { values.append(tables[field]![code - 1]) }
                }
                batch.fields[field] = .strings(values)
            }
        }
        batch.count += count
    }
}

extension ByteColumn {
    /// The bytes of an entry, for the time of the closure.
    @inline(__always)
    borrowing func withBytes<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let range = offsets[index]..<offsets[index + 1]
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
