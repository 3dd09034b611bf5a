public import BoostedTrees

/// Applicants as a table: features by column, known at the decision, and what became of them.
public struct CreditTable: Sendable {
    /// One feature of all applicants.
    public struct Column: Sendable, Equatable {
        /// Its values.
        public enum Values: Sendable, Equatable {
            /// Numbers, `[B]`; NaN where missing.
            case numeric([Float])
            /// Categories, `[B]`; nil where missing.
            case categorical([String?])
        }

        /// What it is called.
        public let name: String
        /// Its values.
        public let values: Values

        /// Numbers, NaN where missing.
        public static func numeric(_ name: String, _ values: [Float]) -> Column { Column(name: name, values: .numeric(values)) }
        /// Categories, nil where missing.
        public static func categorical(_ name: String, _ values: [String?]) -> Column { Column(name: name, values: .categorical(values)) }

        /// Values (B).
        public var count: Int {
            switch values {
            case .numeric(let values): values.count
            case .categorical(let values): values.count
            }
        }

        func selecting(_ rows: [Int]) -> Column {
            switch values {
            case .numeric(let values): .numeric(name, rows.map { values[$0] })
            case .categorical(let values): .categorical(name, rows.map { values[$0] })
            }
        }
    }

    /// Numbers that tell customers apart, `[B]`; one may have applied several times.
    public let customers: [UInt64]
    /// 1 overdue, 0 not, NaN not known, `[B]`.
    public let outcomes: [Float]
    /// The features.
    public let columns: [Column]

    /// Applicants (B).
    public var count: Int { customers.count }

    /// - Throws: ``CreditBaselineError`` where sizes differ, two columns have one name, a number is infinite, or an outcome is neither 0, 1 nor NaN.
    public init(customers: [UInt64], outcomes: [Float]? = nil, columns: [Column]) throws(CreditBaselineError) {
        let outcomes = outcomes ?? [Float](repeating: .nan, count: customers.count)
        guard outcomes.count == customers.count else {
            throw .table("\(customers.count) customers and \(outcomes.count) outcomes; give one of each an applicant")
        }
        guard !columns.isEmpty else { throw .table("there are no columns; give at least one feature") }
        var names = Set<String>()
        for column in columns {
            guard names.insert(column.name).inserted else { throw .table("two columns are called \"\(column.name)\"; rename one") }
            guard column.count == customers.count else {
                throw .table("column \"\(column.name)\" has \(column.count) values for \(customers.count) applicants; give one each")
            }
            if case .numeric(let values) = column.values, let place = values.firstIndex(where: \.isInfinite) {
                throw .table(
                    "column \"\(column.name)\", applicant \(place) (from 0): the value is infinite; give a number, or NaN for missing")
            }
        }
        if let place = outcomes.firstIndex(where: { !$0.isNaN && $0 != 0 && $0 != 1 }) {
            throw .table("applicant \(place) (from 0): the outcome is neither 0 nor 1; 1 is overdue, 0 is not, NaN is not known")
        }
        (self.customers, self.outcomes, self.columns) = (customers, outcomes, columns)
    }

    private init(_ customers: [UInt64], _ outcomes: [Float], _ columns: [Column]) {
        (self.customers, self.outcomes, self.columns) = (customers, outcomes, columns)
    }

    /// The applicants with these numbers, in this order; traps on one that is not there.
    public func selecting(_ rows: [Int]) -> CreditTable {
        CreditTable(rows.map { customers[$0] }, rows.map { outcomes[$0] }, columns.map { $0.selecting(rows) })
    }

    /// These applicants and others after them.
    /// - Throws: ``CreditBaselineError/otherColumns(_:)`` where the others have other columns.
    public func appending(_ others: CreditTable) throws(CreditBaselineError) -> CreditTable {
        guard others.columns.map(\.name) == columns.map(\.name) else {
            throw .otherColumns("those to be added have other names")
        }
        var joined: [Column] = []
        for (own, other) in zip(columns, others.columns) {
            switch (own.values, other.values) {
            case (.numeric(let first), .numeric(let second)): joined.append(.numeric(own.name, first + second))
            case (.categorical(let first), .categorical(let second)): joined.append(.categorical(own.name, first + second))
            default: throw .otherColumns("\"\(own.name)\" is a number in one table and a category in the other")
            }
        }
        return CreditTable(customers + others.customers, outcomes + others.outcomes, joined)
    }

    /// The table without some columns. - Throws: ``CreditBaselineError/table(_:)`` where none is left, or one is not there.
    public func dropping(_ names: Set<String>) throws(CreditBaselineError) -> CreditTable {
        if let name = names.sorted().first(where: { name in !columns.contains { $0.name == name } }) {
            throw .table("no column is called \"\(name)\"; correct the name")
        }
        let kept = columns.filter { !names.contains($0.name) }
        guard !kept.isEmpty else { throw .table("no column is left; keep at least one feature") }
        return CreditTable(customers, outcomes, kept)
    }

    /// Refuses applicants that nothing can be learnt from.
    func refuseUnlearnable(_ what: String) throws(CreditBaselineError) {
        let unknown = outcomes.count { $0.isNaN }
        guard unknown == 0 else {
            throw .examples("\(unknown) of \(what) have no outcome; leave them out, or give them their outcome")
        }
        guard outcomes.contains(0), outcomes.contains(1) else {
            throw .examples("\(what) all have the same outcome; give some of both")
        }
    }

    /// Refuses customers that are in both tables.
    func refuseShared(with other: CreditTable, _ what: String) throws(CreditBaselineError) {
        let theirs = Set(other.customers)
        let shared = customers.count { theirs.contains($0) }
        guard shared == 0 else {
            throw .examples("\(shared) of \(what) are customers who are also among those learnt from; split by customer")
        }
    }
}

/// What is wrong with tables, settings or models of the baselines. No message holds a customer's number or a value.
public enum CreditBaselineError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Columns do not fit together.
    case table(String)
    /// A setting that cannot be meant.
    case badSetting(name: String, expected: String)
    /// Applicants that nothing can be learnt from.
    case examples(String)
    /// A table has other columns than the training.
    case otherColumns(String)
    /// The kind of model has no terms that add up to its score.
    case noContributions(kind: String)
    /// What trees refused.
    case trees(BoostedTreesError)
    /// What the perceptron refused.
    case perceptron(IntentionHabitError)

    /// Place, reason, remedy.
    public var description: String {
        switch self {
        case .table(let reason): "applicants: \(reason)"
        case .badSetting(let name, let expected): "settings: \(name) must be \(expected)"
        case .examples(let reason): "examples: \(reason)"
        case .otherColumns(let reason): "applicants: \(reason); give the columns of the training in their order"
        case .noContributions(let kind): "reasons: \(kind) has no terms that add up to its score; use another kind of model for them"
        case .trees(let error): error.description
        case .perceptron(let error): error.description
        }
    }
}
