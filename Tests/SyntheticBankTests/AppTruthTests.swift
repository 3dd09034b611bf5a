import FoundationEssentials
import SyntheticBank
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Everything here compares counts of one fixed seed with the sums of true probabilities, in standard deviations: 4.5 of them are met once
/// in 150,000 comparisons, and there are some hundred.
@Suite("The truth of the app's files")
struct AppTruthTests {
    private static let bound = 4.5

    @Test("Clicks by position fall as the examination says, beside the attraction of what stands there")
    func positions() throws {
        let scratch = try Scratch()
        for exponent in [0.45, 1.5] {
            try AppFiles.simulate(scratch, visitors: 2500, in: "\(exponent)") { $0.app.examinationExponent = exponent }
            let impressions = try AppFiles(scratch, "\(exponent)").impressions
            try #require(impressions.count > 4000)
            for position in 1...6 {
                let tiles = impressions.map { $0.tiles[position - 1] }
                // The examination of positions written down anew: nothing of the simulator's is asked.
                let examined = 0.98 / pow(Double(position), exponent)
                let expected = tiles.reduce(0) { $0 + examined * $1.share }
                let variance = tiles.reduce(0) { $0 + examined * $1.share * (1 - examined * $1.share) }
                let clicks = Double(tiles.count(where: \.clicked))
                #expect(
                    abs(clicks - expected) < Self.bound * variance.squareRoot(), "position \(position): \(clicks), expected \(expected)")
                for tile in tiles.prefix(50) { #expect(abs(tile.shownProbability - examined * tile.share) < 2e-6) }
            }
        }
    }

    @Test("Of clicked home pages, each tile is clicked as often as its true share says, likely ones and unlikely ones alike")
    func calibration() throws {
        let scratch = try Scratch()
        try AppFiles.simulate(scratch, visitors: 3000) { $0.app.examinationExponent = 0 }
        let impressions = try AppFiles(scratch).impressions.filter { $0.tiles.contains(where: \.clicked) }
        try #require(impressions.count > 5000)
        func check(_ sums: [Substring: (count: Double, expected: Double, variance: Double)], least: Int) {
            #expect(sums.count >= least)
            for (name, sum) in sums {
                let distance = abs(sum.count - sum.expected)
                #expect(distance < Self.bound * sum.variance.squareRoot() + 1, "\(name): \(sum.count), expected \(sum.expected)")
            }
        }
        var byTile: [Substring: (count: Double, expected: Double, variance: Double)] = [:]
        var byShare = byTile
        for tile in impressions.flatMap(\.tiles) {
            let cell = Substring("share from \(Int(tile.share * 10)) tenths")
            for name in [tile.tile, cell] {
                var sum = (name == cell ? byShare[name] : byTile[name]) ?? (0, 0, 0)
                sum = (sum.count + (tile.clicked ? 1 : 0), sum.expected + tile.share, sum.variance + tile.share * (1 - tile.share))
                if name == cell { byShare[name] = sum } else { byTile[name] = sum }
            }
        }
        check(byTile, least: 16)
        check(byShare, least: 9)
    }

    @Test("Each tile stands first as often as the logged probability says, over all home pages that could have shown it")
    func policy() throws {
        let scratch = try Scratch()
        for (folder, explored) in [("some", 0.1), ("all", 1.0)] {
            try AppFiles.simulate(scratch, visitors: 2500, in: folder) { $0.app.explorationShare = explored }
            let files = try AppFiles(scratch, folder)
            var late: [Substring: Int64] = [:]
            for row in try scratch.rows("\(folder)/app/tiles.csv").dropFirst() { late[row[0]] = Int64(row[5]) }
            for tile in TileCatalogue.all {
                let could = files.impressions.filter { page in
                    let segment = files.segments[page.customer].flatMap { CustomerSegment(rawValue: String($0)) }
                    return segment.map { tile.segments.contains($0) } ?? false && page.time >= late[Substring(tile.id)] ?? 0
                }
                // Mean of 1 / p where the tile stands first, else 0, is 1: the identity on which inverse-propensity weighting rests.
                let weights = could.map { page in page.tiles[0].tile == tile.id ? 1 / page.tiles[0].probability : 0 }
                let mean = weights.reduce(0, +) / Double(weights.count)
                let variance = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(weights.count)
                let error = (variance / Double(weights.count)).squareRoot()
                #expect(abs(mean - 1) < Self.bound * error, "\(tile.id): \(mean) +- \(error)")
            }
            if explored == 1 {
                let values = Set(files.impressions.flatMap(\.tiles).map { (1 / $0.probability).rounded() })
                // One over the number of tiles that could be had; nothing between.
                #expect(values.allSatisfy { (6...16).contains($0) } && values.count > 4, "\(values)")
            }
        }
    }

