extension CustomerFolds {
    /// Folds of impressions with a click.
    /// - Throws: ``RankingError/tooFew(reason:remedy:)`` for fewer customers than folds.
    init(customers: [Int32], count: Int, seed: UInt64) throws(RankingError) {
        let found = Set(customers).count
        guard found >= count else {
            throw .tooFew(
                reason: "\(found) customers clicked on a tile, and \(count) parts of them are to be set aside in turn",
                remedy: "give impressions of more customers, or set fewer `folds`")
        }
        self.init(customers, count: count, seed: seed)
    }
}
