internal import BoostedTrees
public import Evaluation

/// How leaky columns are looked for.
public struct LeakCheckSettings: Sendable, Equatable, Codable {
    /// A column is implausible where the lower end of the 95 % interval (DeLong) of its own AUC is above this (0.9). The strongest single
    /// honest columns of credit files reach some 0.75 to 0.8.
    public var implausibleAUC = 0.9
    /// Applicants of either outcome that a column needs to be judged (20).
    public var leastOfEach = 20
    /// Parts by quantiles in which a number may separate without rising or falling all the way (20).
    public var parts = 20
    /// What halves the customers (1).
    public var seed: UInt64 = 1

    /// The defaults.
    public init() {}
}

/// Columns that tell the outcome because they were written after it: the time cut, and separation that no honest column reaches
/// (Kaufman, Rosset and Perlich, 2012).
public struct LeakCheck: Sendable, Equatable, Codable {
    /// What is wrong with a column.
    public enum Fault: String, Sendable, Codable {
        /// It is the outcome, or its opposite.
        case isOutcome
        /// Values became known only after the decision.
        case knownAfterDecision
        /// Values are there whose time is not known, though times are given.
        case timeNotKnown
        /// Its values separate the outcomes implausibly well.
        case separates
        /// Whether it is missing separates them implausibly well.
        case missingSeparates
    }

    /// One fault of one column.
    public struct Finding: Sendable, Equatable, Codable {
        /// The column.
        public var column: String
        /// The fault.
        public var fault: Fault
        /// Applicants concerned.
        public var applicants: Int
        /// AUC of the column alone, with DeLong's interval; for faults of separation.
        public var auc: MetricInterval?

        /// Place, reason and remedy in a line.
        public var text: String {
            let place = "column \"\(column)\""
            switch fault {
            case .isOutcome: return "\(place) is the outcome itself or its opposite; leave it out"
            case .knownAfterDecision:
                return
                    "\(place): \(applicants) values became known only after the decision; leave the column out, or cut it at the decision"
            case .timeNotKnown:
                return "\(place): \(applicants) values have no time at which they became known; give it, or leave the column out"
            case .separates, .missingSeparates:
                let what = fault == .separates ? "its values alone separate" : "whether it is missing separates"
                let found = auc.map { "\(Double(Int($0.estimate * 1000)) / 1000)" } ?? "?"
                return "\(place): \(what) the outcomes with an AUC of \(found); say when it becomes known, or leave it out"
            }
        }
    }

    /// The faults, by column in the order of the table; those of time before those of separation.
    public let findings: [Finding]
    /// Columns with too few applicants of either outcome to judge how well they separate.
    public let unjudged: [String]
    /// Applicants whose outcome was known at or before the decision: they are no examples of anything foretold.
    public let outcomesBeforeDecision: Int

    /// Columns to leave out.
    public var columns: [String] {
        var seen = Set<String>()
        return findings.map(\.column).filter { seen.insert($0).inserted }
    }

    /// Looks at every column of a table.
    /// - Parameters:
    ///   - table: applicants with known outcomes; training applicants alone, as the check reads outcomes.
    ///   - decisionTimes: `[B]`; needed where any other time is given.
    ///   - knownAt: when the values of a column became known, `[B]` by name of the column, nil where that is not known; columns without are judged by separation alone. A value known at the very moment of the
    ///     decision counts as known.
    ///   - outcomeTimes: when each outcome became known, `[B]`.
    /// - Throws: ``RiskReportError`` where sizes, names, outcomes or settings are not possible.
    /// - Complexity: O(C B log B).
    public init(
        _ table: CreditTable, decisionTimes: [Int64]? = nil, knownAt: [String: [Int64?]] = [:], outcomeTimes: [Int64?]? = nil,
        _ settings: LeakCheckSettings = LeakCheckSettings()
    ) throws(RiskReportError) {
        try RiskArrays.check(scores: table.outcomes.map { _ in 0 }, "rows", outcomes: table.outcomes, customers: table.customers)
        try Self.check(table, decisionTimes, knownAt, outcomeTimes, settings)
        let positives = table.outcomes.map { $0 == 1 }
        let folds = try? GroupFolds(groups: table.customers, positives: positives, count: 2, seed: settings.seed)
        let separation = ColumnSeparation(
            positives: positives, halves: folds?.fold ?? positives.map { _ in 0 }, leastOfEach: settings.leastOfEach, parts: settings.parts)
        var (findings, unjudged) = ([Finding](), [String]())
        for column in table.columns {
            let present = column.present
            if let decisionTimes, let times = knownAt[column.name] {
                let late = times.indices.count { place in
                    guard present[place], let time = times[place] else { return false }
                    return time > decisionTimes[place]
                }
                let without = times.indices.count { present[$0] && times[$0] == nil }
                if late > 0 { findings.append(Finding(column: column.name, fault: .knownAfterDecision, applicants: late)) }
                if without > 0 { findings.append(Finding(column: column.name, fault: .timeNotKnown, applicants: without)) }
            }
            if column.isOutcome(table.outcomes, leastOfEach: settings.leastOfEach) {
                findings.append(Finding(column: column.name, fault: .isOutcome, applicants: present.count { $0 }))
                continue
            }
            if let auc = separation.ofValues(column, present) {
                if auc.lower > settings.implausibleAUC {
                    findings.append(Finding(column: column.name, fault: .separates, applicants: present.count { $0 }, auc: auc))
                }
            } else {
                unjudged.append(column.name)
            }
            if present.contains(false), let auc = separation.ofScores(present.map { $0 ? 0 : 1 }), auc.lower > settings.implausibleAUC {
                findings.append(
                    Finding(column: column.name, fault: .missingSeparates, applicants: present.count { !$0 }, auc: auc))
            }
        }
        (self.findings, self.unjudged) = (findings, unjudged)
        outcomesBeforeDecision =
            outcomeTimes.map { times in
                times.indices.count { place in
                    guard let time = times[place], let decisionTimes else { return false }
                    return time <= decisionTimes[place]
                }
            } ?? 0
    }