    @Test("Knowing the need is worth more than the linked sessions tell, and these are worth more than features alone")
    func worth() throws {
        let scratch = try Scratch()
        try AppFiles.simulate(scratch, visitors: 1500) { $0.computesReference = true }
        let impressions = try AppFiles(scratch).impressions.filter { $0.tiles.contains(where: \.clicked) }
        // Likelihood of the clicked one among those shown, with the known effect of the position.
        func logLoss(_ share: (AppFiles.Tile) -> Double) -> Double {
            let sum = impressions.reduce(0.0) { sum, page in
                let weights = page.tiles.map { max(share($0), 1e-6) / pow(Double($0.position), 0.45) }
                let clicked = page.tiles.firstIndex(where: \.clicked)!
                return sum - log(weights[clicked] / weights.reduce(0, +))
            }
            return sum / Double(impressions.count)
        }
        try #require(impressions.allSatisfy { $0.tiles.allSatisfy { $0.reference != nil } })
        let (truth, reference, even) = (logLoss(\.share), logLoss { $0.reference ?? 0 }, logLoss { _ in 1 })
        #expect(truth + 0.02 < reference && reference + 0.05 < even, "\(truth) \(reference) \(even)")
        for page in impressions.prefix(200) { #expect(abs(page.tiles.reduce(0) { $0 + ($1.reference ?? 0) } - 1) < 1e-5) }
    }

    @Test("Products follow decisions as often as the true probabilities say, where one is likely as where it is not")
    func decisions() throws {
        let scratch = try Scratch()
        try AppFiles.simulate(scratch, visitors: 4000) { configuration in
            configuration.secondBrowserShare = 0.4
            configuration.app.futures = 64
        }
        var applied: [Substring: [(time: Int64, product: Substring)]] = [:]
        for row in try scratch.rows("out/app/applications.csv").dropFirst() {
            applied[row[0], default: []].append((try #require(Int64(row[1])), row[2]))
        }
        var sums: [String: (count: Double, expected: Double, variance: Double)] = [:]
        var probabilities: [Substring: [Substring: Double]] = [:]
        for row in try scratch.rows("out/truth/decisions.csv").dropFirst() {
            probabilities[row[0], default: [:]][row[1]] = Double(row[2])
        }
        let rows = try scratch.rows("out/app/decisions.csv").dropFirst()
        try #require(rows.count > 1500 && probabilities.count == rows.count)
        var found = 0.0
        for row in rows {
            let time = try #require(Int64(row[1]))
            let first = applied[row[2]]?.first { $0.time > time && $0.time <= time + 30 * 86_400_000 }
            if first != nil { found += 1 }
            let own = try #require(probabilities[row[0]])
            #expect(own.count == 10 && abs(own.values.reduce(0, +) - 1) < 1e-5)
            for (product, probability) in own {
                let isIt = product == (first?.product ?? "none")
                for cell in ["\(product)", "probability from \(Int(probability * 10)) tenths"] {
                    var sum = sums[cell] ?? (0, 0, 0)
                    sum.count += isIt ? 1 : 0
                    sum.expected += probability
                    sum.variance += probability * (1 - probability)
                    sums[cell] = sum
                }
            }
        }
        // Days and 64 futures leave one part in a hundred.
        for (cell, sum) in sums {
            let bound = Self.bound * sum.variance.squareRoot() + 0.01 * sum.expected + 1
            #expect(abs(sum.count - sum.expected) < bound, "\(cell): \(sum.count), expected \(sum.expected)")
        }
        #expect(sums.count >= 18)
        let share = found / Double(rows.count)
        #expect((0.3...0.6).contains(share), "\(share)")
    }
}
