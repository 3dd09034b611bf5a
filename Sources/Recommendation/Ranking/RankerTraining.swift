internal import BoostedTrees
internal import Evaluation
public import SequenceKernel

extension TileRanker {
    /// What a training gives.
    public struct Trained: Sendable {
        /// Taught on all impressions with a click.
        public let ranker: TileRanker
        /// Probabilities of each tile by a ranker that saw no impression of its customer, but whose penalty and shares were fitted on all of
        /// these, `[T]`; NaN in impressions without a click.
        public let heldOut: [Float]
    }

    /// Trains a ranker; the same bytes at any number of threads.
    ///
    /// ```
    /// parts of customers → for each part: networks, plain sum, trees taught on the others score it   → penalty of the sum, share of each
    ///                      and networks, plain sum, trees taught on all                              → those that are kept
    /// ```
    /// - Parameter progress: called with the share done, now and then; false stops.
    /// - Throws: ``RankingError`` where settings are not possible, customers are too few, or a loss is not a number.
    public static func train(
        _ examples: RankingExamples, _ settings: TileRankerSettings = TileRankerSettings(), pool: WorkerPool,
        progress: (Double) -> Bool = { _ in true }
    ) throws(RankingError) -> Trained {
        try settings.validate()
        let decisions = examples.clickedDecisions
        guard !decisions.isEmpty else {
            throw .tooFew(reason: "no impression has a click", remedy: "give impressions with clicks, or look at the column of clicks")
        }
        let folds = try CustomerFolds(customers: decisions.map { examples.customer[$0] }, count: settings.folds, seed: settings.seed)
        let work = RankerWork(examples, decisions, settings)
        // The last "part" is nobody's: networks taught on all.
        let parts = (0...folds.count).map { part in
            work.part(decisions.indices.filter { folds.fold[$0] != part }.map { decisions[$0] })
        }
        // The plain sum on all waits until its penalty is known.
        let jobs = parts.indices.flatMap { part in
            (0..<work.members + (part < folds.count ? work.sums : 0)).map { (part: part, member: $0) }
        }
        var taught: [Result<RankerWork.Taught, RankingError>?] = []
        for start in stride(from: 0, to: jobs.count, by: pool.threads) {
            guard progress(Double(start) / Double(jobs.count)) else { throw .cancelled }
            let wave = jobs[start..<min(jobs.count, start + pool.threads)]
            var results = [Result<RankerWork.Taught, RankingError>?](repeating: nil, count: wave.count)
            results.withUnsafeMutableBufferPointer { results in
                nonisolated(unsafe) let base = results.baseAddress!
                pool.run(wave.count) { index, _ in
                    let job = wave[wave.startIndex + index]
                    let seed = RandomSource.mix(settings.seed ^ UInt64(job.part << 16 | job.member))
                    base[index] = work.teach(parts[job.part], member: job.member, seed: seed)
                }
            }
            taught += results
        }
        var rankers: [TileRanker] = []
        var sums = [[ConditionalLogit]](repeating: [], count: parts.count)
        var losses: [Double] = []
        for part in parts.indices {
            var (members, trees): ([RankerMember], [BoostedTrees]) = ([], [])
            for index in jobs.indices where jobs[index].part == part {
                switch try taught[index]!.get() {
                case .network(let member, let loss):
                    members.append(member)
                    if part == folds.count { losses.append(loss) }
                case .trees(let own): trees.append(own)
                case .sums(let path): sums[part] = path
                }
            }
            rankers.append(
                TileRanker(
                    settings, catalogue: examples.catalogue, members: members, linear: nil, trees: trees, blend: .networkAlone,
                    inputs: parts[part].inputs, card: RankerCard()))
        }
        guard progress(0.99) else { throw .cancelled }
        var trained = try calibrated(rankers, sums, work, decisions, folds, pool)
        trained.card.trainLoss = losses.reduce(0, +) / Double(losses.count)
        let last = rankers[folds.count]
        // By the same way as in the parts, from strong penalties to weak ones.
        let tried = settings.linear.penalties.filter { $0 >= trained.card.linearPenalty }
        let linear = tried.isEmpty ? nil : work.sums(parts[folds.count], tried).last
        return Trained(
            ranker: TileRanker(
                settings, catalogue: examples.catalogue, members: last.members, linear: linear, trees: last.trees, blend: trained.blend,
                inputs: last.inputs, card: trained.card),
            heldOut: trained.heldOut)
    }

