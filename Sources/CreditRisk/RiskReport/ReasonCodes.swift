/// Why an applicant's risk is above the average: the columns that raise it most, each with a code and a text that stay the same from run to
/// run, as a notice of adverse action needs (Siddiqi, 2006, chapter 6; Regulation B, 12 CFR 1002.9, asks for the principal reasons).
public struct ReasonCatalog: Sendable, Equatable, Codable {
    /// What is said of one column.
    public struct Entry: Sendable, Equatable, Codable {
        /// A short code, such as `R07`.
        public var code: String
        /// What the applicant reads.
        public var text: String

        /// See the properties.
        public init(code: String, text: String) { (self.code, self.text) = (code, text) }
    }

    /// By column.
    public let entries: [String: Entry]

    /// A catalogue written by people: columns without an entry get their name for a code and a plain text.
    public init(_ entries: [String: Entry] = [:]) { self.entries = entries }

    /// The code and text of a column.
    public func entry(_ column: String) -> Entry {
        entries[column] ?? Entry(code: column, text: "\(column): worse than that of the average applicant")
    }
}

/// The reasons of one applicant, worst first.
public struct ReasonCodes: Sendable, Equatable, Codable {
    /// One of them.
    public struct Reason: Sendable, Equatable, Codable {
        /// From the catalogue.
        public var code: String
        /// From the catalogue.
        public var text: String
        /// Log odds that the column adds, above 0.
        public var contribution: Double
    }

    /// The columns that raise the risk most, at most as many as asked for; fewer where fewer raise it. Equal ones stand in the order of the
    /// columns.
    public let reasons: [Reason]

    /// The reasons of every applicant.
    /// - Parameters:
    ///   - contributions: what each column adds to the log odds; above 0 is adverse.
    ///   - most: reasons of an applicant, from 1.
    /// - Throws: ``RiskReportError`` where `most` is not possible or a contribution is not a number.
    /// - Complexity: O(B C log C).
    public static func of(
        _ contributions: CreditContributions, most: Int = 4, catalog: ReasonCatalog = ReasonCatalog()
    ) throws(RiskReportError) -> [ReasonCodes] {
        let entries = contributions.columns.map { catalog.entry($0) }
        return try top(contributions, most).enumerated().map { applicant, columns in
            let terms = contributions.terms(of: applicant)
            return ReasonCodes(
                reasons: columns.map {
                    Reason(code: entries[$0].code, text: entries[$0].text, contribution: Double(terms[terms.startIndex + $0]))
                })
        }
    }

    private static func top(_ contributions: CreditContributions, _ most: Int) throws(RiskReportError) -> [[Int]] {
        guard (1...1_000).contains(most) else { throw .badSetting(name: "number of reasons", expected: "between 1 and 1000") }
        var result: [[Int]] = []
        for applicant in 0..<contributions.count {
            let terms = Array(contributions.terms(of: applicant))
            guard terms.allSatisfy(\.isFinite) else {
                throw .applicants("applicant \(applicant) (from 0): a contribution is not a finite number; train the model anew")
            }
            let adverse = terms.indices.filter { terms[$0] > 0 }.sorted { (terms[$1], $0) < (terms[$0], $1) }
            result.append(Array(adverse.prefix(most)))
        }
        return result
    }

    /// How far models that differ by their seed alone agree on the reasons.
    public struct Stability: Sendable, Equatable, Codable {
        /// Mean over applicants and pairs of models: reasons in both over the longer list's length; 1 where neither gives any.
        public var overlap: Double
        /// Share of applicants and pairs with the same first reason, or none in both.
        public var sameFirst: Double
        /// Models compared.
        public var models: Int
        /// Applicants compared.
        public var applicants: Int
        /// Reasons of an applicant at most.
        public var most: Int
    }

    /// Compares every pair of models.
    /// - Parameter models: contributions of the same applicants and columns, by two models or more.
    /// - Throws: ``RiskReportError`` where there are fewer, or applicants or columns differ.
    public static func stability(_ models: [CreditContributions], most: Int = 4) throws(RiskReportError) -> Stability {
        guard models.count > 1, models[0].count > 0 else {
            throw .applicants("\(models.count) models of \(models.first?.count ?? 0) applicants; give two models of some applicants")
        }
        guard models.allSatisfy({ $0.columns == models[0].columns && $0.count == models[0].count }) else {
            throw .applicants("models explain other applicants or columns than one another; give the same to all")
        }
        var tops: [[[Int]]] = []
        for model in models { tops.append(try top(model, most)) }
        var (overlap, same, pairs) = (0.0, 0.0, 0.0)
        for first in tops.indices {
            for second in tops.indices.dropFirst(first + 1) {
                for (a, b) in zip(tops[first], tops[second]) {
                    let longer = max(a.count, b.count)
                    overlap += longer == 0 ? 1 : Double(Set(a).intersection(b).count) / Double(longer)
                    if a.first == b.first { same += 1 }
                    pairs += 1
                }
            }
        }
        return Stability(
            overlap: overlap / pairs, sameFirst: same / pairs, models: models.count, applicants: models[0].count, most: most)
    }
}
