import Audit
import DurableFiles
import Foundation
import Testing

/// What is drawn, and how likely.
@Suite struct ReviewDesignTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    @Test func labelsAreReadAsTheyWereWritten() throws {
        let population = try ReviewSamples.population(folder)
        #expect(population.items.count == 200 && population.source.classifier == "c1a5" && population.source.taxonomy == "shop 1.0.0")
        let two = try #require(population.items.first { $0.session == "s10" })
        #expect(two.given.map(\.intent) == ["pay", "compare"] && two.possible == ["help"] && two.given[0].evidence == ["=pay page"])
        let none = try #require(population.items.first { $0.session == "s4" })
        #expect(none.given.isEmpty && none.uncertainty == 0.9)
    }

    /// Every stratum has a share of the sample, and the weights of its items add up to its sessions.
    @Test(arguments: ReviewDesign.Preference.allCases) func everySessionHasAChance(_ first: ReviewDesign.Preference) throws {
        let design = try ReviewSamples.design(folder) { $0.first = first }
        #expect(design.items.count >= 60 && Set(design.items.map(\.session)).count == design.items.count)
        #expect(design.strata.reduce(0) { $0 + $1.population } == 200)
        for (place, stratum) in design.strata.enumerated() {
            let items = design.items.filter { $0.stratum == place }
            #expect(items.count == stratum.drawn && stratum.drawn >= min(2, stratum.population))
            #expect(abs(items.reduce(0) { $0 + $1.weight } - Double(stratum.population)) < 1e-9)
        }
        for label in ["pay", "compare"] {
            let drawn = design.strata.filter { $0.label == label }.reduce(0) { $0 + $1.drawn }
            #expect(drawn >= 20)
        }
        #expect(design.strata.contains { $0.label.isEmpty && $0.drawn >= 2 })
    }

    /// The unsure are preferred where that was wished, and only there.
    @Test func theUncertainComeFirst() throws {
        func rates(_ first: ReviewDesign.Preference) throws -> (unsure: Double, sure: Double) {
            let design = try ReviewSamples.design(folder) { ($0.first, $0.perIntent) = (first, 0) }
            func rate(_ band: ReviewDesign.Band) -> Double {
                let strata = design.strata.filter { $0.band == band && !$0.label.isEmpty }
                return Double(strata.reduce(0) { $0 + $1.drawn }) / Double(strata.reduce(0) { $0 + $1.population })
            }
            return (rate(.unsure), rate(.sure))
        }
        let uncertain = try rates(.uncertain), random = try rates(.random)
        #expect(uncertain.unsure > 1.5 * uncertain.sure && abs(random.unsure - random.sure) < 0.05, "\(uncertain) \(random)")
    }

    /// The chance that the design states is the one with which a session is drawn.
    @Test func chancesAreAsStated() throws {
        let population = try ReviewSamples.population(folder)
        var drawn: [String: Int] = [:], chances: [String: Double] = [:]
        let rounds = 400
        for seed in 0..<rounds {
            let design = try ReviewDesign(population, intents: ReviewSamples.intents, .init(size: 60, perIntent: 0, seed: UInt64(seed)))
            for item in design.items {
                drawn[item.session, default: 0] += 1
                chances[item.session] = 1 / item.weight
            }
        }
        var squares = 0.0
        for item in population.items {
            let chance = try #require(chances[item.session]), n = Double(rounds)
            let z = (Double(drawn[item.session] ?? 0) - n * chance) / (n * chance * (1 - chance)).squareRoot()
            #expect(abs(z) < 4.5, "\(item.session): \(z)")
            squares += z * z
        }
        #expect((150.0...250).contains(squares), "\(squares)")
    }

    /// Whoever has labels and seed draws this sample again, on any machine.
    @Test func theSameSeedDrawsTheSame() throws {
        let design = try ReviewSamples.design(folder)
        #expect(design.bytes == (try ReviewSamples.design(folder)).bytes)
        #expect(design.items.prefix(6).map(\.session) == GoldenDesign.sessions && String(design.id.prefix(16)) == GoldenDesign.id)
        #expect(try ReviewSamples.design(folder) { $0.seed = 4 }.items.map(\.session) != design.items.map(\.session))
        // The order of lines is nothing.
        let lines = ReviewSamples.labels().split(separator: "\n").reversed().joined(separator: "\n")
        try Data(lines.utf8).write(to: URL(filePath: folder("reversed.jsonl")))
        let turned = try ReviewDesign(
            ReviewPopulation(labels: folder("reversed.jsonl")), intents: ReviewSamples.intents, design.settings)
        #expect(turned.items == design.items)
    }

    @Test func reviewersShareTheWork() throws {
        let design = try ReviewSamples.design(folder) { ($0.reviewers, $0.overlap) = (["anna", "ben", "cleo"], 2) }
        #expect(design.items.allSatisfy { $0.reviewers.count == 2 && Set($0.reviewers).count == 2 })
        var pairs: [[Int]: Int] = [:]
        for item in design.items { pairs[item.reviewers, default: 0] += 1 }
        #expect(pairs.count == 3 && pairs.values.allSatisfy { $0 >= design.items.count / 3 - 3 }, "\(pairs)")
    }

    @Test func theFileIsReadBackAndChangesAreSeen() throws {
        let design = try ReviewSamples.design(folder)
        try design.write(to: folder("design.json"))
        #expect(try ReviewDesign(folder("design.json")) == design)
        let text = String(decoding: design.bytes, as: UTF8.self)
        for changed in [
            text.replacing("\"drawn\" : ", with: "\"drawn\" : 1"), "{", "[]", "",
            text.replacing("\"version\" : 1", with: "\"version\" : 9"),
        ] {
            #expect(throws: ReviewError.self) { try ReviewDesign(bytes: Array(changed.utf8), path: "d") }
        }
    }

    @Test func labelsThatCannotBeReviewedAreRefusedByLine() throws {
        func refusal(_ text: String) throws -> String {
            try Data(text.utf8).write(to: URL(filePath: folder("l.jsonl")))
            do { _ = try ReviewPopulation(labels: folder("l.jsonl")) } catch { return "\(error)" }
            return ""
        }
        let line = ReviewSamples.line(1)
        #expect(try refusal(line + "{}\n").contains("l.jsonl:2: this is no line of labels"))
        #expect(try refusal(line + ReviewSamples.line(2, classifier: "other")).contains("l.jsonl:2: the line is of another classifier"))
        #expect(try refusal(line + ReviewSamples.line(2, taxonomy: "other")).contains("another taxonomy"))
        #expect(try refusal("\n").contains("no labels"))
        #expect(try refusal(line + line).isEmpty)
        #expect(try !refusal(line + "{\"session\":\"secret\"}\n").contains("secret"))
        #expect(throws: ReviewError.self) { try ReviewPopulation(labels: folder("nowhere")) }
    }

    @Test func settingsThatCannotBeMetAreRefused() throws {
        let population = try ReviewSamples.population(folder)
        let changes: [(inout ReviewDesign.Settings) -> Void] = [
            { $0.size = 1 }, { $0.size = 3 }, { $0.perIntent = -1 }, { $0.reviewers = [] }, { $0.reviewers = ["a", "A"] },
            { $0.overlap = 2 },
            { $0.overlap = 0 }, { $0.reviewers = ["../a"] }, { $0.reviewers = ["adjudicator"] }, { $0.reviewers = ["intents"] },
        ]
        for change in changes {
            var settings = ReviewDesign.Settings()
            change(&settings)
            #expect(throws: ReviewError.self, "\(settings)") { try ReviewDesign(population, intents: ReviewSamples.intents, settings) }
        }
        #expect(throws: ReviewError.self) { try ReviewDesign(population, intents: Array(ReviewSamples.intents.prefix(1)), .init()) }
    }

    /// Labels in a ledger are a population, too; the last label of a session holds.
    @Test func decisionsOfALedgerAreDrawn() throws {
        let ledger = try Ledger(at: folder("ledger"), .create)
        func decision(_ text: String) -> LedgerEntry {
            LedgerEntry(.decision, purpose: "marketing", actor: "label", subject: [9], output: Array(text.utf8))
        }
        try ledger.append((0..<50).map { decision(ReviewSamples.line($0)) } + [decision("{\"rank\":1}"), decision(ReviewSamples.line(7))])
        let population = try ReviewPopulation(ledger: ledger)
        #expect(population.items.count == 50 && population.source.superseded == 1 && population.source.kind == "ledger")
        #expect(population.items.first { $0.session == "s7" }?.entry == 52)
    }
}
