/// Takes pings out of the rows of a corpus, in order, and tells the dwells of the page views they belong to; see ``ExportMapping/Pings``.
///
/// Memory: the page views of one visitor, up to ``pageLimit``; beyond it those seen so far are told and forgotten.
final class PagePings {
    /// What an event's dwell is by its pings.
    struct Dwell {
        /// Number of the event in the corpus.
        var event: Int
        /// Not capped.
        var seconds: Double
    }

    /// The name under which folded rows are counted.
    static let reason = "page pings (they are in the dwell of their page)"

    private struct Page: Hashable {
        var session: Int32
        var page: Int32
    }

    fileprivate struct View {
        var event: Int
        var pings = 0
        /// The stretch of the last ping.
        var stretch = Int64.min
    }

    private static let pageLimit = 1 << 20
    private let rule: ExportMapping.Pings
    private let layout: EventRow
    private let pageOffset: Int
    private let markerOffset: Int
    private let heartbeat: Int64
    private let kept: UnsafeMutableBufferPointer<RowPointer>
    private var views: [Page: View] = [:]
    private var visitor = Int32(-1)
    private var events = 0
    private var dwells: [Dwell] = []
    /// Rows folded.
    private(set) var folded = 0

    /// Nil where the mapping has no pings.
    init?(_ mapping: ExportMapping, _ layout: EventRow) {
        guard let rule = mapping.pings, let page = mapping.fields.firstIndex(where: { $0.name == rule.page }),
            let marker = mapping.fields.firstIndex(where: { $0.name == rule.marker })
        else { return nil }
        self.rule = rule
        self.layout = layout
        pageOffset = layout.fieldOffsets[page]
        markerOffset = layout.fieldOffsets[marker]
        heartbeat = Int64((rule.heartbeatSeconds * 1e6).rounded())
        kept = .allocate(capacity: RowBlock.capacity)
    }

    deinit { kept.deallocate() }

    /// The rows that stay events, until the next call. At most ``RowBlock/capacity`` rows.
    func fold(_ rows: UnsafeBufferPointer<RowPointer>) -> UnsafeBufferPointer<RowPointer> {
        var count = 0
        for row in rows where stays(row) {
            kept[count] = row
            count += 1
        }
        return UnsafeBufferPointer(rebasing: kept[..<count])
    }

    private func stays(_ row: RowPointer) -> Bool {
        let visitor = Int32(truncatingIfNeeded: row.number(layout.visitor))
        if visitor != self.visitor || views.count >= Self.pageLimit {
            tell()
            self.visitor = visitor
        }
        let page = Int32(truncatingIfNeeded: row.number(pageOffset))
        let time = row.long(EventRow.time)
        if page != 0, time != .min {
            let session = rule.stray == .fold ? -1 : Int32(truncatingIfNeeded: row.number(layout.session))
            let key = Page(session: session, page: page)
            let isPing = row.number(markerOffset) != 0
            if isPing, var view = views[key] {
                view.add(time / heartbeat)
                views[key] = view
                folded += 1
                return false
            }
            if views[key] == nil {
                var view = View(event: events)
                if isPing { view.add(time / heartbeat) }
                views[key] = view
            }
        }
        events += 1
        return true
    }

    private func tell() {
        for view in views.values where view.pings > 0 {
            dwells.append(Dwell(event: view.event, seconds: rule.heartbeatSeconds * Double(view.pings - 1) + rule.minimumSeconds))
        }
        views.removeAll(keepingCapacity: true)
    }

    /// The dwells known by now of events before `end`; each is given once.
    func takeDwells(before end: Int) -> [Dwell] {
        guard !dwells.isEmpty else { return [] }
        let ready = dwells.filter { $0.event < end }
        dwells.removeAll { $0.event < end }
        return ready
    }

    /// Called behind the last row: all dwells are known then.
    func finish() { tell() }
}

extension PagePings.View {
    fileprivate mutating func add(_ stretch: Int64) {
        if stretch != self.stretch { pings += 1 }
        self.stretch = stretch
    }
}
