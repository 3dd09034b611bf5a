internal import DurableFiles

/// Turns rows of epochs, one after another, into rows whose numbers hold for all: those of ``KeyMerge``.
///
/// What orders sessions, and visitors where there are no times, is put into the rows, so that nothing has to be looked up in tables that
/// grow with the file.
final class RowResolver {
    /// The rows it makes.
    let layout: EventRow
    let visitors: KeyMerge.Merged
    let sessions: KeyMerge.Merged
    let fields: [KeyMerge.Merged?]
    private let source: EventRow
    private let merge: KeyMerge
    private var epoch = -1
    private var visitorNumbers: [Int32] = []
    private var visitorOrders: [Int64]?
    private var sessionNumbers: [Int32] = []
    private var sessionStarts: [Int64]?
    private var codes: [[Int32]]

    init(
        _ merge: KeyMerge, _ source: EventRow, isNumeric: [Bool], visitors: KeyMerge.Merged, sessions: KeyMerge.Merged,
        fields: [KeyMerge.Merged?], hasTime: Bool
    ) {
        self.merge = merge
        self.source = source
        self.visitors = visitors
        self.sessions = sessions
        self.fields = fields
        layout = EventRow(orders: source.orders, isNumeric: isNumeric, ordersVisitors: !hasTime, ordersSessions: sessions.count > 0)
        visitorOrders = hasTime ? nil : []
        sessionStarts = sessions.count > 0 ? [] : nil
        codes = isNumeric.map { _ in [] }
    }

    /// Most bytes it holds at once.
    var footprint: Int {
        merge.spill.epochs.map { epoch in
            epoch.pieces.reduce(0) { $0 + $1.count * 4 } + (epoch.pieces[0].count + epoch.pieces[1].count) * 8
        }.max() ?? 0
    }

    /// Gives up the memory; nothing is resolved after that.
    func finish() {
        visitorNumbers = []
        visitorOrders = nil
        sessionNumbers = []
        sessionStarts = nil
        codes = []
    }

    /// Resolves the next rows of the input.
    func resolve(_ rows: RowPointer, first: Int, count: Int, into place: UnsafeMutableRawPointer) throws(FileError) {
        var done = 0
        while done < count {
            while epoch < 0 || merge.spill.epochs[epoch].rows.upperBound <= first + done { try open(epoch + 1) }
            let end = min(count, merge.spill.epochs[epoch].rows.upperBound - first)
            for index in done..<end { resolve(rows + index * source.stride, into: place + index * layout.stride) }
            done = end
        }
    }

    private func open(_ next: Int) throws(FileError) {
        epoch = next
        try merge.load(visitors, epoch: next, into: &visitorNumbers, orders: &visitorOrders)
        try merge.load(sessions, epoch: next, into: &sessionNumbers, orders: &sessionStarts)
        var none: [Int64]?
        for (index, field) in fields.enumerated() {
            if let field { try merge.load(field, epoch: next, into: &codes[index], orders: &none) }
        }
    }

    @inline(__always)
    private func resolve(_ row: RowPointer, into place: UnsafeMutableRawPointer) {
        place.copyMemory(from: row, byteCount: source.visitor)
        // Padding is compared, too.
        place.storeBytes(of: 0, toByteOffset: layout.stride - 4, as: Int32.self)
        let visitor = row.number(source.visitor)
        place.storeBytes(of: visitorNumbers[visitor], toByteOffset: layout.visitor, as: Int32.self)
        if let visitorOrders { place.storeBytes(of: visitorOrders[visitor], toByteOffset: layout.visitorOrder, as: Int64.self) }
        let session = row.number(source.session)
        place.storeBytes(of: session < 0 ? -1 : sessionNumbers[session], toByteOffset: layout.session, as: Int32.self)
        if let sessionStarts { place.storeBytes(of: sessionStarts[session], toByteOffset: layout.sessionOrder, as: Int64.self) }
        for field in fields.indices where fields[field] != nil {
            let code = row.number(source.fieldOffsets[field])
            let number = code == 0 ? 0 : codes[field][code - 1] + 1
            place.storeBytes(of: number, toByteOffset: layout.fieldOffsets[field], as: Int32.self)
        }
    }
}