    private static func check(
        _ table: CreditTable, _ decisionTimes: [Int64]?, _ knownAt: [String: [Int64?]], _ outcomeTimes: [Int64?]?,
        _ settings: LeakCheckSettings
    ) throws(RiskReportError) {
        guard settings.implausibleAUC >= 0.5, settings.implausibleAUC < 1 else {
            throw .badSetting(name: "implausibleAUC", expected: "from 0.5 to below 1")
        }
        guard (2...1_000_000).contains(settings.leastOfEach) else {
            throw .badSetting(name: "leastOfEach", expected: "between 2 and a million")
        }
        guard (2...1_000).contains(settings.parts) else { throw .badSetting(name: "parts", expected: "between 2 and 1000") }
        guard decisionTimes != nil || (knownAt.isEmpty && outcomeTimes == nil) else {
            throw .applicants("times of columns or outcomes are given without those of the decisions; give these, too")
        }
        for (name, count) in [("decision", decisionTimes?.count), ("outcome", outcomeTimes?.count)] {
            if let count, count != table.count { throw .applicants("\(count) \(name) times for \(table.count) applicants; give one each") }
        }
        for (name, known) in knownAt.sorted(by: { $0.key < $1.key }) {
            guard table.columns.contains(where: { $0.name == name }) else {
                throw .applicants("times are given for \"\(name)\", which is no column; correct the name")
            }
            guard known.count == table.count else {
                throw .applicants("\(known.count) times of column \"\(name)\" for \(table.count) applicants; give one each")
            }
        }
    }
}

extension CreditTable.Column {
    /// Where a value is there.
    var present: [Bool] {
        switch values {
        case .numeric(let values): values.map { !$0.isNaN }
        case .categorical(let values): values.map { $0 != nil }
        }
    }

    /// See ``OutcomeCopy``.
    func isOutcome(_ outcomes: [Float], leastOfEach: Int) -> Bool {
        switch values {
        case .numeric(let values): OutcomeCopy.isOne(of: outcomes, leastOfEach: leastOfEach) { values[$0].isNaN ? nil : values[$0] }
        case .categorical(let values): OutcomeCopy.isOne(of: outcomes, leastOfEach: leastOfEach) { values[$0] }
        }
    }
}

/// A column that is the outcome under another name or coding.
enum OutcomeCopy {
    /// Whether a column has two values, one for each outcome, wherever it is there, which it must be for some of either outcome: few could be
    /// alike by chance.
    /// - Parameter value: of an applicant; nil where missing.
    static func isOne<Value: Hashable>(of outcomes: [Float], leastOfEach: Int = 10, _ value: (Int) -> Value?) -> Bool {
        var found: (Value?, Value?) = (nil, nil), counts = (0, 0)
        for place in outcomes.indices {
            guard let own = value(place) else { continue }
            if outcomes[place] == 1 {
                guard found.1 ?? own == own else { return false }
                found.1 = own
                counts.1 += 1
            } else {
                guard found.0 ?? own == own else { return false }
                found.0 = own
                counts.0 += 1
            }
        }
        return min(counts.0, counts.1) >= leastOfEach && found.0 != found.1
    }
}
