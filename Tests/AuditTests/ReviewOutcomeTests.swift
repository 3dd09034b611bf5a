import Audit
import DurableFiles
import Evaluation
import Foundation
import Testing

/// What verdicts say of all labels, and what follows from it.
@Suite struct ReviewOutcomeTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    private func reading(_ design: ReviewDesign, _ sheets: [[UInt8]]) -> SheetReading {
        SheetReading(contents: sheets.enumerated().map { ("sheet\($0.offset + 1).csv", $0.element) }, of: design)
    }

    /// By hand: each stratum's share times its sessions.
    @Test func estimatesWeighTheStrata() throws {
        let design = try ReviewSamples.design(folder)
        // Wrong are all pays in strata of unsure labels; everybody else is right, and sessions without intent with an even number need help.
        func shows(_ item: Int, _ intent: String) -> Bool {
            let own = design.items[item]
            if intent == "help" { return own.given.isEmpty && Int(own.session.dropFirst())! % 8 == 0 }
            return own.given.contains(intent) && !(intent == "pay" && design.strata[own.stratum].band == .unsure)
        }
        let estimates = design.estimates { shows($0, design.intents[$1].id) }
        let pay = try #require(estimates.first { $0.intent == "pay" })
        let all = design.strata.reduce(0) { $0 + ($1.given["pay"] ?? 0) }
        let wrong = design.strata.filter { $0.band == .unsure }.reduce(0) { $0 + ($1.given["pay"] ?? 0) }
        #expect(pay.given == all && wrong > 0)
        #expect(abs(pay.precision!.estimate - Double(all - wrong) / Double(all)) < 1e-9)
        #expect(pay.recall!.estimate == 1 && pay.recall!.lower < 1 && pay.missed == 0)
        let help = try #require(estimates.first { $0.intent == "help" })
        #expect(help.precision == nil && help.recall!.estimate == 0 && help.missed > 0 && help.given == 0)
        // Nothing judged, nothing said.
        #expect(design.estimates { _, _ in nil }.allSatisfy { $0.precision == nil && $0.recall == nil && $0.judged == 0 })
    }

    /// A census says the truth and nothing else.
    @Test func aCensusIsExact() throws {
        let design = try ReviewSamples.design(folder) { $0.size = 200 }
        #expect(design.items.count == 200 && design.items.allSatisfy { $0.weight == 1 })
        func shows(_ item: Int, _ k: Int) -> Bool { Int(design.items[item].session.dropFirst())! % (k + 3) == 0 }
        for (k, estimate) in design.estimates(shows).enumerated() {
            let given = design.items.indices.filter { design.items[$0].given.contains(design.intents[k].id) }
            let both = given.count { shows($0, k) }, present = design.items.indices.count { shows($0, k) }
            if !given.isEmpty {
                let precision = Double(both) / Double(given.count)
                #expect(abs(estimate.precision!.lower - precision) < 1e-9 && abs(estimate.precision!.upper - precision) < 1e-9)
            }
            let recall = Double(both) / Double(present)
            #expect(abs(estimate.recall!.lower - recall) < 1e-9 && abs(estimate.recall!.upper - recall) < 1e-9)
        }
    }

    /// Two of three decide; two who differ do not; the adjudicator does.
    @Test func theMajorityHolds() throws {
        let design = try ReviewSamples.design(folder) { ($0.reviewers, $0.overlap) = (["anna", "ben", "cleo"], 3) }
        let sheets = (0..<3).map { who in
            ReviewSamples.sheet(design, who) { _, number in
                switch number {
                case 0: (["pay", "pay", "compare"][who], "")
                case 1: (["pay", "unsure", "compare"][who], "")
                case 2: ("unsure", "")
                default: ("right", "")
                }
            }
        }
        let consensus = ReviewConsensus(reading(design, sheets), of: design)
        #expect(
            consensus.shows[0] == [true, false, false] && consensus.shows[1] == [nil, nil, false] && consensus.shows[2] == [nil, nil, nil])
        #expect(consensus.tied == [1] && consensus.unsure == 1 && consensus.judged == design.items.count - 1)
        let last = ReviewSamples.sheet(design, nil, only: [1]) { _, _ in ("compare", "") }
        let decided = ReviewConsensus(reading(design, sheets + [last]), of: design)
        #expect(decided.shows[1] == [false, true, false] && decided.tied.isEmpty)
        // Who has the last word does not count as one of those who agree or not.
        let outcome = ReviewOutcome(reading(design, sheets + [last]), of: design, rounds: 100)
        #expect(outcome.agreement.first?.items == design.items.count - 1)
        #expect(ReviewOutcome(reading(design, sheets), of: design, rounds: 100).toDo.contains { $0.contains("reviewers are tied: 1;") })
    }

    /// Cohen's kappa of a two by two table computed by hand: 20 agree on presence, 20 on absence, 5 and 5 differ.
    @Test func kappaIsThatOfTheTable() throws {
        let design = try ReviewSamples.design(folder) { ($0.size, $0.perIntent, $0.reviewers, $0.overlap) = (50, 0, ["anna", "ben"], 2) }
        try #require(design.items.count == 50)
        let sheets = (0..<2).map { who in
            ReviewSamples.sheet(design, who) { _, number in
                let isPresent = number < 20 || (number < 25 && who == 0) || (25..<30).contains(number) && who == 1
                return (isPresent ? "help" : "none", "")
            }
        }
        let rows = ReviewAgreement.measured(reading(design, sheets), of: design)
        let help = try #require(rows.first { $0.intent == "help" })
        // 0.8 agree; by chance 0.5 · 0.5 + 0.5 · 0.5.
        #expect(abs(help.observed - 0.8) < 1e-12 && abs(help.cohen!.estimate - 0.6) < 1e-12 && help.fleiss == nil)
        #expect(help.cohen!.lower > 0.3 && help.cohen!.lower < 0.45 && help.cohen!.upper > 0.7 && help.cohen!.upper < 0.85)
        #expect(rows.first?.intent == "" && rows.count == 2)
    }

    /// Where all agree there is still a doubt, and it shrinks with the items.
    @Test func fullAgreementIsNotCertain() throws {
        let design = try ReviewSamples.design(folder) { ($0.reviewers, $0.overlap) = (["anna", "ben"], 2) }
        let sheets = (0..<2).map { who in ReviewSamples.sheet(design, who) { _, number in (number % 2 == 0 ? "pay" : "help", "") } }
        let all = try #require(ReviewAgreement.measured(reading(design, sheets), of: design).first)
        #expect(all.observed == 1 && all.cohen?.estimate == 1 && all.cohen!.lower < 0.95 && all.cohen!.lower > 0.7)
    }

    /// Only what is shown to be below is suspended; the careful suspend what is not proven.
    @Test func suspensionNeedsTheWholeInterval() throws {
        let design = try ReviewSamples.design(folder)
        // Nearly all compares are wrong, pays are right, and of neither kind all.
        let sheet = ReviewSamples.sheet(design, 0) { item, number in
            if item.given.first == "compare" { return (number % 9 == 0 ? "right" : "wrong", number % 9 == 0 ? "" : "help") }
            return ("right", "")
        }
        let verdicts = reading(design, [sheet])
        let outcome = ReviewOutcome(verdicts, of: design, floor: 0.7, rounds: 50)
        func row(_ intent: String, _ outcome: ReviewOutcome) throws -> ReviewOutcome.Judgement {
            try #require(outcome.intents.first { $0.estimate.intent == intent })
        }
        #expect(try row("compare", outcome).standing == .below && row("pay", outcome).standing == .proven)
        #expect(try row("help", outcome).standing == .unknown && outcome.toSuspend == ["compare"])
        let high = ReviewOutcome(verdicts, of: design, floor: 0.99, rounds: 50)
        #expect(try row("pay", high).standing == .open && high.toSuspend == ["compare"])
        #expect(try row("pay", high).needed! > row("pay", high).estimate.judged)
        #expect(ReviewOutcome(verdicts, of: design, floor: 0.99, suspendsOpen: true, rounds: 50).toSuspend == ["pay", "compare"])
        #expect(ReviewOutcome(verdicts, of: design, rounds: 50).toSuspend.isEmpty)
        #expect(outcome.text.contains("suspend (below)") && outcome.text.contains("compare: suspend it; its precision is below the floor"))
    }

    /// A population of strata of one session each: four sessions pay, each on its own device, 58 have nothing.
    private func singletons() throws -> ReviewDesign {
        let items = (0..<62).map { number in
            LabelledItem(
                "s\(number)", given: number < 4 ? [.init("pay", probability: 0.9)] : [], nearest: number < 4 ? nil : 0.1,
                slice: "device \(number)")
        }
        let source = ReviewPopulation.Source(
            kind: "labels", name: "l", digest: "", classifier: "c1a5", taxonomy: "shop 1", taxonomyDigest: "7a30")
        return try ReviewDesign(
            ReviewPopulation(items, source: source), intents: ReviewSamples.intents, .init(size: 62, perIntent: 0, by: "device"))
    }

    /// One verdict of sixty-two suspends nothing and proves nothing.
    @Test func oneVerdictTakesNoIntent() throws {
        let design = try singletons()
        try #require(design.items.count == 62 && design.strata.allSatisfy { $0.population == 1 })
        func outcome(_ word: String, _ floor: Double, of wanted: Int = 1) throws -> ReviewOutcome {
            let chosen = Set(design.items.indices.filter { design.items[$0].given == ["pay"] }.prefix(wanted))
            let sheet = ReviewSamples.sheet(design, 0) { _, number in (chosen.contains(number) ? word : "", "") }
            let read = reading(design, [sheet])
            try #require(read.findings.isEmpty)
            return ReviewOutcome(read, of: design, floor: floor, rounds: 50)
        }
        for floor in [0.5, 0.7, 0.9, 0.97] {
            let wrong = try outcome("wrong", floor)
            let pay = try #require(wrong.intents.first { $0.estimate.intent == "pay" })
            #expect(wrong.toSuspend.isEmpty && pay.standing == .open && pay.estimate.judged == 1 && pay.estimate.given == 4)
            #expect(pay.estimate.precision!.lower == 0 && pay.estimate.precision!.upper > 0.75)
            #expect(wrong.whollyRight!.upper > 0.75 && pay.estimate.recall == nil)
            #expect(pay.needed == 4)
        }
        let right = try outcome("right", 0.7)
        #expect(right.whollyRight!.estimate == 1 && right.whollyRight!.lower < 0.25)
        let pay = try #require(right.intents.first { $0.estimate.intent == "pay" })
        #expect(pay.standing == .open && pay.estimate.precision!.lower < 0.25 && pay.estimate.recall == nil)
        // All four there are: of these nothing is left to be told, of sessions to come they say little.
        let all = try outcome("wrong", 0.7, of: 4)
        #expect(all.toSuspend.isEmpty && all.intents[0].estimate.precision?.upper == 0)
    }

    /// Of many sessions four wrong verdicts decide nothing, five do.
    @Test func suspensionNeedsFiveVerdicts() throws {
        let design = try ReviewSamples.design(folder) { ($0.size, $0.first) = (150, .random) }
        func outcome(_ count: Int) -> ReviewOutcome {
            var left = count
            let sheet = ReviewSamples.sheet(design, 0) { item, _ in
                guard item.given == ["compare"], left > 0 else { return ("", "") }
                left -= 1
                return ("none", "")
            }
            return ReviewOutcome(reading(design, [sheet]), of: design, floor: 0.9, rounds: 50)
        }
        for count in 1...12 {
            let told = outcome(count)
            let compare = told.intents[1]
            #expect(compare.estimate.judged == count && compare.estimate.precision!.upper < 0.9 && compare.estimate.effective > 0.9)
            #expect(compare.estimate.effective <= Double(count) + 1e-9)
            let isEnough = compare.estimate.effective > ReviewOutcome.fewestVerdicts - 1e-6
            #expect(told.toSuspend == (isEnough ? ["compare"] : []), "\(count)")
            #expect((compare.standing == .open) == (count < 5 || !isEnough) && (compare.needed.map { $0 > count } ?? true))
        }
        #expect(outcome(12).toSuspend == ["compare"])
    }

    /// Sessions with the intent alone say nothing of what was missed.
    @Test func recallNeedsSessionsWithoutTheIntent() throws {
        let design = try ReviewSamples.design(folder)
        let pay = design.estimates { item, _ in design.items[item].given == ["pay"] ? true : nil }[0]
        #expect(pay.precision?.estimate == 1 && pay.judged > 5 && pay.recall == nil)
        let both = design.estimates { item, k in design.items[item].given.contains(design.intents[k].id) }[0]
        #expect(both.recall?.estimate == 1 && both.recall!.lower < 1)
    }

    @Test func verdictsGoIntoTheLedgerOnce() throws {
        let design = try ReviewSamples.design(folder)
        let ledger = try Ledger(at: folder("ledger"), .create, signingKey: LedgerFolder.key)
        let verdicts = reading(
            design, [ReviewSamples.sheet(design, 0) { _, number in (number == 0 ? "unsure" : number < 10 ? "right" : "", "") }])
        #expect(try ReviewRecord.append(verdicts, of: design, to: ledger, software: "1") == 10)
        #expect(try ReviewRecord.append(verdicts, of: design, to: ledger, software: "1") == 0)
        let changed = reading(
            design, [ReviewSamples.sheet(design, 0) { _, number in (number == 1 ? "none" : number < 11 ? "right" : "", "") }])
        let more = try ReviewRecord.append(changed, of: design, to: ledger, software: "1")
        #expect(more == (design.items[1].given.isEmpty ? 2 : 3))
        let entries = try ledger.entries(LedgerSelection(kind: .review))
        #expect(
            entries.count == 10 + more
                && entries.allSatisfy { $0.actor == "reviewer" && $0.model == [0xc1, 0xa5] && $0.taxonomy == [0x7a, 0x30] })
        #expect(String(decoding: entries[0].output, as: UTF8.self).contains("\"item\":\"\(design.name(of: 0))\""))
        #expect(try LedgerVerification.run(at: folder("ledger")).findings.isEmpty)
        // Nothing in an entry names the session.
        for entry in entries {
            let text = String(decoding: entry.output + entry.evidence, as: UTF8.self)
            #expect(!text.contains("session") && !text.contains(/"s[0-9]+"/) && entry.subject.isEmpty, "\(text)")
        }
        // The last word on each of the eleven items counts; "none" overrules what gave something.
        #expect(
            try LedgerSummary(ledger).verdicts == (design.items[1].given.isEmpty ? ["confirmed": 11] : ["confirmed": 10, "overruled": 1]))
        try ledger.append(LedgerEntry(.review, purpose: "credit", actor: "b", output: Array("{\"verdict\":\"upheld\"}".utf8)))
        try ledger.append(LedgerEntry(.review, purpose: "credit", actor: "b", output: Array("no json".utf8)))
        let told = try LedgerSummary(ledger).verdicts
        #expect(told["upheld"] == 1 && told["unreadable"] == 1)
    }

    /// The ledger knows what is suspended, also where the classifier's own file was lost.
    @Test func theLedgerKnowsWhatIsSuspended() throws {
        let design = try ReviewSamples.design(folder)
        let ledger = try Ledger(at: folder("ledger"), .create)
        func suspend(_ intent: String, _ classifier: String = "c1a5", _ taxonomy: String = "7a30") throws {
            try ledger.append(
                ReviewRecord.suspension(
                    of: intent, classifier: classifier, taxonomy: taxonomy, design: design, reason: "r", by: "risk", software: "1"))
        }
        func approve(_ intent: String, _ classifier: String) throws {
            try ledger.append(
                ReviewRecord.approval(
                    of: intent, classifier: classifier, taxonomy: "7a30", at: "2026-03-01T00:00:00Z", note: nil, by: "risk", software: "1"))
        }
        func suspended(_ classifier: String, _ taxonomy: String = "7a30") throws -> [String] {
            try ReviewRecord.suspended(in: ledger, classifier: classifier, taxonomy: taxonomy)
        }
        try suspend("pay")
        try suspend("compare")
        try suspend("help", "c1a5", "ffff")
        #expect(try suspended("c1a5") == ["compare", "pay"])
        try approve("pay", "c1a5")
        try ledger.append(
            LedgerEntry(
                .approval, purpose: "taxonomy", actor: "a", model: [0xc1, 0xa5], taxonomy: [0x7a, 0x30],
                output: Array("{\"intent\":\"compare\"}".utf8)))
        #expect(try suspended("c1a5") == ["compare"])
        try suspend("pay")
        #expect(try suspended("c1a5") == ["compare", "pay"] && suspended("C1A5") == ["compare", "pay"])
        #expect(try suspended("c1a5", "00") == [] && suspended("c1a5", "ffff") == ["help"])

        // Another classifier of the same taxonomy is held and freed by itself; ids that are no digits are compared as they are.
        #expect(try suspended("b2") == [])
        try suspend("pay", "b2")
        try suspend("pay", "no hex")
        try approve("pay", "b2")
        #expect(try suspended("b2") == [] && suspended("c1a5") == ["compare", "pay"] && suspended("no hex") == ["pay"])
        try approve("pay", "c1a5")
        #expect(try suspended("c1a5") == ["compare"] && suspended("no hex") == ["pay"])
    }

    /// Entries that name the session, as they once were written, are the same verdicts.
    @Test func earlierEntriesAreNotAppendedAgain() throws {
        let design = try ReviewSamples.design(folder)
        let ledger = try Ledger(at: folder("ledger"), .create)
        let given = design.items[0].given.sorted()
        let shows = given.map { "\"\($0)\"" }.joined(separator: ",")
        let output =
            "{\"design\":\"\(design.id)\",\"item\":\"\(design.name(of: 0))\",\"session\":\"s1\",\"shows\":[\(shows)]}"
        try ledger.append(LedgerEntry(.review, purpose: "review", actor: "reviewer", output: Array(output.utf8)))
        let same = reading(design, [ReviewSamples.sheet(design, 0) { _, number in (number == 0 ? "right" : "", "") }])
        #expect(try ReviewRecord.append(same, of: design, to: ledger, software: "1") == 0)
    }
}
