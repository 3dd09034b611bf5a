internal import Evaluation
public import SequenceKernel

/// Why one applicant has this score: the reasons that a notice gives, and what the score would be without single records and fields.
public struct CreditExplanation: Sendable, Codable {
    /// A reason of the business model.
    public struct Reason: Sendable, Codable {
        /// Code and text, and the log odds it adds.
        public var reason: ReasonCodes.Reason
        /// Points that it takes.
        public var points: Double
        /// Share of the models by other seeds (this one among them) that give the same reason among as many.
        public var agreement: Double
    }

    /// Something that was taken away.
    public struct Effect: Sendable, Codable {
        /// A field's or a table's name.
        public var name: String
        /// How much lower the log odds to fall overdue are without it; below 0 where it speaks for the applicant.
        public var effect: Double
    }

    /// A record that was taken away.
    public struct Event: Sendable, Codable {
        /// Its table.
        public var table: String
        /// Days before the decision.
        public var days: Double
        /// What it says, by field; missing values are left out.
        public var fields: [String: String]
        /// As of ``Effect/effect``.
        public var effect: Double
    }

    /// The applicants' key.
    public let customer: String
    /// To fall overdue.
    public let probability: Double
    /// Of the scorecard.
    public let points: Int
    /// Worst first.
    public let reasons: [Reason]
    /// Models of the agreement.
    public let models: Int
    /// Without each table, greatest first.
    public let tables: [Effect]
    /// Without each fixed feature, greatest first.
    public let fields: [Effect]
    /// Single records with the greatest effects, either way.
    public let events: [Event]
    /// Records looked at: the latest ones.
    public let looked: Int
    /// Records before the decision.
    public let records: Int

    /// Explains one applicant.
    /// - Parameters:
    ///   - key: the applicants' key; with several decisions, the latest.
    ///   - most: reasons, fields and events at most.
    ///   - latest: records that are taken away one at a time, the latest ones.
    /// - Throws: ``ScorecardError/noSuchApplicant``, and as ``CreditScorecard/scores(_:reasons:pool:)``.
    public init(
        _ card: CreditScorecard, _ data: CreditData, customer key: String, most: Int = 10, latest: Int = 200, pool: WorkerPool
    ) throws {
        let all = data.examples
        let places = all.keys.indices.filter { all.keys[$0] == key }
        guard let place = places.max(by: { (all.decisions[$0], $0) < (all.decisions[$1], $1) }) else {
            throw ScorecardError.noSuchApplicant
        }
        let own = all.subset([place])
        try self.init(card, own, most: most, latest: latest, pool)
    }

    init(_ card: CreditScorecard, _ own: FrameworkExamples, most: Int, latest: Int, _ pool: WorkerPool) throws {
        let names = card.configuration.tablesBefore.map(\.name)
        let tables = names.compactMap { name in own.tables.firstIndex { $0.name == name } }
        let scale = try card.configuration.scale
        let read = try CreditScorecard.Reading(card, own, pool)
        probability = Double(read.probabilities(.stacked)[0])
        customer = own.keys[0]
        points = Int(scale.score(probability).rounded())
        // Reasons, and how many of the models by other seeds give them, too.
        let found = try card.reasons(read, min(most, 1_000), pool)[0]
        let codes = try ([card.stacked] + card.others).map { model -> Set<String> in
            let own = try ReasonCodes.of(model.contributions(read.table), most: min(most, 1_000))[0]
            return Set(own.reasons.map(\.code))
        }
        models = codes.count
        reasons = found.map { reason in
            let code = reason.code.hasPrefix("sequence of ") ? HandMadeFeatures.score : reason.code
            return Reason(
                reason: reason, points: -scale.points([Float(reason.contribution)])[0],
                agreement: Double(codes.count { $0.contains(code) }) / Double(codes.count))
        }
        // The latest records of all tables, newest first.
        var events: [(table: Int, row: Int, time: Int64)] = []
        var count = 0
        for table in tables {
            let rows = HandMadeFeatures.rows(own, table, 0)
            count += rows.count
            events += rows.suffix(latest).map { (table, $0, own.records[table].columns.times[$0]) }
        }
        events.sort { ($0.time, $0.table, $0.row) > ($1.time, $1.table, $1.row) }
        events = Array(events.prefix(latest))
        (looked, records) = (events.count, count)
        let features =
            own.applicants.categorical.indices.map { FrameworkExamples.Removal.category($0) }
            + own.applicants.numeric.indices.map { FrameworkExamples.Removal.number($0) }
        let removals: [FrameworkExamples.Removal] =
            tables.map { .table($0) } + features + events.map { .record(table: $0.table, row: $0.row) }
        let effects = try Self.effects(card, own, removals, count, pool)
        let featureNames = own.applicants.categorical + own.applicants.numeric
        func greatest(_ names: [String], _ effects: ArraySlice<Double>) -> [Effect] {
            zip(names, effects).map { Effect(name: $0, effect: $1) }.sorted { ($1.effect, $0.name) < ($0.effect, $1.name) }
        }
        self.tables = greatest(tables.map { own.tables[$0].name }, effects[..<tables.count])
        fields = Array(
            greatest(featureNames, effects[tables.count..<tables.count + features.count])
                .sorted { (abs($1.effect), $0.name) < (abs($0.effect), $1.name) }.prefix(most))
        let ofEvents = Array(effects[(tables.count + features.count)...])
        let order = events.indices.sorted { (abs(ofEvents[$1]), $0) < (abs(ofEvents[$0]), $1) }.prefix(most)
        self.events = order.filter { ofEvents[$0] != 0 }.map { place in
            let event = events[place]
            return Event(
                table: own.tables[event.table].name, days: Double(own.decisions[0] - event.time) / 86_400e6,
                fields: own.text(event.table, event.row), effect: ofEvents[place])
        }
    }

    /// How much lower the log odds are without each, in portions of bounded memory.
    private static func effects(
        _ card: CreditScorecard, _ own: FrameworkExamples, _ removals: [FrameworkExamples.Removal], _ records: Int, _ pool: WorkerPool
    ) throws -> [Double] {
        func odds(_ removals: [FrameworkExamples.Removal]) throws -> [Double] {
            try CreditScorecard.Reading(card, own.without(removals, of: 0), pool).probabilities(.stacked)
                .map { ScoreCalibration.logOdds(Double($0)) }
        }
        let whole = try odds([.nothing])[0]
        let portion = max(1, 500_000 / max(1, records))
        var result: [Double] = []
        for first in stride(from: 0, to: removals.count, by: portion) {
            result += try odds(Array(removals[first..<min(first + portion, removals.count)])).map { whole - $0 }
        }
        return result
    }
}

extension FrameworkExamples {
    /// What a record says, by field.
    func text(_ table: Int, _ row: Int) -> [String: String] {
        let columns = records[table].columns, own = tables[table]
        var result: [String: String] = [:]
        for (field, name) in own.numeric.enumerated() where !columns.numbers[field][row].isNaN {
            result[name] = "\(columns.numbers[field][row])"
        }
        for (field, name) in own.categorical.enumerated() where columns.categories[field][row] >= 0 {
            result[name] = columns.texts[field][Int(columns.categories[field][row])]
        }
        return result
    }
}
