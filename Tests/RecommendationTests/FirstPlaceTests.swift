import Evaluation
import Recommendation
import SequenceKernel
import Testing

/// Pages of two of three tiles, drawn one after the other; whoever is of kind k likes tile k.
private struct Pages {
    static let names = ["a", "b", "c"]
    static let logging: [Float] = [0.5, 0.3, 0.2]
    var kinds: [Int] = []
    let log: ImpressionLog
    /// Of each impression all three tiles, and those shown, as a ranker takes them.
    let (all, shown): (RankingExamples, RankingExamples)

    static func rate(_ kind: Int, _ tile: Int) -> Float { kind == tile ? 0.6 : 0.15 }

    init(_ count: Int, seed: UInt64, firstCustomer: Int32 = 0) throws {
        var source = UnitSource(seed)
        var text = "impression_id,time_ms,customer_id,tile,position,clicked,probability\n"
        func draw(_ weights: [Float]) -> Int {
            var point = source.unit() * weights.reduce(0, +)
            return weights.indices.first { index in
                point -= weights[index]
                return point < 0
            } ?? weights.count - 1
        }
        var (shownTiles, clicked): ([Int32], [Bool]) = ([], [])
        for impression in 0..<count {
            kinds.append(draw([1, 1, 1]))
            let first = draw(Self.logging)
            var left = Self.logging
            left[first] = 0
            let page = [first, draw(left)]
            let click = source.unit() < Self.rate(kinds[impression], first) ? 0 : source.unit() < 0.3 ? 1 : -1
            for (place, tile) in page.enumerated() {
                text += "i\(impression),\(1000 + impression),c\(impression / 2),\(Self.names[tile]),\(place + 1),\(place == click ? 1 : 0),"
                text += "\(Self.logging[tile])\n"
                shownTiles.append(Int32(tile))
                clicked.append(place == click)
            }
        }
        var customers = CustomerIndex()
        log = try ImpressionLog(TinyCorpus().table(text, needed: "impression_id"), customers: &customers)
        let context = kinds.flatMap { kind in (0..<3).map { $0 == kind ? 1 : 0 as Float } }
        func examples(_ tiles: [Int32], _ clicked: [Bool], _ width: Int) throws -> RankingExamples {
            try RankingExamples(
                contextNames: ["0", "1", "2"], context: context, offsets: (0...count).map { $0 * width }, catalogue: Self.names,
                tile: tiles, tileFeatureNames: [], tileFeatures: [], position: tiles.indices.map { Int32($0 % width) + 1 },
                clicked: clicked, customer: (0..<count).map { firstCustomer + Int32($0 / 2) }, time: [Int64](repeating: 0, count: count))
        }
        all = try examples((0..<count).flatMap { _ in [0, 1, 2] }, [Bool](repeating: false, count: 3 * count), 3)
        shown = try examples(shownTiles, clicked, 2)
    }

    /// Places of the three tiles among the names of the log.
    var places: [Int32] { Self.names.map { Int32(log.tileNames.firstIndex(of: $0)!) } }
    var firsts: FirstPlaceLog { FirstPlaceLog(log, impressions: Array(0..<kinds.count)) }
    func policy(_ shares: (Int) -> [Float]) -> FirstPlacePolicy {
        var policy = FirstPlacePolicy()
        for kind in kinds { policy.add(zip(places, shares(kind)).map { (tile: $0, share: $1) }) }
        return policy
    }
}

/// What another policy would earn on the first place.
@Suite struct FirstPlaceTests {
    private let settings = OffPolicySettings(resampling: Resampling(rounds: 300))

    @Test func theLoggingPolicyEarnsWhatItEarned() throws {
        let pages = try Pages(4_000, seed: 1)
        let firsts = pages.firsts
        #expect(firsts.count == 4_000 && firsts.withoutProbability == 0 && !firsts.showsAll)
        let own = try firsts.estimate(pages.policy { _ in Pages.logging }, settings)
        let clicked = (0..<4_000).count { pages.log.click($0) == 0 }
        #expect(own.rewarded == clicked && own.rewarded < pages.log.clicked.count { $0 }, "clicks below the first place do not count")
        #expect(abs(own.loggingPolicy.estimate - Double(clicked) / 4_000) < 1e-9)
        #expect(abs(own.inversePropensity.estimate - own.loggingPolicy.estimate) < 1e-6)
        #expect(abs(own.effectiveSampleSize - 4_000) < 0.01 && abs(own.meanWeight - 1) < 1e-6)
        let robust = try #require(own.doublyRobust)
        #expect(robust.lower < own.loggingPolicy.estimate && own.loggingPolicy.estimate < robust.upper)
        #expect(own.resampled == "2000 of customers, with all their rows")
    }

