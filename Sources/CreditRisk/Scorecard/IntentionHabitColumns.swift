/// Raw tables → what the network of intentions and habits reads: which columns are of whom, and where behaviours stand.
struct IntentionHabitColumns: Sendable, Equatable, Codable {
    let profile: ProfileColumns
    let behaviours: CreditConfiguration.Behaviours
    /// Columns of the profile by group: those of the device and of the product; all others are of the person.
    let device: [String]
    let item: [String]

    init(_ examples: FrameworkExamples, _ configuration: CreditConfiguration) throws {
        guard let behaviours = configuration.behaviours else {
            throw CreditConfiguration.bad("behaviours", "they are missing", "name the table and its column of codes")
        }
        profile = try ProfileColumns(examples, leastCustomers: configuration.business.leastCustomers)
        (self.behaviours, device, item) = (behaviours, configuration.groups.device, configuration.groups.item)
    }

    func isWhole(_ configuration: CreditConfiguration) -> Bool {
        behaviours == configuration.behaviours && device == configuration.groups.device && item == configuration.groups.item
            && profile.isWhole(configuration.applicants)
    }

    /// Where the network's examples came from, and what could not be used.
    typealias Made = (examples: IntentionHabitExamples, unusable: Int, later: Int)

    /// Applicants with histories. Behaviours at or after the decision are not read; money operations without an amount of 0 or more cannot
    /// be: both are counted.
    func examples(
        _ source: FrameworkExamples, _ vocabulary: BehaviourVocabulary, _ rules: SessionRules
    ) throws -> Made {
        guard let table = source.tables.firstIndex(where: { $0.name == behaviours.table }),
            let code = source.tables[table].categorical.firstIndex(of: behaviours.code)
        else { throw FrameworkError.otherTables("there is no table of behaviours; read them with the model's configuration") }
        let amount = behaviours.amount.flatMap { source.tables[table].numeric.firstIndex(of: $0) }
        let columns = source.records[table].columns
        let isMoney = columns.texts[code].map { vocabulary.category(vocabulary[$0]) == .transformOperation }
        var histories = try SessionHistories(vocabulary, rules)
        var (unusable, later) = (0, 0)
        for applicant in 0..<source.count {
            let rows = HandMadeFeatures.rows(source, table, applicant)
            later += source.ranges[table][applicant].count - rows.count
            var own: [AppBehaviour] = []
            own.reserveCapacity(rows.count)
            for row in rows {
                let place = columns.categories[code][row]
                var size: Double?
                if place >= 0, isMoney[Int(place)] {
                    guard let amount, columns.numbers[amount][row] >= 0 else {
                        unusable += 1
                        continue
                    }
                    size = Double(columns.numbers[amount][row])
                }
                own.append(
                    AppBehaviour(
                        place < 0 ? "" : columns.texts[code][Int(place)], at: StageTables.seconds(columns.times[row]), amount: size))
            }
            // A behaviour of the second of the decision was still before it.
            try histories.append(own, before: StageTables.secondsUp(source.decisions[applicant]))
        }
        let made = try IntentionHabitExamples(
            customers: source.customers, outcomes: source.outcomes, profile: try self.table(source), histories: histories)
        return (made, unusable, later)
    }

    /// Applicants of whom only profiles are known.
    func profiles(_ source: FrameworkExamples) throws -> IntentionHabitExamples {
        try IntentionHabitExamples(customers: source.customers, outcomes: source.outcomes, profile: try self.table(source))
    }

    private func table(_ source: FrameworkExamples) throws -> ProfileTable {
        let floats = try profile.floats(source), width = profile.encoding.width
        var places: [[Int]] = [[], [], []]
        for (place, column) in profile.encoding.sources.enumerated() {
            let name = profile.encoding.columns[column].name
            places[device.contains(name) ? 1 : item.contains(name) ? 2 : 0].append(place)
        }
        func own(_ group: [Int]) -> [Float] { (0..<source.count).flatMap { row in group.map { floats[row * width + $0] } } }
        return try ProfileTable(count: source.count, user: own(places[0]), device: own(places[1]), item: own(places[2]))
    }

    /// Rules for the behaviours that applicants learnt from have shown before their decisions; what nobody has shown stays unknown, so that no
    /// embedding is kept that nothing taught.
    /// - Parameter given: rules of a file; where there is none each code is a behaviour of its own, of the category that its rows name.
    func rules(_ source: FrameworkExamples, _ given: [BehaviourVocabulary.Rule]?) throws -> [BehaviourVocabulary.Rule] {
        guard let table = source.tables.firstIndex(where: { $0.name == behaviours.table }),
            let code = source.tables[table].categorical.firstIndex(of: behaviours.code)
        else { return [] }
        let columns = source.records[table].columns, texts = columns.texts[code]
        let field = behaviours.category.flatMap { source.tables[table].categorical.firstIndex(of: $0) }
        var (seen, found) = ([Bool](repeating: false, count: texts.count), [Int32](repeating: -1, count: texts.count))
        for applicant in 0..<source.count {
            for row in HandMadeFeatures.rows(source, table, applicant) {
                let place = Int(columns.categories[code][row])
                guard place >= 0 else { continue }
                seen[place] = true
                guard given == nil, let field, columns.categories[field][row] >= 0 else { continue }
                guard found[place] < 0 || found[place] == columns.categories[field][row] else {
                    throw CreditConfiguration.bad(
                        "behaviours.category", "a code stands with two categories", "give each code one, or a file `operations`")
                }
                found[place] = columns.categories[field][row]
            }
        }
        if let given {
            let codes = Set(texts.indices.filter { seen[$0] }.map { texts[$0] })
            let shown = Set(given.filter { codes.contains($0.code) }.map(\.behaviour))
            return given.filter { $0.category == .functionWidget || $0.category == .other || shown.contains($0.behaviour) }
        }
        return try texts.indices.filter { seen[$0] }.compactMap { place in
            guard let field else {
                return BehaviourVocabulary.Rule(code: texts[place], behaviour: texts[place], category: .itemClick)
            }
            guard found[place] >= 0 else { return nil }
            guard let category = BehaviourCategory(rawValue: columns.texts[field][Int(found[place])]) else {
                throw CreditConfiguration.bad(
                    "behaviours.category", "the column holds what is no category",
                    "write \(BehaviourCategory.allCases.map(\.rawValue).joined(separator: ", ")), or give a file `operations`")
            }
            return BehaviourVocabulary.Rule(code: texts[place], behaviour: texts[place], category: category)
        }
    }
}
