package import SequenceEmbedding

/// One session as it is, and once more without each of some of its events: a table of its own over the dictionaries of another.
///
/// A removed event leaves no trace but this: the event behind it follows the one before it. Its gap is the time between these two; how long
/// the visitor stayed on the page before stays what it was.
package final class SessionVariants: EventTable, @unchecked Sendable {
    private let base: any EventTable
    private let session: Int
    private let offsets: [Int]
    private var codeColumns: [String: UnsafeMutablePointer<Int32>] = [:]
    private var numberColumns: [String: UnsafeMutablePointer<Double>] = [:]
    private let timeColumn: UnsafeMutablePointer<Int64>
    private let gapColumn: UnsafeMutablePointer<Float>
    private let dwellColumn: UnsafeMutablePointer<Float>
    private let hourColumn: UnsafeMutablePointer<UInt8>
    private let weekdayColumn: UnsafeMutablePointer<UInt8>

    /// Session 0 is the whole, session i + 1 lacks event `removed[i]` (a number in the base table).
    package init(_ base: any EventTable, session: Int, removed: [Int]) {
        (self.base, self.session) = (base, session)
        let events = base.events(ofSession: session)
        let rows = events.count * (removed.count + 1)
        var sources: [Int] = []
        sources.reserveCapacity(rows)
        var offsets = [0]
        sources += events
        offsets.append(sources.count)
        for event in removed {
            precondition(events.contains(event), "SessionVariants: event \(event) is not of session \(session)")
            for other in events where other != event { sources.append(other) }
            offsets.append(sources.count)
        }
        self.offsets = offsets
        let count = max(1, sources.count)
        func column<Value>(_ source: UnsafePointer<Value>) -> UnsafeMutablePointer<Value> {
            let memory = UnsafeMutablePointer<Value>.allocate(capacity: count)
            for (row, event) in sources.enumerated() { (memory + row).initialize(to: source[event]) }
            return memory
        }
        (timeColumn, gapColumn, dwellColumn) = (column(base.times), column(base.gaps), column(base.dwells))
        (hourColumn, weekdayColumn) = (column(base.hours), column(base.weekdays))
        for field in base.fields {
            if let codes = base.codes(field.name) { codeColumns[field.name] = column(codes) }
            if let numbers = base.numbers(field.name) { numberColumns[field.name] = column(numbers) }
        }
        for (index, event) in removed.enumerated() {
            // The row that now stands where the removed one stood.
            let row = offsets[index + 1] + (event - events.lowerBound)
            guard row < offsets[index + 2] else { continue }
            let (own, before) = (timeColumn[row], row > offsets[index + 1] ? timeColumn[row - 1] : Int64.min)
            gapColumn[row] = own == .min || before == .min ? .nan : Float((Double(own) - Double(before)) * 1e-6)
        }
    }

    deinit {
        timeColumn.deallocate()
        gapColumn.deallocate()
        dwellColumn.deallocate()
        hourColumn.deallocate()
        weekdayColumn.deallocate()
        for column in codeColumns.values { column.deallocate() }
        for column in numberColumns.values { column.deallocate() }
    }

    package var sessionCount: Int { offsets.count - 1 }
    package var eventCount: Int { offsets.last! }
    package var fields: [TableField] { base.fields }
    package var hasTime: Bool { base.hasTime }
    package func events(ofSession session: Int) -> Range<Int> { offsets[session]..<offsets[session + 1] }
    package func visitor(ofSession session: Int) -> Int { base.visitor(ofSession: self.session) }
    package func sessionKey(_ session: Int) -> String { base.sessionKey(self.session) }
    package func codes(_ field: String) -> UnsafePointer<Int32>? { codeColumns[field].map { UnsafePointer($0) } }
    package func numbers(_ field: String) -> UnsafePointer<Double>? { numberColumns[field].map { UnsafePointer($0) } }
    package func dictionaryCount(_ field: String) -> Int { base.dictionaryCount(field) }
    package func withEntry<Result>(_ field: String, _ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        base.withEntry(field, index, body)
    }
    package var times: UnsafePointer<Int64> { UnsafePointer(timeColumn) }
    package var gaps: UnsafePointer<Float> { UnsafePointer(gapColumn) }
    package var dwells: UnsafePointer<Float> { UnsafePointer(dwellColumn) }
    package var hours: UnsafePointer<UInt8> { UnsafePointer(hourColumn) }
    package var weekdays: UnsafePointer<UInt8> { UnsafePointer(weekdayColumn) }
}
