/// Whether a feature plan from a file hangs together: a plan that was edited by hand must not trap later.
enum PlanCheck {
    /// What is wrong; nil when nothing is.
    static func fault(_ encoding: FeatureEncoding, _ configuration: ModelConfiguration) -> String? {
        let plan = encoding.plan
        let rows = 1...1_000_000_000
        for lookup in plan.lookups {
            let place = "plan, lookup of \(lookup.field)"
            guard rows.contains(lookup.size), (1...4096).contains(lookup.width), (1...lookup.size).contains(lookup.classes),
                (0..<Int32(lookup.size)).contains(lookup.maskID), lookup.unknownID < Int32(lookup.size)
            else { return "\(place): sizes out of range" }
            if let most = lookup.withinSession, !FieldSettings.withinSessionRange.contains(most) || plan.statistics[lookup.field] != nil {
                return "\(place): \(most) values of a session told apart"
            }
            let size =
                lookup.withinSession.map { SessionOrder.size(most: $0) } ?? plan.statistics[lookup.field]?.size
                ?? encoding.vocabularies[lookup.field]?.size
            guard let size else { return "\(place): no vocabulary" }
            guard size == lookup.size else { return "\(place): \(lookup.size) ids for a vocabulary of \(size)" }
        }
        for bag in plan.bags {
            let place = "plan, bag of \(bag.field)"
            guard rows.contains(bag.hashing.buckets), (1...4096).contains(bag.width) else { return "\(place): sizes out of range" }
            guard let size = encoding.vocabularies[bag.field]?.size else { return "\(place): no vocabulary" }
            guard (1...size).contains(bag.classes) else { return "\(place): \(bag.classes) classes for a vocabulary of \(size)" }
        }
        for unit in plan.units {
            let place = "plan, field \(unit.field)"
            guard unit.lookup.map(plan.lookups.indices.contains) ?? true, unit.bag.map(plan.bags.indices.contains) ?? true,
                unit.scalars.lowerBound >= 0, unit.scalars.upperBound <= plan.scalars.count
            else { return "\(place): it points outside of the plan" }
            if unit.predicted && unit.lookup == nil && unit.bag == nil { return "\(place): predicted without classes" }
        }
        for scalar in plan.scalars {
            switch scalar {
            case .value(let field):
                if plan.statistics[field] == nil { return "plan, field \(field): no statistics" }
            case .vector(let field, let index):
                guard let vectors = encoding.vectors[field], (0..<vectors.width).contains(index) else {
                    return "plan, field \(field): no ready-made vectors of that width"
                }
            case .vectorAbsent(let field):
                if encoding.vectors[field] == nil { return "plan, field \(field): no ready-made vectors" }
            case .previousGap:
                if plan.statistics[FeaturePlan.previousGapKey] == nil { return "plan: no statistics of gaps" }
            case .latestGap:
                if plan.statistics[FeaturePlan.latestGapKey] == nil { return "plan: no statistics of gaps" }
            case .hourSine, .hourCosine, .weekdaySine, .weekdayCosine: break
            }
        }
        if plan.concatenatedWidth == 0 { return "plan: no field at all" }
        if let tied = configuration.objectives.nextEvent.tiedField, !plan.lookups.contains(where: { $0.field == tied }) {
            return "plan: the tied field \(tied) has no table"
        }
        return ModelShape.fault(configuration, plan)
    }
}
