/// A plan's fields, pairs and times bound to a table: gives all facts of a session as they are, standardised by nobody. What
/// ``FactPlan/fit(_:sessions:_:pool:)`` takes its means of, and ``SessionFacts`` its facts from.
final class FactReader: Sendable {
    /// Facts a session has here.
    let width: Int
    private let table: any EventTable
    private let blocks: [any FactBlock]
    /// Where each block's facts begin.
    private let starts: [Int]

    /// Binds a plan to a table that has no ``differences(between:and:)`` to it.
    convenience init(_ table: any EventTable, _ plan: FactPlan) { self.init(table, plan, FactIndex(plan)) }

    /// With what was worked out of the plan before.
    init(_ table: any EventTable, _ plan: FactPlan, _ index: FactIndex) {
        self.table = table
        var blocks: [any FactBlock] = [SessionBlock(table, plan)]
        var starts = [0]
        var next = FactLayout.Session.width(hasTime: plan.hasTime)
        for (field, numbers) in zip(plan.fields, index.fields) {
            starts.append(next)
            next += FactLayout.width(field)
            switch field.form {
            case .few: blocks.append(FewBlock(table, field, numbers))
            case .many: blocks.append(ManyBlock(table, field, numbers))
            case .list: blocks.append(ListBlock(table, field, numbers))
            case .words: blocks.append(WordBlock(table, field, numbers))
            case .number: blocks.append(NumberBlock(table, field))
            }
        }
        for (pair, numbers) in zip(plan.pairs, index.pairs) {
            starts.append(next)
            next += FactLayout.Pair.width(pair.values.count)
            blocks.append(PairBlock(table, pair, numbers))
        }
        self.blocks = blocks
        self.starts = starts
        width = next
    }

    /// Takes the entries that the table's dictionaries have got since; the index is the one that it was made with.
    func takeEntries(_ index: FactIndex) {
        for (block, numbers) in zip(blocks.dropFirst(), index.fields + index.pairs) { block.takeEntries(numbers) }
    }

    /// The same facts over another table whose fields have the same dictionaries, entry by entry.
    func rebound(to table: any EventTable) -> FactReader { FactReader(self, table) }

    private init(_ other: FactReader, _ table: any EventTable) {
        (self.table, starts, width) = (table, other.starts, other.width)
        blocks = other.blocks.map { $0.rebound(to: table) }
    }

    /// Fills `scratch.raw`, `[width]`.
    func read(_ session: Int, _ scratch: FactScratch) {
        scratch.raw.resize(width)
        let raw = scratch.raw.pointer
        raw.update(repeating: 0, count: width)
        let events = table.events(ofSession: session)
        for index in blocks.indices { blocks[index].write(events, to: raw + starts[index], scratch) }
    }

    /// Why a table cannot be read by a plan, one sentence for each reason.
    static func differences(between table: any EventTable, and plan: FactPlan) -> [String] {
        var known: [String: TableField] = [:]
        for field in table.fields { known[field.name] = field }
        var found: [String] = []
        func require(_ name: String, _ wanted: [TableField.Kind], separator: String?) {
            guard let field = known[name] else { return found.append("field \(name) is missing") }
            guard wanted.contains(field.kind) else {
                let kinds = wanted.map(\.rawValue).joined(separator: " or ")
                return found.append("field \(name) is \(field.kind.rawValue), its facts want \(kinds)")
            }
            if field.kind == .text, field.separator != separator {
                func words(_ separator: String?) -> String { separator.map { "separated by \($0)" } ?? "without a separator" }
                found.append("field \(name) is text \(words(field.separator)), its facts want one \(words(separator))")
            }
        }
        for field in plan.fields {
            switch field.form {
            case .few, .many: require(field.name, [.categorical, .url], separator: nil)
            case .list, .words: require(field.name, [.text], separator: field.separator)
            case .number: require(field.name, [.numeric], separator: nil)
            }
        }
        for pair in plan.pairs {
            require(pair.of, [.categorical, .url, .text], separator: nil)
            require(pair.by, [.categorical, .url], separator: nil)
        }
        // Whether a table without events has times nobody can tell; one whose events are still to come says it itself.
        if plan.hasTime && !table.hasTime && (table.eventCount > 0 || table is SessionWindow) { found.append("the events have no time") }
        return Array(Set(found)).sorted()
    }
}
