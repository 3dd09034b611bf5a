internal import DurableFiles

/// Turns blocks of typed rows into rows of fixed size: every text becomes a number of its table, identifiers their digests first.
///
/// When the tables have used up three quarters of the memory they are put aside and reading goes on with empty ones.
final class RowEncoder {
    let layout: EventRow
    let store: RowStore
    private let visitors = ByteStringTable()
    private let sessions = ByteStringTable()
    private let fields: [ByteStringTable?]
    /// First time, or in exports without times first position, of each session number.
    private var sessionStarts: [Int64] = []

    private let directory: String
    private let fileSystem: FileSystem
    private let memoryLimit: Int
    private var spill: TableSpill?
    /// The first row whose numbers mean entries of the tables as they are, and the visitors in those put aside.
    private var epochStart = 0
    private var visitorsBefore = 0
    private let names: [String]
    private let hasSessions: Bool
    private let namesVisitors: Bool
    private let hasTime: Bool
    private let key: [UInt8]?
    private let isIdentifier: [Bool]
    private let keys: RepeatedKeys?
    private let sessionTellsPerson: Bool
    /// Rows without a session id, where the export has such ids.
    private(set) var withoutSession = 0
    /// Where they are.
    private(set) var rowsWithoutSession = RowPositions()
    private var sessionKey: [UInt8] = []
    // Numbers of a block's entries in the tables of the import.
    private var visitorNumbers: [Int32] = []
    private var sessionNumbers: [Int32] = []
    private var codes: [[Int32]] = []

    init(
        _ mapping: ExportMapping, hasSessions: Bool, hasTime: Bool, settings: ImportSettings, directory: String
    ) {
        self.directory = directory
        fileSystem = settings.fileSystem
        let hasKeys = settings.dropsDuplicates && !mapping.duplicates.isEmpty
        let keyMemory = hasKeys ? settings.memoryLimit / 8 : 0
        memoryLimit = settings.memoryLimit - keyMemory
        keys = hasKeys ? RepeatedKeys(directory: directory, memory: keyMemory, in: settings.fileSystem) : nil
        let isNumeric = mapping.fields.map(\.isNumeric)
        layout = EventRow(orders: mapping.order.count, isNumeric: isNumeric)
        store = RowStore(layout: layout, memoryLimit: memoryLimit, spillPath: directory + "/.rows", in: settings.fileSystem)
        fields = isNumeric.map { $0 ? nil : ByteStringTable() }
        names = mapping.fields.map(\.name)
        self.hasSessions = hasSessions
        self.hasTime = hasTime
        namesVisitors = mapping.visitor != nil
        let identifiers = Set(mapping.fields.filter { settings.identifierFields.contains($0.name) }.flatMap(\.column.names))
        sessionTellsPerson =
            mapping.sessionTellsPerson
            || (mapping.session?.parts.contains { !identifiers.isDisjoint(with: $0.column.names) } ?? false)
        // The numbers of lines identify nobody.
        key = mapping.format == .items ? nil : settings.pseudonymKey
        codes = isNumeric.map { _ in [] }
        isIdentifier = mapping.fields.map { $0.kind == .identity || settings.identifierFields.contains($0.name) }
    }

    /// The rows with the key of an earlier one; nil where the mapping names no key.
    func repeatedRows(_ crew: ImportCrew) throws(ImportError) -> RepeatedRows? { try keys?.find(total: store.count, crew) }

    /// The rows, their order and what their numbers mean, once all are here.
    func finish() throws(ImportError) -> OrderedRows {
        guard spill == nil else { return try finishOnDisk() }
        do { try store.finish(spilling: false) } catch { throw .file(error) }
        let ranks = hasTime ? visitors.ranks() : (0..<visitors.count).map { Int32($0) }
        let order = RowOrder(
            layout: layout, visitorRanks: ranks, visitorPlaces: visitors.count, sessionStarts: sessionStarts, sessions: sessions,
            hasTime: hasTime)
        let tables = EventTables(
            visitors: .inMemory(visitors), sessions: .inMemory(sessions), fields: fields.map { table in table.map { .inMemory($0) } })
        return OrderedRows(order: order, tables: tables, resolver: nil, merge: nil)
    }

