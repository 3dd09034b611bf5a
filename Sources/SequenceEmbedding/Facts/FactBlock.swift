#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif

/// Some facts that are worked out together, bound to the columns of a table.
protocol FactBlock: AnyObject, Sendable {
    /// Writes the facts of the given events to `raw`, laid out by ``FactLayout`` and 0 before.
    func write(_ events: Range<Int>, to raw: UnsafeMutablePointer<Double>, _ scratch: FactScratch)
    /// The same facts over a table whose fields have the same dictionaries, entry by entry: what depends on a value only is shared.
    func rebound(to table: any EventTable) -> any FactBlock
    /// Works out what depends on a value only for the entries that the table's dictionaries have got since; `numbers` as at the beginning.
    func takeEntries(_ numbers: [[UInt8]: Int32])
}

extension FactBlock {
    func takeEntries(_ numbers: [[UInt8]: Int32]) {}
}

/// How many events, how long, and when it began.
final class SessionBlock: FactBlock, @unchecked Sendable {
    private let hasTime: Bool
    private let shortGap: Double
    private let table: any EventTable
    private let times: UnsafePointer<Int64>
    private let gaps: UnsafePointer<Float>
    private let hours: UnsafePointer<UInt8>
    private let weekdays: UnsafePointer<UInt8>
    private typealias Place = FactLayout.Session

    convenience init(_ table: any EventTable, _ plan: FactPlan) {
        self.init(table, hasTime: plan.hasTime, shortGap: plan.shortGapSeconds)
    }

    private init(_ table: any EventTable, hasTime: Bool, shortGap: Double) {
        (self.table, self.hasTime, self.shortGap) = (table, hasTime, shortGap)
        (times, gaps, hours, weekdays) = (table.times, table.gaps, table.hours, table.weekdays)
    }

    func rebound(to table: any EventTable) -> any FactBlock { SessionBlock(table, hasTime: hasTime, shortGap: shortGap) }

    func write(_ events: Range<Int>, to raw: UnsafeMutablePointer<Double>, _ scratch: FactScratch) {
        raw[Place.events] = scratch.logarithm(events.count)
        guard hasTime else { return }
        writeGaps(events, to: raw, scratch)
        var (first, last) = (events.lowerBound, events.upperBound - 1)
        while first < last, times[first] == .min { first += 1 }
        while first < last, times[last] == .min { last -= 1 }
        if first <= last, times[first] != .min {
            let duration = (Double(times[last]) - Double(times[first])) * 1e-6
            raw[Place.duration] = scratch.logarithm(seconds: duration)
            raw[Place.secondsPerEvent] = scratch.logarithm(seconds: duration / Double(events.count))
        } else {
            (raw[Place.duration], raw[Place.secondsPerEvent]) = (.nan, .nan)
        }
        writeAngle(events.isEmpty ? 255 : hours[events.lowerBound], 24, to: raw + Place.start)
        writeAngle(events.isEmpty ? 255 : weekdays[events.lowerBound], 7, to: raw + Place.start + 2)
    }

    private func writeGaps(_ events: Range<Int>, to raw: UnsafeMutablePointer<Double>, _ scratch: FactScratch) {
        var known = 0
        var short = 0
        var longest = 0.0
        for event in events {
            let gap = Double(gaps[event])
            if gap.isNaN { continue }
            known += 1
            if gap <= shortGap { short += 1 }
            longest = max(longest, gap)
        }
        raw[Place.longestGap] = known == 0 ? .nan : scratch.logarithm(seconds: longest)
        raw[Place.shortGaps] = known == 0 ? .nan : Double(short) / Double(known)
    }

    private func writeAngle(_ value: UInt8, _ period: UInt8, to raw: UnsafeMutablePointer<Double>) {
        let angle = value < period ? 2 * .pi * Double(value) / Double(period) : .nan
        // Noon's sine is 1e-16 and midnight's 0: rounded, lest a fact that is constant seem to vary.
        (raw[0], raw[1]) = ((sin(angle) * 1e12).rounded() * 1e-12, (cos(angle) * 1e12).rounded() * 1e-12)
    }
}

/// A numeric field.
final class NumberBlock: FactBlock, @unchecked Sendable {
    private let table: any EventTable
    private let field: FactPlan.Field
    private let numbers: UnsafePointer<Double>
    private let low: Double
    private let high: Double
    private typealias Place = FactLayout.Number
    /// Values beyond are cut: the squares of a mean's distances must stay finite.
    private static let greatest = 1e100

    init(_ table: any EventTable, _ field: FactPlan.Field) {
        (self.table, self.field) = (table, field)
        numbers = table.numbers(field.name)!
        (low, high) = field.tertiles.count == 2 ? (field.tertiles[0], field.tertiles[1]) : (.nan, .nan)
    }

    func rebound(to table: any EventTable) -> any FactBlock { NumberBlock(table, field) }

    func write(_ events: Range<Int>, to raw: UnsafeMutablePointer<Double>, _ scratch: FactScratch) {
        var known = 0
        var (below, above) = (0, 0)
        var (sum, smallest, largest, last) = (0.0, Double.infinity, -Double.infinity, 0.0)
        for event in events {
            var value = numbers[event]
            guard value.isFinite else { continue }
            value = min(max(value, -Self.greatest), Self.greatest)
            known += 1
            sum += value
            smallest = min(smallest, value)
            largest = max(largest, value)
            last = value
            if value <= low { below += 1 }
            if value >= high { above += 1 }
        }
        raw[Place.known] = events.isEmpty ? .nan : Double(known) / Double(events.count)
        guard known > 0 else {
            for place in [Place.mean, Place.smallest, Place.largest, Place.last, Place.low, Place.high] { raw[place] = .nan }
            return
        }
        let share = 1 / Double(known)
        (raw[Place.mean], raw[Place.smallest], raw[Place.largest], raw[Place.last]) = (sum * share, smallest, largest, last)
        (raw[Place.low], raw[Place.high]) = (Double(below) * share, Double(above) * share)
    }
}

