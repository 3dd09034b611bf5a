/// The kept values of a field as numbers by code: `[dictionaryCount + 1]`, −1 for missing and all others. Compared byte by byte.
struct KeptValues {
    private let map = GrowingBuffer<Int32>([-1])

    /// - Parameter numbers: of the kept values, from a ``FactIndex``.
    init(_ table: any EventTable, _ field: String, _ numbers: [[UInt8]: Int32]) { takeEntries(of: table, field, numbers) }

    /// Takes the entries that the field's dictionary has got since.
    func takeEntries(of table: any EventTable, _ field: String, _ numbers: [[UInt8]: Int32]) {
        let count = table.dictionaryCount(field)
        guard map.count < count + 1 else { return }
        for entry in map.count - 1..<count { map.append(table.withEntry(field, entry) { numbers[Array($0)] ?? -1 }) }
    }

    /// Lives as long as the value.
    var pointer: UnsafeMutablePointer<Int32> { map.pointer }
}

/// A categorical or url field with few values.
final class FewBlock: FactBlock, @unchecked Sendable {
    private let table: any EventTable
    private let name: String
    private let codes: UnsafePointer<Int32>
    private let kept: KeptValues
    private let count: Int
    private typealias Place = FactLayout.Few

    convenience init(_ table: any EventTable, _ field: FactPlan.Field, _ numbers: [[UInt8]: Int32]) {
        self.init(table, field.name, KeptValues(table, field.name, numbers), count: field.values.count)
    }

    private init(_ table: any EventTable, _ name: String, _ kept: KeptValues, count: Int) {
        (self.table, self.name, self.kept, self.count) = (table, name, kept, count)
        codes = table.codes(name)!
    }

    func rebound(to table: any EventTable) -> any FactBlock { FewBlock(table, name, kept, count: count) }

    func takeEntries(_ numbers: [[UInt8]: Int32]) { kept.takeEntries(of: table, name, numbers) }

    func write(_ events: Range<Int>, to raw: UnsafeMutablePointer<Double>, _ scratch: FactScratch) {
        var tally = scratch.tally(events.count)
        var known = 0
        var (first, last): (Int32, Int32) = (0, 0)
        for event in events {
            let code = codes[event]
            if code == 0 { continue }
            known += 1
            if first == 0 { first = code }
            last = code
            _ = tally.add(UInt64(code))
        }
        let values = raw + Place.values
        guard known > 0 else {
            (values + count).update(repeating: .nan, count: count)
            return
        }
        raw[Place.distinct] = scratch.logarithm(tally.distinct)
        let map = kept.pointer
        let share = 1 / Double(known)
        for number in 0..<tally.distinct {
            let value = Int(map[Int(tally.keys[number])])
            if value < 0 { continue }
            let times = Int(tally.counts[number])
            values[value] = scratch.logarithm(times)
            values[count + value] = Double(times) * share
        }
        if map[Int(first)] >= 0 { values[2 * count + Int(map[Int(first)])] = 1 }
        if map[Int(last)] >= 0 { values[3 * count + Int(map[Int(last)])] = 1 }
    }
}

/// A categorical or url field with many values: how they gather, and how often a session comes back to one.
final class ManyBlock: FactBlock, @unchecked Sendable {
    private let table: any EventTable
    private let name: String
    private let codes: UnsafePointer<Int32>
    private let kept: KeptValues
    private typealias Place = FactLayout.Many

    convenience init(_ table: any EventTable, _ field: FactPlan.Field, _ numbers: [[UInt8]: Int32]) {
        self.init(table, field.name, KeptValues(table, field.name, numbers))
    }

    private init(_ table: any EventTable, _ name: String, _ kept: KeptValues) {
        (self.table, self.name, self.kept) = (table, name, kept)
        codes = table.codes(name)!
    }

    func rebound(to table: any EventTable) -> any FactBlock { ManyBlock(table, name, kept) }

    func takeEntries(_ numbers: [[UInt8]: Int32]) { kept.takeEntries(of: table, name, numbers) }

