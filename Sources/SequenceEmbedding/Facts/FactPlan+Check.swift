/// A plan of facts that does not hang together: it was edited, cut off, or written by another version.
public struct FactPlanFault: Error, Equatable, CustomStringConvertible {
    /// Where and what, without values of fields.
    public let reason: String

    /// Place, reason and remedy.
    public var description: String { "plan of session facts: \(reason); copy the file again or fit the plan anew" }
}

extension FactPlan {
    /// Most columns a plan may have.
    static let greatestWidth = 4_000_000

    /// Throws what would make reading sessions impossible: names that stand twice, forms without what they need, numbers that are not
    /// finite, facts that are not those of the fields. A plan from ``fit(_:sessions:_:pool:)`` or a decoder has passed it.
    public func check() throws(FactPlanFault) {
        guard shortGapSeconds >= 0, shortGapSeconds <= Self.greatestShortGap else {
            throw FactPlanFault(reason: "shortGapSeconds out of range")
        }
        guard Set(fields.map(\.name)).count == fields.count else { throw FactPlanFault(reason: "a field stands twice") }
        for (index, field) in fields.enumerated() {
            if let fault = Self.fault(field) { throw FactPlanFault(reason: "fields[\(index)]: \(fault)") }
        }
        for (index, pair) in pairs.enumerated() {
            if pair.of == pair.by { throw FactPlanFault(reason: "pairs[\(index)]: it joins a field with itself") }
            if let fault = Self.fault(values: pair.values) { throw FactPlanFault(reason: "pairs[\(index)]: \(fault)") }
            if pairs[..<index].contains(where: { $0.of == pair.of && $0.by == pair.by }) {
                throw FactPlanFault(reason: "pairs[\(index)]: the pair stands twice")
            }
        }
        guard FactLayout.width(self) <= Self.greatestWidth else { throw FactPlanFault(reason: "more than \(Self.greatestWidth) facts") }
        let names = FactLayout.names(self)
        var last = -1
        for (index, fact) in facts.enumerated() {
            guard fact.column > last, fact.column < names.count else {
                throw FactPlanFault(reason: "facts[\(index)]: column \(fact.column) of \(names.count), after \(last)")
            }
            guard fact.name == names[fact.column] else {
                throw FactPlanFault(reason: "facts[\(index)]: its name is not that of its column")
            }
            guard fact.mean.isFinite, fact.scale.isFinite, (1 / fact.scale).isFinite, fact.scale > 0 else {
                throw FactPlanFault(reason: "facts[\(index)]: mean \(fact.mean) and scale \(fact.scale), finite and above 0 is wanted")
            }
            last = fact.column
        }
    }

    private static func fault(_ field: Field) -> String? {
        if (field.form == .list) != (field.separator.map { !$0.isEmpty } ?? false) || (field.form != .list && field.separator != nil) {
            return "a list, and only a list, has a separator"
        }
        if field.form == .number {
            if !field.values.isEmpty { return "a number has no values" }
            guard field.tertiles.isEmpty || field.tertiles.count == 2 else {
                return "\(field.tertiles.count) tertiles, 2 or none is wanted"
            }
            guard field.tertiles.allSatisfy(\.isFinite), field.tertiles.isEmpty || field.tertiles[0] <= field.tertiles[1] else {
                return "tertiles that are not finite or not in order"
            }
            return nil
        }
        if !field.tertiles.isEmpty { return "only a number has tertiles" }
        return fault(values: field.values)
    }

    private static func fault(values: [String]) -> String? {
        if values.count > FactSettings.greatestValues { return "\(values.count) values, at most \(FactSettings.greatestValues) are read" }
        return Set(values.map { Array($0.utf8) }).count == values.count ? nil : "a value stands twice"
    }
}
