internal import BoostedTrees
internal import CreditRisk

/// Rows learnt from, rows that choose and stop, and rows that judge: numbers of the rows, none in two parts.
struct CreditSplit: Sendable {
    let seed: Int
    let learnt: [Int]
    let validation: [Int]
    let tested: [Int]

    /// All rows that models may see, rising.
    var training: [Int] { (learnt + validation).sorted() }

    /// - Parameter training: rows that models may see; a share of them, by customer and outcome, chooses and stops.
    init(seed: Int, training: [Int], tested: [Int], of table: CreditTable, validationShare: Double) throws {
        let own = table.selecting(training)
        let folds = try GroupFolds(
            groups: own.customers, positives: own.outcomes.map { $0 == 1 }, count: max(2, Int((1 / validationShare).rounded())),
            seed: UInt64(seed))
        (self.seed, self.tested) = (seed, tested)
        learnt = folds.rows(outside: 0).map { training[$0] }
        validation = folds.rows(in: 0).map { training[$0] }
    }

    /// 70 % of each outcome trains, the rest judges, drawn anew for each seed.
    static func stratified(_ table: CreditTable, seed: Int, validationShare: Double) throws -> CreditSplit {
        let rows = TabularSet.Split.stratified(outcome: table.outcomes.map { $0 == 1 }, share: 0.7, seed: UInt64(seed))
        return try CreditSplit(seed: seed, training: rows.training, tested: rows.test, of: table, validationShare: validationShare)
    }

    /// Each of five parts judges once; parts are drawn anew for each seed.
    static func folds(_ table: CreditTable, seed: Int, validationShare: Double) throws -> [CreditSplit] {
        let folds = try GroupFolds(
            groups: table.customers, positives: table.outcomes.map { $0 == 1 }, count: 5, seed: UInt64(1_000 + seed))
        return try (0..<folds.count).map { part in
            try CreditSplit(
                seed: seed, training: folds.rows(outside: part), tested: folds.rows(in: part), of: table, validationShare: validationShare)
        }
    }
}