    @Test func aBetterPolicyIsFoundToBeBetter() throws {
        let pages = try Pages(8_000, seed: 2)
        let best = try pages.firsts.estimate(pages.policy { kind in (0..<3).map { $0 == kind ? 1 : 0 } }, settings)
        for interval in [best.inversePropensity, best.selfNormalised, best.doublyRobust!] {
            #expect(interval.lower < 0.6 && 0.6 < interval.upper && abs(interval.estimate - 0.6) < 0.05)
        }
        #expect(best.loggingPolicy.upper < 0.4, "0.3 is what nobody's taste earns")
        #expect(abs(best.meanWeight - 1) < 0.1 && best.largestWeight == 1 / Double(Float(0.2)))
        // The best of the two that a draw happened to show is another policy, and its weights do not fit.
        var among = FirstPlacePolicy()
        for impression in pages.kinds.indices {
            let rows = pages.log.offsets[impression]..<pages.log.offsets[impression + 1]
            let liked = pages.places[pages.kinds[impression]]
            let tile = rows.map { pages.log.tiles[$0] }.max { ($0 == liked ? 1 : 0, $0) < ($1 == liked ? 1 : 0, $1) }!
            among.add([(tile: tile, share: 1)])
        }
        #expect(abs(try pages.firsts.estimate(among, settings).meanWeight - 1) > 0.2)
    }

    @Test func aRankersBestTileStandsFirst() throws {
        let (taught, pages) = (try Pages(3_000, seed: 3, firstCustomer: 10_000), try Pages(6_000, seed: 4))
        var training = TileRankerSettings()
        (training.members, training.epochs, training.hidden) = (1, 6, 8)
        let pool = WorkerPool(threads: 2)
        let ranker = try TileRanker.train(taught.shown, training, pool: pool).ranker
        func choices(_ isAllowed: (Int, Int) -> Bool) throws -> FirstPlacePolicy {
            var policy = FirstPlacePolicy()
            let names = pages.kinds.flatMap { _ in pages.places }
            try policy.add(bestOf: ranker, pages.all, names: names, pool: pool, isAllowed: isAllowed)
            return policy
        }
        let policy = try choices { _, _ in true }
        let chosen = policy.tiles.map { pages.places.firstIndex(of: $0)! }
        #expect(policy.probabilities.allSatisfy { $0 == 1 } && chosen == pages.kinds, "two clicks tell three tastes apart")
        let truth = zip(pages.kinds, chosen).reduce(0.0) { $0 + Double(Pages.rate($1.0, $1.1)) } / Double(pages.kinds.count)
        let estimate = try pages.firsts.estimate(policy, settings)
        for interval in [estimate.inversePropensity, estimate.selfNormalised, estimate.doublyRobust!] {
            #expect(interval.lower < truth && truth < interval.upper)
        }
        // A tile that may not be shown is not, and impressions of which none may be are left out.
        let ruled = try choices { impression, row in impression > 0 && row % 3 != 2 }
        #expect(ruled.rows(0).isEmpty && !ruled.tiles.contains(pages.places[2]) && ruled.tiles.count == pages.kinds.count - 1)
        #expect(try pages.firsts.estimate(ruled, settings).rows == pages.kinds.count - 1)
        #expect(throws: RankingError.self) {
            var policy = FirstPlacePolicy()
            try policy.add(bestOf: ranker, pages.all, names: [0], pool: pool) { _, _ in true }
        }
    }

    @Test func whatIsNotKnownOfTheFirstPlaceIsLeftOutAndCounted() throws {
        func log(_ rows: String) throws -> ImpressionLog {
            var customers = CustomerIndex()
            let text = "impression_id,time_ms,customer_id,tile,position,clicked,probability\n" + rows
            return try ImpressionLog(TinyCorpus().table(text, needed: "impression_id"), customers: &customers)
        }
        let whole = try log("i,1,a,x,1,1,0.75\ni,1,a,y,2,0,0.25\n")
        #expect(FirstPlaceLog(whole, impressions: [0]).showsAll)
        let mixed = try log(
            "i,1,a,x,1,1,0.75\ni,1,a,y,2,0,0.25\nj,2,a,x,1,1,\nj,2,a,y,2,0,0.5\nk,3,b,x,2,0,0.5\nl,4,b,y,1,0,0\nm,5,b,y,1,1,0.5\n")
        let firsts = FirstPlaceLog(mixed, impressions: [0, 1, 2, 3, 4])
        #expect(firsts.impressions == [0, 4] && firsts.withoutProbability == 3 && firsts.clicks == [1, 1] && !firsts.showsAll)
        #expect(throws: OffPolicyError.self) { try firsts.estimate(FirstPlacePolicy()) }
        var nothing = FirstPlacePolicy()
        for _ in 0..<2 { nothing.add([]) }
        #expect(throws: OffPolicyError.self) { try firsts.estimate(nothing) }
    }
}