    /// Scores each part by those that did not see it, and fits on these what makes probabilities of scores.
    ///
    /// The customers are not seen by what is scored, but they choose the penalty and the shares: the card's figures are a little too good.
    /// - Parameter sums: of each part, one for each penalty; empty without.
    private static func calibrated(
        _ rankers: [TileRanker], _ sums: [[ConditionalLogit]], _ work: RankerWork, _ decisions: [Int], _ folds: CustomerFolds,
        _ pool: WorkerPool
    ) throws(RankingError) -> (blend: RankerBlend, card: RankerCard, heldOut: [Float]) {
        let examples = work.examples
        let hasTrees = !rankers[0].trees.isEmpty
        let penalties = rankers[0].settings.linear.penalties.sorted(by: >)
        let none = [Float](repeating: 0, count: examples.rowCount)
        var (networks, margins) = (none, hasTrees ? none : [])
        var linear = [[Float]](repeating: none, count: penalties.count)
        for part in 0..<folds.count {
            let own = decisions.indices.filter { folds.fold[$0] == part }.map { decisions[$0] }
            guard !own.isEmpty else { continue }
            let rows = own.flatMap { examples.rows($0) }
            func place(_ scores: [Float], in column: inout [Float]) { for (score, row) in zip(scores, rows) { column[row] = score } }
            place(rankers[part].scores(examples, own, .networkAlone, pool), in: &networks)
            for (number, sum) in sums[part].enumerated() {
                place(rankers[part].with(sum).scores(examples, own, .linearAlone, pool), in: &linear[number])
            }
            if hasTrees { place(try TileRanker.margins(rankers[part].trees, examples.treeRows(own)), in: &margins) }
        }
        let lists = decisions.map { examples.rows($0) }
        let weights = work.weights.isEmpty ? [] : decisions.map { Double(work.weights[$0]) }
        var card = RankerCard()
        var columns = [networks]
        if let best = linear.indices.min(by: {
            RankerBlend.loss(linear[$0], lists: lists, clicked: examples.clicked, weights: weights)
                < RankerBlend.loss(linear[$1], lists: lists, clicked: examples.clicked, weights: weights)
        }) {
            columns.append(linear[best])
            card.linearPenalty = penalties[best]
            card.linearImpressions = min(decisions.count, rankers[0].settings.linear.impressions)
        }
        if hasTrees { columns.append(margins) }
        let shares = RankerBlend.fit(columns, lists: lists, clicked: examples.clicked, weights: weights).map(Float.init)
        let blend = RankerBlend(
            network: shares[0], linear: penalties.isEmpty ? 0 : shares[1], trees: hasTrees ? shares[shares.count - 1] : 0)
        var heldOut = [Float](repeating: .nan, count: examples.rowCount)
        for rows in lists {
            for row in rows { heldOut[row] = columns.indices.reduce(0) { $0 + shares[$1] * columns[$1][row] } }
        }
        let scored = heldOut
        heldOut.withUnsafeMutableBufferPointer { heldOut in
            for rows in lists { softmax(heldOut.baseAddress! + rows.lowerBound, rows.count) }
        }
        (card.impressions, card.withoutClick) = (decisions.count, examples.count - decisions.count)
        card.customers = Set(decisions.map { examples.customer[$0] }).count
        let judged = ListMetrics(lists: lists, clicked: examples.clicked, scores: scored)
        card.heldOutLogLoss = RankerBlend.loss(scored, lists: lists, clicked: examples.clicked, weights: weights) / Double(decisions.count)
        card.heldOutReciprocalRank = judged.ranking.mrr(at: .max)
        (card.networkShare, card.linearShare, card.treeShare) = (Double(blend.network), Double(blend.linear), Double(blend.trees))
        return (blend, card, heldOut)
    }
}

/// What all members learn from, and how.
struct RankerWork: Sendable {
    /// What one job gives.
    enum Taught: Sendable {
        case network(RankerMember, loss: Double)
        case trees(BoostedTrees)
        /// One for each penalty, strongest first.
        case sums([ConditionalLogit])
    }

    /// The impressions that some members learn from.
    struct Part: Sendable {
        let decisions: [Int]
        let inputs: (context: RankerInputs, tile: RankerInputs)
    }

    let examples: RankingExamples
    let settings: TileRankerSettings
    /// How much each decision counts, `[D]`; empty for all alike.
    let weights: [Float]
    let positions: Int

    init(_ examples: RankingExamples, _ decisions: [Int], _ settings: TileRankerSettings) {
        (self.examples, self.settings) = (examples, settings)
        positions = settings.examination ? min(1_000, Int(examples.position.max() ?? 0)) : 0
        weights = settings.inversePropensity ? Self.inversePropensities(examples, decisions, clip: settings.propensityClip) : []
    }

    /// 1 / probability of the clicked tile to be shown where it was, at most `clip`; 1 where unknown. Brought to mean 1 over the decisions.
    static func inversePropensities(_ examples: RankingExamples, _ decisions: [Int], clip: Double) -> [Float] {
        var weights = [Float](repeating: 1, count: examples.count)
        var sum = 0.0
        for decision in decisions {
            let known = examples.rows(decision).filter { examples.clicked[$0] && !examples.propensity[$0].isNaN }
            if !known.isEmpty {
                let mean = known.reduce(0.0) { $0 + min(clip, 1 / Double(examples.propensity[$1])) } / Double(known.count)
                weights[decision] = Float(mean)
            }
            sum += Double(weights[decision])
        }
        let mean = Float(sum / Double(max(1, decisions.count)))
        return weights.map { $0 / mean }
    }