    private func finishOnDisk() throws(ImportError) -> OrderedRows {
        let merge: KeyMerge
        let resolver: RowResolver
        do throws(FileError) {
            let spill = try endEpoch()
            store.tableBytes = 0
            try store.finish(spilling: true)
            try spill.finish()
            merge = try KeyMerge(spill, in: directory, memory: memoryLimit / 2, fileSystem)
            let visitors = try merge.merge(0)
            let sessions = try merge.merge(1, prefixedBy: visitors)
            var merged: [KeyMerge.Merged?] = []
            for (index, field) in fields.enumerated() { merged.append(field == nil ? nil : try merge.merge(2 + index)) }
            try merge.finish()
            resolver = RowResolver(
                merge, layout, isNumeric: fields.map { $0 == nil }, visitors: visitors, sessions: sessions, fields: merged,
                hasTime: hasTime)
        } catch { throw .file(error) }
        for (count, name) in zip([resolver.visitors.count, resolver.sessions.count], ["visitor", "session"]) {
            guard count < Int(Int32.max) - 1 else { throw .tooManyValues(column: name) }
        }
        for (merged, name) in zip(resolver.fields, names) {
            guard merged?.count ?? 0 < Int(Int32.max) - 1 else { throw .tooManyValues(column: name) }
        }
        store.tableBytes = resolver.footprint
        let order = RowOrder(
            layout: resolver.layout, visitorRanks: [], visitorPlaces: hasTime ? resolver.visitors.count : visitorsBefore,
            sessionStarts: [], sessions: nil, hasTime: hasTime)
        let tables = EventTables(
            visitors: merge.keys(resolver.visitors), sessions: merge.keys(resolver.sessions),
            fields: resolver.fields.map { field in field.map { merge.keys($0) } })
        return OrderedRows(order: order, tables: tables, resolver: resolver, merge: merge)
    }

    /// Puts the tables aside.
    @discardableResult
    private func endEpoch() throws(FileError) -> TableSpill {
        let spill: TableSpill
        if let begun = self.spill { spill = begun } else { spill = try TableSpill(directory + "/.tables", in: fileSystem) }
        self.spill = spill
        try spill.put([visitors, sessions] + fields, rows: epochStart..<store.count) { table, number in
            // Numbers of visitors rise by first appearance, through all epochs.
            table == 0 ? Int64(visitorsBefore + number) : table == 1 ? sessionStarts[number] : 0
        }
        visitorsBefore += visitors.count
        epochStart = store.count
        visitors.reset()
        sessions.reset()
        sessionStarts = []
        for table in fields { table?.reset() }
        return spill
    }

    /// Replaces identifiers by their digests; safe on several threads, each with rows of its own.
    func pseudonymise(_ rows: CodedRows, _ scratch: inout PseudonymScratch) {
        guard let key else { return scratch.clear() }
        scratch.fill(rows, key: key, isIdentifier: isIdentifier, sessionsTellPersons: !namesVisitors || sessionTellsPerson)
    }

    /// Adds the rows of one block; blocks must come in the order of the input.
    func merge(_ rows: CodedRows, _ pseudonyms: borrowing PseudonymScratch) throws(ImportError) {
        if footprint > memoryLimit / 4 * 3, store.count > epochStart {
            do { try endEpoch() } catch { throw .file(error) }
        }
        let first = store.count
        withoutSession += rows.withoutSession
        if let keys { do { try keys.append(rows, first: first) } catch { throw .file(error) } }
        try number(rows.visitors, pseudonyms.visitors, into: visitors, &visitorNumbers, "visitor")
        if hasSessions { try numberSessions(rows, pseudonyms.sessions, first) }
        for field in fields.indices {
            guard let local = rows.tables[field], let table = fields[field] else { continue }
            try number(local, pseudonyms.fields.isEmpty ? nil : pseudonyms.fields[field], into: table, &codes[field], names[field])
        }
        store.tableBytes = footprint
        var done = 0
        while done < rows.count {
            let place: UnsafeMutableRawBufferPointer
            do { place = try store.append(upTo: rows.count - done) } catch { throw .file(error) }
            let count = place.count / layout.stride
            fill(place.baseAddress!, rows, done..<(done + count), position: first + done)
            done += count
        }
    }

    private func number(
        _ local: ByteStringTable, _ replaced: ByteStringTable?, into table: ByteStringTable, _ numbers: inout [Int32], _ name: String
    ) throws(ImportError) {
        numbers.removeAll(keepingCapacity: true)
        for entry in 0..<local.count {
            let number = table.number(of: replaced?[entry] ?? local[entry])
            numbers.append(Int32(truncatingIfNeeded: number))
        }
        guard table.count < Int(Int32.max) - 1 else { throw .tooManyValues(column: name) }
    }

    private func numberSessions(_ rows: CodedRows, _ replaced: ByteStringTable?, _ first: Int) throws(ImportError) {
        sessionNumbers.removeAll(keepingCapacity: true)
        for entry in 0..<rows.sessions.count {
            let local = rows.sessions[entry]
            let visitor = visitorNumbers[Int(local.loadUnaligned(as: UInt32.self))]
            sessionKey.removeAll(keepingCapacity: true)
            withUnsafeBytes(of: UInt32(bitPattern: visitor).bigEndian) { sessionKey.append(contentsOf: $0) }
            sessionKey.append(contentsOf: replaced?[entry] ?? UnsafeRawBufferPointer(rebasing: local[CodedRows.SessionForm.prefix...]))
            let session = sessionKey.withUnsafeBytes { sessions.number(of: $0) }
            sessionNumbers.append(Int32(truncatingIfNeeded: session))
            if session == sessionStarts.count { sessionStarts.append(.max) }
        }
        guard sessions.count < Int(Int32.max) - 1 else { throw .tooManyValues(column: "session") }
        for index in 0..<rows.count {
            let session = Int(sessionNumbers[Int(rows.sessionNumbers[index])])
            let start = hasTime ? rows.times[index] : Int64(first + index)
            if start < sessionStarts[session] { sessionStarts[session] = start }
        }
        guard rows.withoutSession > 0 else { return }
        for index in 0..<rows.count where rows.lacksSession(index) { rowsWithoutSession.insert(first + index) }
    }