    func write(_ events: Range<Int>, to raw: UnsafeMutablePointer<Double>, _ scratch: FactScratch) {
        var tally = scratch.tally(events.count)
        var (known, runs) = (0, 0)
        var (first, last): (Int32, Int32) = (0, 0)
        for event in events {
            let code = codes[event]
            if code == 0 { continue }
            known += 1
            if first == 0 { first = code }
            if code != last { runs += 1 }
            last = code
            _ = tally.add(UInt64(code))
        }
        guard known > 0 else {
            raw[Place.topShare] = .nan
            raw[Place.secondShare] = .nan
            raw[Place.perDistinct] = .nan
            raw[Place.returnShare] = .nan
            raw[Place.closes] = .nan
            return
        }
        let top = tally.top
        let returns = runs - tally.distinct
        raw[Place.distinct] = scratch.logarithm(tally.distinct)
        raw[Place.topShare] = Double(top.first) / Double(known)
        raw[Place.secondShare] = Double(top.second) / Double(known)
        raw[Place.topCount] = scratch.logarithm(top.first)
        raw[Place.secondCount] = scratch.logarithm(top.second)
        raw[Place.perDistinct] = Double(known) / Double(tally.distinct)
        raw[Place.runs] = scratch.logarithm(runs)
        raw[Place.returns] = scratch.logarithm(returns)
        raw[Place.returnShare] = Double(returns) / Double(runs)
        raw[Place.closes] = first == last ? 1 : 0
        let map = kept.pointer
        for number in 0..<tally.distinct {
            let value = Int(map[Int(tally.keys[number])])
            if value >= 0 { raw[Place.values + value] = scratch.logarithm(Int(tally.counts[number])) }
        }
    }
}

/// One field's values within the events of each kept value of another.
final class PairBlock: FactBlock, @unchecked Sendable {
    private let table: any EventTable
    private let pair: FactPlan.Pair
    private let codes: UnsafePointer<Int32>
    private let parting: UnsafePointer<Int32>
    private let kept: KeptValues
    private typealias Place = FactLayout.Pair

    convenience init(_ table: any EventTable, _ pair: FactPlan.Pair, _ numbers: [[UInt8]: Int32]) {
        self.init(table, pair, KeptValues(table, pair.by, numbers))
    }

    private init(_ table: any EventTable, _ pair: FactPlan.Pair, _ kept: KeptValues) {
        (self.table, self.pair, self.kept) = (table, pair, kept)
        codes = table.codes(pair.of)!
        parting = table.codes(pair.by)!
    }

    func rebound(to table: any EventTable) -> any FactBlock { PairBlock(table, pair, kept) }

    func takeEntries(_ numbers: [[UInt8]: Int32]) { kept.takeEntries(of: table, pair.by, numbers) }

    func write(_ events: Range<Int>, to raw: UnsafeMutablePointer<Double>, _ scratch: FactScratch) {
        var whole = scratch.tally(events.count)
        var within = scratch.secondTally(events.count)
        let touched = scratch.touched
        touched.removeAll()
        let map = kept.pointer
        for event in events {
            let code = codes[event]
            if code == 0 { continue }
            let item = whole.add(UInt64(code))
            let value = map[Int(parting[event])]
            if value < 0 { continue }
            // Plain counts for now; the number of the last item in the place of its count.
            let facts = raw + Int(value) * Place.width
            if facts[Place.distinct] == 0 { touched.append(value) }
            let times = within.counts[within.add(UInt64(value) << 32 | UInt64(item))]
            facts[times == 1 ? Place.distinct : Place.repeats] += 1
            facts[Place.largest] = max(facts[Place.largest], Double(times))
            facts[Place.lastCount] = Double(item)
        }
        for index in 0..<touched.count {
            let facts = raw + Int(touched[index]) * Place.width
            let last = Int(facts[Place.lastCount])
            facts[Place.distinct] = scratch.logarithm(Int(facts[Place.distinct]))
            facts[Place.largest] = scratch.logarithm(Int(facts[Place.largest]))
            facts[Place.repeats] = scratch.logarithm(Int(facts[Place.repeats]))
            facts[Place.lastCount] = scratch.logarithm(Int(whole.counts[last]))
            // Items are numbered in the order of their first appearance.
            facts[Place.lastIsFirst] = last == 0 ? 1 : 0
        }
    }
}
