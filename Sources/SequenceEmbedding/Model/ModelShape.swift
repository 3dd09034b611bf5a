/// Whether configuration and plan fit together: the mistakes that would trap while layers are declared.
enum ModelShape {
    /// What is wrong; nil when nothing is.
    static func fault(_ configuration: ModelConfiguration, _ plan: FeaturePlan) -> String? {
        switch configuration.aggregation {
        case .concatenate: break
        case .identity:
            guard plan.lookups.count == 1, plan.bags.isEmpty, plan.scalars.isEmpty, plan.lookups[0].width == configuration.width else {
                return "aggregation identity takes exactly one categorical field as wide as the model (\(configuration.width)); "
                    + "leave the others out (fields.overrides.NAME.ignored) and switch time off, or concatenate"
            }
        case .attention:
            guard plan.lookups.allSatisfy({ $0.width == configuration.width }), plan.bags.allSatisfy({ $0.width == configuration.width })
            else { return "aggregation attention takes fields as wide as the model (\(configuration.width))" }
        }
        let names = plan.units.map(\.field)
        guard Set(names).count == names.count else { return "two fields have one name" }
        if let tied = configuration.objectives.nextEvent.tiedField {
            guard let unit = plan.units.first(where: { $0.field == tied }), let lookup = unit.lookup,
                plan.lookups[lookup].size > Int(Vocabulary.firstValue)
            else { return "the tied field \(tied) has no values" }
        }
        let objectives = configuration.objectives
        let predicted = plan.units.indices.contains { plan.classes($0) > 0 }
        if objectives.sliceContrast.weight == 0 && !predicted { return "no field is predicted; switch slice contrast on" }
        return nil
    }
}