/// A text of words: which of the kept ones occur.
final class WordBlock: FactBlock, @unchecked Sendable {
    private let table: any EventTable
    private let name: String
    private let codes: UnsafePointer<Int32>
    private let parts: TextParts
    private typealias Place = FactLayout.Words

    convenience init(_ table: any EventTable, _ field: FactPlan.Field, _ numbers: [[UInt8]: Int32]) {
        self.init(table, field.name, TextParts(numbersOthers: false))
        takeEntries(numbers)
    }

    private init(_ table: any EventTable, _ name: String, _ parts: TextParts) {
        (self.table, self.name, self.parts) = (table, name, parts)
        codes = table.codes(name)!
    }

    func rebound(to table: any EventTable) -> any FactBlock { WordBlock(table, name, parts) }

    func takeEntries(_ numbers: [[UInt8]: Int32]) { parts.takeEntries(of: table, name, numbers, FactText.words) }

    func write(_ events: Range<Int>, to raw: UnsafeMutablePointer<Double>, _ scratch: FactScratch) {
        var known = 0
        var before: Int32 = 0
        for event in events {
            let code = codes[event]
            if code == 0 { continue }
            known += 1
            if code == before { continue }
            before = code
            parts.forEach(code) { raw[Place.values + Int($0)] = 1 }
        }
        raw[Place.known] = scratch.logarithm(known)
    }
}

/// A text of several values: which of the kept ones occur, and how many in all and at the end.
final class ListBlock: FactBlock, @unchecked Sendable {
    private let table: any EventTable
    private let field: FactPlan.Field
    private let codes: UnsafePointer<Int32>
    private let parts: TextParts
    private let kept: Int
    private typealias Place = FactLayout.List

    convenience init(_ table: any EventTable, _ field: FactPlan.Field, _ numbers: [[UInt8]: Int32]) {
        self.init(table, field, TextParts(numbersOthers: true))
        takeEntries(numbers)
    }

    private init(_ table: any EventTable, _ field: FactPlan.Field, _ parts: TextParts) {
        (self.table, self.field, self.parts, kept) = (table, field, parts, field.values.count)
        codes = table.codes(field.name)!
    }

    func rebound(to table: any EventTable) -> any FactBlock { ListBlock(table, field, parts) }

    func takeEntries(_ numbers: [[UInt8]: Int32]) {
        let separator = field.separator ?? ""
        parts.takeEntries(of: table, field.name, numbers) { FactText.values($0, separator: separator) }
    }

    func write(_ events: Range<Int>, to raw: UnsafeMutablePointer<Double>, _ scratch: FactScratch) {
        var most = 0
        var before: Int32 = 0
        for event in events where codes[event] != before {
            before = codes[event]
            most += parts.count(before)
        }
        // The last code of the session stands in `before`, 0 where there is none.
        raw[Place.atEnd] = scratch.logarithm(parts.count(before))
        if most == 0 { return }
        var tally = scratch.tally(most)
        before = 0
        for event in events where codes[event] != before {
            before = codes[event]
            parts.forEach(before) { part in
                _ = tally.add(UInt64(part))
                if Int(part) < kept { raw[Place.values + Int(part)] = 1 }
            }
        }
        raw[Place.distinct] = scratch.logarithm(tally.distinct)
    }
}

/// The parts of each text of a field's dictionary, found once: kept ones are numbered as in the plan, others behind them.
final class TextParts: @unchecked Sendable {
    // Code 0 is missing and has none.
    private let starts = GrowingBuffer([0, 0])
    private let parts = GrowingBuffer<Int32>()
    /// Numbers of the others.
    private var found: [[UInt8]: Int32] = [:]
    private let others: Bool

    /// - Parameter others: whether parts that are not kept are told apart, too.
    init(numbersOthers others: Bool) { self.others = others }

    /// Takes the entries that the field's dictionary has got since.
    /// - Parameter kept: numbers of the kept values, from a ``FactIndex``.
    func takeEntries(
        of table: any EventTable, _ field: String, _ kept: [[UInt8]: Int32], _ split: (UnsafeRawBufferPointer) -> [String]
    ) {
        let count = table.dictionaryCount(field)
        guard starts.count < count + 2 else { return }
        for entry in starts.count - 2..<count {
            for part in table.withEntry(field, entry, split) {
                let bytes = Array(part.utf8)
                if let number = kept[bytes] ?? found[bytes] {
                    parts.append(number)
                } else if others {
                    let number = Int32(kept.count + found.count)
                    parts.append(number)
                    found[bytes] = number
                }
            }
            starts.append(parts.count)
        }
    }

    @inline(__always)
    func count(_ code: Int32) -> Int { starts.pointer[Int(code) + 1] - starts.pointer[Int(code)] }

    @inline(__always)
    func forEach(_ code: Int32, _ body: (Int32) -> Void) {
        let parts = parts.pointer
        for place in starts.pointer[Int(code)]..<starts.pointer[Int(code) + 1] { body(parts[place]) }
    }
}
