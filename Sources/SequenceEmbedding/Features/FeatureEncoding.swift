/// A fitted ``FeaturePlan`` with its vocabularies: turns tables of events into columns of ids and numbers.
public struct FeatureEncoding: Sendable, Equatable {
    /// What a model reads.
    public let plan: FeaturePlan
    /// By field: categorical fields, and text and url fields as far as they are predicted.
    public let vocabularies: [String: Vocabulary]
    /// Ready-made vectors by field.
    public let vectors: [String: VectorTable]

    /// A plan with its vocabularies, as read from a model.
    public init(plan: FeaturePlan, vocabularies: [String: Vocabulary], vectors: [String: VectorTable] = [:]) {
        self.plan = plan
        self.vocabularies = vocabularies
        self.vectors = vectors
    }

    /// Fits on the given sessions of a table.
    public init(
        fitting configuration: ModelConfiguration, to table: any EventTable, sessions: [Int], vectors: [String: VectorTable] = [:]
    ) throws(ConfigurationError) {
        let settings = configuration.fields
        let available = table.fields.filter { $0.kind != .outcome }
        for name in settings.overrides.keys.sorted() + vectors.keys.sorted() where !available.contains(where: { $0.name == name }) {
            throw .noSuchField(setting: "fields.overrides", field: name, available: available.map(\.name))
        }
        if let tied = configuration.objectives.nextEvent.tiedField,
            !available.contains(where: { $0.name == tied && $0.kind == .categorical })
        {
            throw .noSuchField(
                setting: "objectives.nextEvent.tiedField", field: tied,
                available: available.filter { $0.kind == .categorical }.map(\.name))
        }
        for (name, override) in settings.overrides.sorted(by: { $0.key < $1.key }) where override.withinSession != nil {
            if name == configuration.objectives.nextEvent.tiedField {
                throw .conflict(
                    first: "fields.overrides.\(name).withinSession", second: "objectives.nextEvent.tiedField",
                    remedy: "a field that is told apart within sessions only has no output over its values")
            }
            guard available.contains(where: { $0.name == name && $0.kind == .categorical }), vectors[name] == nil else {
                throw .conflict(
                    first: "fields.overrides.\(name).withinSession", second: "a field that is not categorical, or has ready-made vectors",
                    remedy: "map it as categorical")
            }
        }
        var builder = PlanBuilder(configuration: configuration, table: table, sessions: sessions)
        for field in available where settings.overrides[field.name]?.ignored != true {
            if let ready = vectors[field.name] {
                builder.addVector(field, ready)
            } else {
                switch field.kind {
                case .categorical: builder.addCategorical(field)
                case .text, .url: builder.addText(field)
                case .numeric: builder.addNumeric(field.name) { table.numbers(field.name)![$0] }
                case .outcome: break
                }
            }
        }
        if table.hasTime { builder.addTime() }
        if builder.plan.concatenatedWidth == 0 {
            throw .noSuchField(setting: "fields", field: "(any that is not ignored)", available: available.map(\.name))
        }
        self.init(plan: builder.plan, vocabularies: builder.vocabularies, vectors: vectors)
    }
}

/// Collects the parts of a plan while fields are gone through in the order of the schema.
private struct PlanBuilder {
    let configuration: ModelConfiguration
    let table: any EventTable
    let sessions: [Int]
    var plan = FeaturePlan()
    var vocabularies: [String: Vocabulary] = [:]

    private var settings: FieldSettings { configuration.fields }
    /// With attention among fields every field is as wide as the model.
    private func width(_ field: String, _ common: Int) -> Int {
        configuration.aggregation == .concatenate ? settings.overrides[field]?.width ?? common : configuration.width
    }
    private func isPredicted(_ field: String) -> Bool { settings.overrides[field]?.predicted ?? true }

    private func vocabulary(_ field: String, maximumSize: Int) -> Vocabulary {
        Vocabulary(
            field: field, of: table, sessions: sessions, minimumCount: settings.overrides[field]?.minimumCount ?? settings.minimumCount,
            maximumSize: maximumSize)
    }