    /// Column by column, as the rows of a block lie in a cache anyway.
    private func fill(_ place: UnsafeMutableRawPointer, _ rows: CodedRows, _ range: Range<Int>, position: Int) {
        let stride = layout.stride
        // The last four bytes may be padding, which comparing duplicates sees.
        for index in 0..<range.count {
            let row = place + index * stride
            row.storeBytes(of: Int64(position + index), toByteOffset: EventRow.position, as: Int64.self)
            row.storeBytes(of: rows.times[range.lowerBound + index], toByteOffset: EventRow.time, as: Int64.self)
            row.storeBytes(of: 0, toByteOffset: stride - 4, as: Int32.self)
        }
        func store(_ column: UnsafeMutablePointer<Int64>, at offset: Int) {
            for index in 0..<range.count {
                (place + index * stride).storeBytes(of: column[range.lowerBound + index], toByteOffset: offset, as: Int64.self)
            }
        }
        func store(_ column: UnsafeMutablePointer<Int32>, through numbers: [Int32], at offset: Int) {
            numbers.withUnsafeBufferPointer { numbers in
                for index in 0..<range.count {
                    let number = numbers[Int(column[range.lowerBound + index])]
                    (place + index * stride).storeBytes(of: number, toByteOffset: offset, as: Int32.self)
                }
            }
        }
        for order in 0..<layout.orders { store(rows.longs[order], at: layout.orderStart + 8 * order) }
        store(rows.visitorNumbers, through: visitorNumbers, at: layout.visitor)
        if hasSessions {
            store(rows.sessionNumbers, through: sessionNumbers, at: layout.session)
        } else {
            for index in 0..<range.count {
                (place + index * stride).storeBytes(of: -1, toByteOffset: layout.session, as: Int32.self)
            }
        }
        for field in fields.indices {
            if fields[field] == nil {
                store(rows.longs[layout.orders + field], at: layout.fieldOffsets[field])
            } else {
                // Codes are one above numbers, and 0 is missing, here and there.
                codes[field].withUnsafeBufferPointer { numbers in
                    let column = rows.codes[field]
                    for index in 0..<range.count {
                        let code = Int(column[range.lowerBound + index])
                        let number = code == 0 ? 0 : numbers[code - 1] + 1
                        (place + index * stride).storeBytes(of: number, toByteOffset: layout.fieldOffsets[field], as: Int32.self)
                    }
                }
            }
        }
    }

    /// Bytes of memory that the tables hold, and that ordering visitors and numbering values anew will take.
    private var footprint: Int {
        var bytes = visitors.footprint + visitors.count * 20 + sessions.footprint + sessionStarts.count * 8
        for case .some(let table) in fields { bytes += table.footprint + table.count * 8 }
        return bytes
    }
}

/// The rows of an import in their order, and what the numbers in them mean.
struct OrderedRows {
    let order: RowOrder
    let tables: EventTables
    /// Where tables were put aside: makes the rows that are sorted.
    let resolver: RowResolver?
    let merge: KeyMerge?
}

/// The digests of one block's identifiers, entry by entry; kept by a thread from block to block.
struct PseudonymScratch {
    private(set) var visitors: ByteStringTable?
    private(set) var sessions: ByteStringTable?
    private(set) var fields: [ByteStringTable?] = []
    private var pseudonym: SubjectPseudonym?

    mutating func clear() {
        visitors = nil
        sessions = nil
        fields = []
    }

    mutating func fill(_ rows: CodedRows, key: [UInt8], isIdentifier: [Bool], sessionsTellPersons: Bool) {
        let pseudonym = self.pseudonym ?? SubjectPseudonym(key: key)
        self.pseudonym = pseudonym
        func digests(_ table: ByteStringTable) -> ByteStringTable {
            let digests = ByteStringTable()
            for entry in 0..<table.count { pseudonym.withPseudonym(of: table[entry]) { digests.append($0) } }
            return digests
        }
        visitors = digests(rows.visitors)
        fields = isIdentifier.indices.map { field in
            guard isIdentifier[field], let table = rows.tables[field] else { return nil }
            return digests(table)
        }
        // An id that stands for a person is kept no more than the person's own.
        let ids = ByteStringTable()
        for entry in 0..<rows.sessions.count {
            let session = rows.sessions[entry]
            let form = session[4]
            let id = UnsafeRawBufferPointer(rebasing: session[CodedRows.SessionForm.prefix...])
            if form == CodedRows.SessionForm.standIn || (form == CodedRows.SessionForm.named && sessionsTellPersons) {
                pseudonym.withPseudonym(of: id) { ids.append($0) }
            } else {
                ids.append(id)
            }
        }
        sessions = ids
    }
}