    func part(_ decisions: [Int]) -> Part {
        Part(
            decisions: decisions,
            inputs: (
                RankerInputs(examples.contextNames, examples.context, rows: decisions),
                RankerInputs(examples.tileFeatureNames, examples.tileFeatures, rows: decisions.lazy.flatMap { examples.rows($0) })
            ))
    }

    func teach(_ part: Part, member: Int, seed: UInt64) -> Result<Taught, RankingError> {
        if member >= members { return .success(.sums(sums(part, settings.linear.penalties))) }
        return member < settings.members ? network(part, seed) : trees(part, seed)
    }

    /// Networks and sets of trees.
    var members: Int { settings.members + (settings.trees?.members ?? 0) }
    /// 1 where there is a plain sum.
    var sums: Int { settings.linear.penalties.isEmpty ? 0 : 1 }

    /// One plain sum for each penalty, strongest first.
    func sums(_ part: Part, _ penalties: [Double]) -> [ConditionalLogit] {
        ConditionalLogitFit(
            examples, part.decisions, part.inputs, weights: weights, positions: positions, limit: settings.linear.impressions
        )
        .path(penalties)
    }

    private func network(_ part: Part, _ seed: UInt64) -> Result<Taught, RankingError> {
        let network = TileNetwork(
            context: part.inputs.context.width, tile: part.inputs.tile.width, catalogue: examples.catalogue.count, hidden: settings.hidden,
            width: settings.width, positions: positions, inputDropout: settings.inputDropout, dropout: settings.dropout)
        let weights = ParameterVector(network.parameters, seed: seed)
        let objective = RankingObjective(
            network, examples, part.inputs, weights: self.weights, unknownShare: settings.unknownShare)
        let trainer = Trainer(
            objective, weights: weights, pool: WorkerPool(threads: 1), optimizer: AdamW(weightDecay: settings.weightDecay), seed: seed)
        var loop = TrainingLoop(
            TrainingPlan(
                epochs: settings.epochs,
                schedule: Schedule(shape: .cosine, peak: settings.learningRate, warmUpShare: 0.05, floorShare: 0)))
        do {
            let source = ShuffledDecisions(part.decisions, batchImpressions: settings.batchImpressions, seed: seed)
            let outcome = try loop.run(trainer, source)
            return .success(.network(RankerMember(network, weights), loss: outcome.trainLoss))
        } catch TrainingError.notFinite(let step, let rate) {
            return .failure(.notFinite(step: step, learningRate: rate))
        } catch {
            preconditionFailure("TileRanker: the loop threw what it does not throw: \(error)")
        }
    }

    private func trees(_ part: Part, _ seed: UInt64) -> Result<Taught, RankingError> {
        guard let wanted = settings.trees else { preconditionFailure("TileRanker: trees are not wanted") }
        var own = BoostedTrees.Settings(.listwise)
        (own.rounds, own.depth, own.learningRate) = (wanted.rounds, wanted.depth, wanted.learningRate)
        (own.subsample, own.columnSample, own.lambda) = (wanted.subsample, wanted.columnSample, wanted.lambda)
        (own.minimumChildWeight, own.seed) = (wanted.minimumChildWeight, UInt32(truncatingIfNeeded: seed))
        do throws(BoostedTreesError) {
            let table = try TreeFeatures.dense(
                examples.treeRows(part.decisions), columns: examples.tileFeatureNames.count + examples.contextNames.count)
            let targets = part.decisions.flatMap { decision -> [Float] in
                examples.rows(decision).map { examples.clicked[$0] ? 1 : 0 }
            }
            let lists = part.decisions.map { examples.rows($0).count }
            let weights =
                self.weights.isEmpty ? nil : part.decisions.flatMap { [Float](repeating: self.weights[$0], count: examples.rows($0).count) }
            return .success(
                .trees(try BoostedTrees.train(TreeExamples(features: table, targets: targets, weights: weights, lists: lists), own)))
        } catch {
            return .failure(.trees(error.description))
        }
    }
}

extension RankingExamples {
    /// Tile features and context of each tile row of some decisions, `[N, F + C]`: what trees read.
    func treeRows(_ decisions: [Int]) -> [Float] {
        let (own, others) = (contextNames.count, tileFeatureNames.count)
        var rows: [Float] = []
        rows.reserveCapacity(decisions.reduce(0) { $0 + self.rows($1).count } * (own + others))
        for decision in decisions {
            for row in self.rows(decision) {
                rows += tileFeatures[row * others..<(row + 1) * others]
                rows += context[decision * own..<(decision + 1) * own]
            }
        }
        return rows
    }
}

extension TileRanker {
    /// Weights by 1 / probability, as training uses them.
    package static func inversePropensities(_ examples: RankingExamples, clip: Double) -> [Float] {
        RankerWork.inversePropensities(examples, examples.clickedDecisions, clip: clip)
    }
}
