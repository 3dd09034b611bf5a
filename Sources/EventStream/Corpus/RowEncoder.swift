internal import DurableFiles

/// Turns batches of typed rows into rows of fixed size: every text becomes a number of its table, identifiers their digests first.
final class RowEncoder {
    let layout: EventRow
    let store: RowStore
    let visitors = ByteStringTable()
    let sessions = ByteStringTable()
    let fields: [ByteStringTable?]
    /// First time, or in exports without times first position, of each session number.
    private(set) var sessionStarts: [Int64] = []

    private let names: [String]
    private let hasSessions: Bool
    private let namesVisitors: Bool
    private let hasTime: Bool
    private let pseudonym: SubjectPseudonym?
    private let isIdentifier: [Bool]
    private var sessionKey: [UInt8] = []
    private var previousVisitor: [UInt8] = []
    private var previousNumber = -1

    init(
        _ mapping: ExportMapping, hasSessions: Bool, hasTime: Bool, settings: ImportSettings, spillPath: String
    ) {
        let isNumeric = mapping.fields.map(\.isNumeric)
        layout = EventRow(orders: mapping.order.count, isNumeric: isNumeric)
        store = RowStore(layout: layout, memoryLimit: settings.memoryLimit, spillPath: spillPath, in: settings.fileSystem)
        fields = isNumeric.map { $0 ? nil : ByteStringTable() }
        names = mapping.fields.map(\.name)
        self.hasSessions = hasSessions
        self.hasTime = hasTime
        namesVisitors = mapping.visitor != nil
        // The numbers of lines identify nobody.
        pseudonym = mapping.format == .items ? nil : settings.pseudonymKey.map { SubjectPseudonym(key: $0) }
        isIdentifier = names.map { settings.identifierFields.contains($0) }
    }

    var tables: EventTables { EventTables(visitors: visitors, sessions: sessions, fields: fields) }

    /// The order of the corpus, once all rows are here.
    func order() -> RowOrder {
        let ranks = hasTime ? visitors.ranks() : (0..<visitors.count).map { Int32($0) }
        return RowOrder(layout: layout, visitorRanks: ranks, sessionStarts: sessionStarts, sessions: sessions, hasTime: hasTime)
    }

    /// Adds a batch.
    func encode(_ batch: borrowing EventBatch) throws(ImportError) {
        let columns = batch.fields
        let first = store.count
        for index in 0..<batch.count {
            let row: UnsafeMutableRawPointer
            do { row = try store.append() } catch { throw .file(error) }
            row.storeBytes(of: Int64(first + index), toByteOffset: EventRow.position, as: Int64.self)
            let time = batch.timeMicroseconds[index]
            row.storeBytes(of: time, toByteOffset: EventRow.time, as: Int64.self)
            for order in 0..<layout.orders {
                row.storeBytes(of: batch.orders[order][index], toByteOffset: layout.orderStart + 8 * order, as: Int64.self)
            }
            // The last four bytes may be padding, which comparing duplicates sees.
            row.storeBytes(of: 0, toByteOffset: layout.stride - 4, as: Int32.self)
            let (visitor, session) = try subject(batch, index, start: hasTime ? time : Int64(first + index))
            row.storeBytes(of: visitor, toByteOffset: layout.visitor, as: Int32.self)
            row.storeBytes(of: session, toByteOffset: layout.session, as: Int32.self)
            for field in columns.indices {
                switch columns[field] {
                case .numbers(let values):
                    row.storeBytes(of: values[index], toByteOffset: layout.fieldOffsets[field], as: Double.self)
                case .strings(let strings):
                    let code = strings.isMissing[index] ? 0 : try self.code(field, strings, index)
                    row.storeBytes(of: code, toByteOffset: layout.fieldOffsets[field], as: Int32.self)
                }
            }
        }
    }

    @inline(__always)
    private func code(_ field: Int, _ strings: borrowing ByteColumn, _ index: Int) throws(ImportError) -> Int32 {
        guard let table = fields[field] else { preconditionFailure("RowEncoder: bytes in numeric field \(field)") }
        let number = strings.withBytes(index) { bytes in
            if isIdentifier[field], let pseudonym {
                pseudonym.withPseudonym(of: bytes) { table.number(of: $0) }
            } else {
                table.number(of: bytes)
            }
        }
        guard number < Int(Int32.max) - 1 else { throw .tooManyValues(column: names[field]) }
        return Int32(truncatingIfNeeded: number + 1)
    }

    /// Numbers of visitor and session; -1 for the session where the export has none.
    @inline(__always)
    private func subject(_ batch: borrowing EventBatch, _ index: Int, start: Int64) throws(ImportError) -> (Int32, Int32) {
        // Without a visitor the session stands for it, in this row or in all.
        let isStandIn = batch.visitor.isMissing[index]
        let visitor =
            isStandIn
            ? batch.session.withBytes(index) { number(ofVisitor: $0) } : batch.visitor.withBytes(index) { number(ofVisitor: $0) }
        guard visitor < Int(Int32.max) - 1 else { throw .tooManyValues(column: "visitor") }
        guard hasSessions else { return (Int32(truncatingIfNeeded: visitor), -1) }

        sessionKey.removeAll(keepingCapacity: true)
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: visitor).bigEndian) { sessionKey.append(contentsOf: $0) }
        if !batch.session.isMissing[index] {
            batch.session.withBytes(index) { bytes in
                // An id that stands for a person is kept no more than the person's own.
                if let pseudonym, isStandIn || !namesVisitors {
                    pseudonym.withPseudonym(of: bytes) { sessionKey.append(contentsOf: $0) }
                } else {
                    sessionKey.append(contentsOf: bytes)
                }
            }
        }
        let session = sessionKey.withUnsafeBytes { sessions.number(of: $0) }
        guard session < Int(Int32.max) - 1 else { throw .tooManyValues(column: "session") }
        if session == sessionStarts.count {
            sessionStarts.append(start)
        } else if start < sessionStarts[session] {
            sessionStarts[session] = start
        }
        return (Int32(truncatingIfNeeded: visitor), Int32(truncatingIfNeeded: session))
    }

    @inline(__always)
    private func number(ofVisitor bytes: UnsafeRawBufferPointer) -> Int {
        guard let pseudonym else { return visitors.number(of: bytes) }
        // Rows of one visitor mostly follow one another, and a digest costs more than all the rest of a row.
        if previousNumber >= 0, previousVisitor.elementsEqual(bytes) { return previousNumber }
        previousVisitor.removeAll(keepingCapacity: true)
        previousVisitor.append(contentsOf: bytes)
        previousNumber = pseudonym.withPseudonym(of: bytes) { visitors.number(of: $0) }
        return previousNumber
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