    mutating func addCategorical(_ field: TableField) {
        if let most = settings.overrides[field.name]?.withinSession { return addOrder(field.name, most: most) }
        let vocabulary = vocabulary(field.name, maximumSize: settings.overrides[field.name]?.maximumSize ?? settings.maximumSize)
        vocabularies[field.name] = vocabulary
        let classes = min(vocabulary.size, settings.maximumClasses + Int(Vocabulary.firstValue))
        plan.units.append(
            .init(
                field: field.name, lookup: plan.lookups.count, bag: nil, scalars: plan.scalars.count..<plan.scalars.count,
                predicted: isPredicted(field.name)))
        plan.lookups.append(
            .init(
                field: field.name, size: vocabulary.size, width: width(field.name, settings.categoricalWidth), classes: classes))
    }

    private mutating func addOrder(_ field: String, most: Int) {
        let size = SessionOrder.size(most: most)
        plan.units.append(
            .init(
                field: field, lookup: plan.lookups.count, bag: nil, scalars: plan.scalars.count..<plan.scalars.count,
                predicted: isPredicted(field)))
        plan.lookups.append(
            .init(field: field, size: size, width: width(field, settings.categoricalWidth), classes: size, withinSession: most))
    }

    mutating func addText(_ field: TableField) {
        let vocabulary = vocabulary(field.name, maximumSize: settings.maximumClasses)
        vocabularies[field.name] = vocabulary
        plan.units.append(
            .init(
                field: field.name, lookup: nil, bag: plan.bags.count, scalars: plan.scalars.count..<plan.scalars.count,
                predicted: isPredicted(field.name)))
        plan.bags.append(
            .init(
                field: field.name,
                hashing: TextHashing(buckets: settings.overrides[field.name]?.buckets ?? settings.buckets, isAddress: field.kind == .url),
                width: width(field.name, settings.textWidth), classes: vocabulary.size))
    }

    mutating func addNumeric(_ field: String, _ value: (Int) -> Double) {
        var values: [Double] = []
        for session in sessions { for event in table.events(ofSession: session) { values.append(value(event)) } }
        let bins = settings.overrides[field]?.bins ?? settings.bins
        let statistics = NumericStatistics(values: values, bins: bins)
        plan.statistics[field] = statistics
        let scalar = plan.scalars.count
        plan.units.append(
            .init(
                field: field, lookup: bins > 0 ? plan.lookups.count : nil, bag: nil, scalars: scalar..<scalar + 1,
                predicted: bins > 1 && isPredicted(field)))
        plan.scalars.append(.value(field: field))
        if bins > 0 {
            plan.lookups.append(
                .init(
                    field: field, size: statistics.size, width: width(field, settings.binWidth), classes: statistics.size))
        }
    }

    mutating func addVector(_ field: TableField, _ vectors: VectorTable) {
        let first = plan.scalars.count
        for index in 0..<vectors.width { plan.scalars.append(.vector(field: field.name, index: index)) }
        plan.scalars.append(.vectorAbsent(field: field.name))
        plan.units.append(.init(field: field.name, lookup: nil, bag: nil, scalars: first..<plan.scalars.count, predicted: false))
    }

    mutating func addTime() {
        let time = configuration.effectiveTime
        let dwells = table.dwells
        if time.dwell { addNumeric(FeaturePlan.dwellField) { EncodedEvents.logarithm(dwells[$0]) } }
        if time.previousGap {
            plan.statistics[FeaturePlan.previousGapKey] = gapStatistics { event, _ in table.gaps[event] }
            plan.scalars.append(.previousGap)
        }
        if time.latestGap {
            plan.statistics[FeaturePlan.latestGapKey] = gapStatistics { event, last in
                EncodedEvents.seconds(from: table.times[event], to: table.times[last])
            }
            plan.scalars.append(.latestGap)
        }
        if time.calendar { plan.scalars += [.hourSine, .hourCosine, .weekdaySine, .weekdayCosine] }
    }

    private func gapStatistics(_ gap: (Int, Int) -> Float) -> NumericStatistics {
        var values: [Double] = []
        for session in sessions {
            let events = table.events(ofSession: session)
            for event in events { values.append(EncodedEvents.logarithm(gap(event, events.upperBound - 1))) }
        }
        return NumericStatistics(values: values, bins: 0)
    }
}
