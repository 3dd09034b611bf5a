import FoundationEssentials
import SyntheticBank
import Testing

/// The files of the app's side, read back.
struct AppFiles {
    struct Tile {
        var tile: Substring
        var position: Int
        var clicked: Bool
        var probability: Double
        var share: Double
        var reference: Double?
        var shownProbability: Double
    }

    struct Impression {
        var id: Substring
        var time: Int64
        var customer: Substring
        var tiles: [Tile]
    }

    var impressions: [Impression] = []
    /// By customer.
    var segments: [Substring: Substring] = [:]
    var customers: [[Substring]]

    /// - Throws: what reading throws; a row that cannot be read stops the test.
    init(_ scratch: Scratch, _ folder: String = "out") throws {
        customers = Array(try scratch.rows("\(folder)/app/customers.csv").dropFirst())
        for row in customers { segments[row[0]] = row[3] }
        let truth = try scratch.rows("\(folder)/truth/impressions.csv").dropFirst()
        let rows = try scratch.rows("\(folder)/app/impressions.csv").dropFirst()
        try #require(rows.count == truth.count)
        for (row, hidden) in zip(rows, truth) {
            try #require(row[0] == hidden[0] && row[3] == hidden[1])
            let tile = Tile(
                tile: row[3], position: try #require(Int(row[4])), clicked: row[5] == "1", probability: try #require(Double(row[6])),
                share: try #require(Double(hidden[2])), reference: Double(hidden[3]), shownProbability: try #require(Double(hidden[4])))
            if impressions.last?.id != row[0] {
                impressions.append(Impression(id: row[0], time: try #require(Int64(row[1])), customer: row[2], tiles: []))
            }
            impressions[impressions.count - 1].tiles.append(tile)
        }
    }

    /// Writes a bank without a reference and with few futures, unless more is asked for.
    static func simulate(
        _ scratch: Scratch, visitors: Int, seed: UInt64 = 3, in folder: String = "out",
        _ change: (inout BankConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = BankConfiguration(visitors: visitors)
        (configuration.formats, configuration.computesReference, configuration.app.futures) = ([.csv], false, 1)
        change(&configuration)
        _ = try BankSimulation(configuration: configuration, seed: seed).write(to: "\(scratch.path)/\(folder)")
    }
}

@Suite("The simulated bank's app")
struct AppTests {
    @Test("Every need has affinities to tiles there are; every segment has tiles enough on the first day; two tiles are new")
    func catalogue() {
        let tiles = TileCatalogue.all
        #expect(Set(tiles.map(\.id)).count == tiles.count)
        #expect(Set(TileCatalogue.affinity.keys) == Set(NeedCatalogue.all.map(\.id)))
        for (need, row) in TileCatalogue.affinity {
            #expect(row.values.allSatisfy { $0 > 0 && $0 <= 1 }, "\(need)")
            #expect(Set(row.keys).isSubset(of: Set(tiles.map(\.id))), "\(need)")
        }
        for segment in CustomerSegment.allCases {
            #expect(tiles.filter { !$0.isNew && $0.segments.contains(segment) }.count >= 6, "\(segment)")
        }
        #expect(tiles.filter(\.isNew).count == 2)
        #expect(tiles.allSatisfy { $0.ages.count == 5 && ($0.kind == .service) == ($0.product == .none) })
        #expect(Set(tiles.map(\.product)) == Set(ConversionTable.Product.allCases))
    }

    @Test("Home pages hold six different tiles the customer can get, in order, with at most one click; two in three are clicked")
    func rows() throws {
        let scratch = try Scratch()
        try AppFiles.simulate(scratch, visitors: 1500) { $0.secondBrowserShare = 0.5 }
        let files = try AppFiles(scratch)
        let catalogue = Dictionary(uniqueKeysWithValues: TileCatalogue.all.map { ($0.id, $0) })
        var late: [Substring: Int64] = [:]
        for row in try scratch.rows("out/app/tiles.csv").dropFirst() {
            #expect(row[1] == catalogue[String(row[0])]?.product.rawValue ?? "" && row[3] == (row[5].isEmpty ? "0" : "1"))
            if let time = Int64(row[5]) { late[row[0]] = time }
        }
        #expect(late.count == 2)
        for page in files.impressions {
            let segment = try #require(files.segments[page.customer].flatMap { CustomerSegment(rawValue: String($0)) })
            #expect(page.tiles.map(\.position) == Array(1...6) && Set(page.tiles.map(\.tile)).count == 6)
            #expect(page.tiles.filter(\.clicked).count <= 1)
            #expect(abs(page.tiles.reduce(0) { $0 + $1.share } - 1) < 1e-5 && page.tiles.allSatisfy { $0.reference == nil })
            #expect(page.tiles.reduce(0) { $0 + $1.probability } < 1 + 1e-5)
            for tile in page.tiles {
                #expect(catalogue[String(tile.tile)]?.segments.contains(segment) == true)
                if let from = late[tile.tile] { #expect(page.time >= from) }
            }
        }
        #expect(files.impressions.contains { $0.tiles.contains { late[$0.tile] != nil } })
        #expect(Set(files.impressions.map(\.id)).count == files.impressions.count)
        for (a, b) in zip(files.impressions, files.impressions.dropFirst()) where a.customer == b.customer { #expect(a.time <= b.time) }
        let clicked = Double(files.impressions.count { $0.tiles.contains(where: \.clicked) }) / Double(files.impressions.count)
        #expect((0.58...0.72).contains(clicked), "\(clicked)")
        // Each customer once, and only customers; a customer id of the clicks is one of them.
        #expect(files.segments.count == files.customers.count && files.customers.allSatisfy { $0.count == 9 })
        #expect(try scratch.rows("out/app/decisions.csv").dropFirst().map { $0[2] } == files.customers.map { $0[0] })
        #expect(Set(try scratch.rows("out/clicks.csv").dropFirst().map { $0[2] }.filter { !$0.isEmpty }).isSubset(of: files.segments.keys))
    }

    @Test("The application after a session is that session's conversion, so many days after its end; others come on top")
    func applications() throws {
        let scratch = try Scratch()
        for (folder, base) in [("out", 0.06), ("none", 0)] {
            try AppFiles.simulate(scratch, visitors: 1500, in: folder) { $0.app.baseApplications = base }
            var end: [Substring: Int64] = [:]
            var customers: [Substring: Substring] = [:]
            for row in try scratch.rows("\(folder)/clicks.csv").dropFirst() {
                end[row[1]] = Int64(row[3])
            }
            for row in try scratch.rows("\(folder)/app/links.csv").dropFirst() { customers[row[0]] = row[2] }
            var left: [[Substring]: [Int64]] = [:]
            for row in try scratch.rows("\(folder)/app/applications.csv").dropFirst() {
                left[[row[0], row[2]], default: []].append(try #require(Int64(row[1])))
            }
            let all = left.values.reduce(0) { $0 + $1.count }
            var expected: [(after: Int64, key: [Substring])] = []
            for row in try scratch.rows("\(folder)/truth/conversions.csv").dropFirst() {
                guard let customer = customers[row[0]], let days = Int64(row[3]) else { continue }
                expected.append((try #require(end[row[1]]) + days * 86_400_000, [customer, row[2]]))
            }
            // Each takes the first application of its day that is left, the earliest day first: so that none takes another's.
            for (after, key) in expected.sorted(by: { $0.after < $1.after }) {
                let times = (left[key] ?? []).sorted()
                let place = times.firstIndex { (after..<after + 86_400_000).contains($0) }
                let own = try #require(place, "no application of a session within the day from \(after)")
                left[key] = Array(times[..<own]) + Array(times[(own + 1)...])
            }
            let linked = expected.count
            #expect(linked > 300)
            let rest = left.values.reduce(0) { $0 + $1.count }
            // Browsers that were never linked have applications, too; customers of the others have none left where nothing else adds any.
            let known = Set(customers.values)
            let mine = left.filter { known.contains($0.key[0]) }.values.reduce(0) { $0 + $1.count }
            #expect(base > 0 ? mine > 20 : mine < linked / 10, "\(mine) of \(rest) left of \(all)")
        }
    }

    @Test("Links are those of the clicks and others the bank sent, at their times, and say of which customer a browser is")
    func linkTable() throws {
        let scratch = try Scratch()
        try AppFiles.simulate(scratch, visitors: 1500) { $0.secondBrowserShare = 0.4 }
        var start: [Substring: Substring] = [:]
        var logins: [Substring: [Substring]] = [:]
        for row in try scratch.rows("out/clicks.csv").dropFirst() {
            if start[row[1]] == nil { start[row[1]] = row[3] }
            if !row[2].isEmpty && logins[row[1]] == nil { logins[row[1]] = [row[0], row[1], row[2], row[3], "login"] }
        }
        let rows = Array(try scratch.rows("out/app/links.csv").dropFirst())
        #expect(rows.filter { $0[4] == "login" }.count == logins.count)
        var customers: [Substring: Substring] = [:]
        var sent = 0.0
        for row in rows {
            #expect(row[1].dropFirst().prefix(7) == row[0].dropFirst() && customers[row[0], default: row[2]] == row[2])
            customers[row[0]] = row[2]
            if row[4] == "login" { #expect(logins[row[1]] == row) } else { #expect(row[4] == "sent-link" && row[3] == start[row[1]]) }
            sent += row[4] == "login" ? 0 : 1
        }
        // Two browsers of one customer, and links in six of ten sessions of the browsers that have any (more of these, having one).
        #expect(Set(customers.values).count < customers.count - 20)
        let sessions = Double(start.keys.count { customers["v" + $0.dropFirst().prefix(7)] != nil })
        #expect((0.6...0.72).contains(sent / sessions), "\(sent) of \(sessions)")
    }

    @Test("Fewer links take customer ids away and nothing else, home pages and applications least of all")
    func links() throws {
        let scratch = try Scratch()
        try AppFiles.simulate(scratch, visitors: 800, in: "all")
        try AppFiles.simulate(scratch, visitors: 800, in: "few") { $0.app.linkShare = 0.3 }
        func known(_ folder: String) throws -> Int {
            Set(try scratch.rows("\(folder)/clicks.csv").dropFirst().filter { !$0[2].isEmpty }.map { $0[1] }).count
        }
        let (all, few) = (Double(try known("all")), Double(try known("few")))
        #expect(abs(few - 0.3 * all) < 4.5 * (0.21 * all).squareRoot(), "\(few) of \(all)")
        func anonymous(_ folder: String) throws -> [[Substring]] {
            try scratch.rows("\(folder)/clicks.csv").map { Array($0[0..<2]) + Array($0[3...]) }
        }
        #expect(try anonymous("all") == anonymous("few"))
        for file in ["app/impressions.csv", "app/applications.csv", "app/decisions.csv", "truth/decisions.csv", "truth/conversions.csv"] {
            #expect(try scratch.text("all/" + file) == scratch.text("few/" + file), "\(file)")
        }
    }

    @Test("Settings reach what they are about: strength, tiles shown, opens")
    func settings() throws {
        let scratch = try Scratch()
        try AppFiles.simulate(scratch, visitors: 600, in: "few") { configuration in
            configuration.app.tilesShown = 3
            configuration.app.meanOpens = 0
            configuration.app.followShare = 1
        }
        let files = try AppFiles(scratch, "few")
        #expect(files.impressions.allSatisfy { $0.tiles.count == 3 })
        // One open after each session of a customer, and no other.
        let sessions = try scratch.rows("few/truth/sessions.csv").dropFirst().count { $0[3] == "0" }
        #expect(files.impressions.count > sessions / 3 && files.impressions.count < sessions * 6 / 10)
        try AppFiles.simulate(scratch, visitors: 600, in: "none") { configuration in
            configuration.app.intentStrength = 0
            configuration.computesReference = true
        }
        // Where needs do not pull, knowing them is worth nothing.
        for page in try AppFiles(scratch, "none").impressions {
            for tile in page.tiles { #expect(abs(tile.share - (tile.reference ?? 0)) < 2e-6) }
        }
    }

    @Test("A recipe from before there was an app is still read")
    func oldRecipe() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let text = String(decoding: try encoder.encode(BankConfiguration()), as: UTF8.self)
        let start = try #require(text.firstRange(of: "\"app\":{"))
        let end = try #require(text[start.upperBound...].firstIndex(of: "}"))
        let old = text[..<start.lowerBound] + text[text.index(end, offsetBy: 2)...]
        #expect(try JSONDecoder().decode(BankConfiguration.self, from: Data(old.utf8)) == BankConfiguration())
    }
}
