/// Several soft labels of the same examples: one booster for each, behind one value.
public struct BoostedTreesPerTarget: Sendable {
    /// One booster a target.
    public let boosters: [BoostedTrees]

    /// Targets (K).
    public var targets: Int { boosters.count }

    /// Grows one booster for each target, as many at once as there are threads; the same bytes for any number.
    /// - Parameters:
    ///   - training: N examples with targets `[N, K]`.
    ///   - validation: examples with targets `[M, K]`.
    ///   - settings: K settings, one a target; or one for all.
    ///   - targets: K, above 0.
    ///   - threads: boosters grown at once, 1 to 256. Each thread keeps its own copy of the features.
    /// - Throws: ``BoostedTreesError``, that of the first target that has one.
    public static func train(
        _ training: TreeExamples, validation: TreeExamples? = nil, _ settings: [BoostedTrees.Settings], targets: Int, threads: Int = 1
    ) throws(BoostedTreesError) -> BoostedTreesPerTarget {
        guard (1...100_000).contains(targets) else { throw .badSetting(name: "targets", found: "\(targets)", expected: "1 to 100000") }
        guard (1...256).contains(threads) else { throw .badSetting(name: "threads", found: "\(threads)", expected: "1 to 256") }
        guard settings.count == 1 || settings.count == targets else {
            throw .wrongSize(what: "settings of \(targets) targets", found: settings.count, expected: targets)
        }
        for own in settings { try BoostedTrees.check(training, validation, targets: targets, own) }
        let crew = min(threads, targets)
        // Each worker has tables of its own and takes every so-manieth target; a booster does not depend on the one before.
        let grown = ParallelWork.map(crew) { worker -> Result<[BoostedTrees], BoostedTreesError> in
            do throws(BoostedTreesError) {
                let table = try LibraryTable(training.features)
                let judge: LibraryTable?
                if let validation { judge = try LibraryTable(validation.features) } else { judge = nil }
                var boosters: [BoostedTrees] = []
                for target in stride(from: worker, to: targets, by: crew) {
                    let judged = validation.map { own in
                        TreeExamples(features: own.features, targets: column(target, of: own, targets), weights: own.weights)
                    }
                    boosters.append(
                        try BoostedTrees.grow(
                            table, column(target, of: training, targets), training.weights, judge, judged,
                            settings[settings.count == 1 ? 0 : target], columns: training.features.columns))
                }
                return .success(boosters)
            } catch { return .failure(error) }
        }
        var shares: [[BoostedTrees]] = []
        for share in grown { shares.append(try share.get()) }
        return BoostedTreesPerTarget(boosters: (0..<targets).map { shares[$0 % crew][$0 / crew] })
    }

    private static func column(_ target: Int, of examples: TreeExamples, _ targets: Int) -> [Float] {
        (0..<examples.features.rows).map { examples.targets[$0 * targets + target] }
    }

    /// Predictions of examples, `[N, K]`, from boosters of one value each.
    public func predict(_ features: TreeFeatures) throws(BoostedTreesError) -> [Float] {
        var result = [Float](repeating: 0, count: features.rows * targets)
        for (target, booster) in boosters.enumerated() {
            let own = try booster.predict(features)
            guard own.count == features.rows else {
                throw .wrongSize(what: "predictions of target \(target)", found: own.count, expected: features.rows)
            }
            for row in 0..<features.rows { result[row * targets + target] = own[row] }
        }
        return result
    }

    private static let mark = Array("TESSERA-TREES-1\n".utf8)

    /// All boosters: a mark, their number, then the length and the bytes of each; numbers of 64 bits, the lowest byte first.
    public func bytes() throws(BoostedTreesError) -> [UInt8] {
        var result = Self.mark
        func append(_ number: Int) { withUnsafeBytes(of: UInt64(number).littleEndian) { result += $0 } }
        append(targets)
        for booster in boosters {
            let own = try booster.bytes()
            append(own.count)
            result += own
        }
        return result
    }

    /// Reads what ``bytes()`` gave.
    /// - Throws: ``BoostedTreesError/badModel(reason:)``.
    public init(bytes: [UInt8], threads: Int = 1) throws(BoostedTreesError) {
        guard bytes.starts(with: Self.mark) else { throw .badModel(reason: "it is not a model of several targets, or of a newer version") }
        var place = Self.mark.count
        func number() throws(BoostedTreesError) -> Int {
            guard bytes.count - place >= 8 else { throw .badModel(reason: "it ends at byte \(bytes.count), too early") }
            var number: UInt64 = 0
            for byte in 0..<8 { number |= UInt64(bytes[place + byte]) << UInt64(8 * byte) }
            place += 8
            return Int(clamping: number)
        }
        let count = try number()
        guard count > 0, count <= 100_000 else { throw .badModel(reason: "its number of targets is not between 1 and 100000") }
        var boosters: [BoostedTrees] = []
        for _ in 0..<count {
            let length = try number()
            guard length <= bytes.count - place else { throw .badModel(reason: "it ends at byte \(bytes.count), too early") }
            boosters.append(try BoostedTrees(bytes: Array(bytes[place..<place + length]), threads: threads))
            place += length
        }
        guard place == bytes.count else { throw .badModel(reason: "\(bytes.count - place) bytes follow the last target") }
        guard boosters.allSatisfy({ $0.columns == boosters[0].columns && $0.objective.groups == 1 }) else {
            throw .badModel(reason: "its targets have different features, or more than one value")
        }
        self.boosters = boosters
    }

    private init(boosters: [BoostedTrees]) { self.boosters = boosters }
}
