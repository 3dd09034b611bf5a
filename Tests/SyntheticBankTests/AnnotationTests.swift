import FoundationEssentials
import SyntheticBank
import Testing

@Suite("Simulated annotators")
struct AnnotationTests {
    /// A line of the label file.
    struct Label: Decodable {
        var session_id: String
        var user_id: String
        var intents: [String: Double]
        var annotator: String
        var annotator_version: String
        var time: Int64

        var top: String? { intents.max { $0.value < $1.value }?.key }
    }

    static func labels(_ scratch: Scratch, _ folder: String = "out") throws -> [Label] {
        try scratch.text("\(folder)/labels/annotators.jsonl").split(separator: "\n").map {
            try JSONDecoder().decode(Label.self, from: Data($0.utf8))
        }
    }

    private static func simulate(
        _ scratch: Scratch, visitors: Int, seed: UInt64 = 3, in folder: String = "out",
        _ change: (inout BankConfiguration) -> Void = { _ in }
    ) throws -> BankSimulation.Summary {
        var configuration = BankConfiguration(visitors: visitors)
        configuration.formats = [.csv]
        change(&configuration)
        return try BankSimulation(configuration: configuration, seed: seed).write(to: "\(scratch.path)/\(folder)")
    }

    @Test("Annotator a labels every human session, b a quarter; nobody labels bots; rows say that they are simulated")
    func rows() throws {
        let scratch = try Scratch()
        let summary = try Self.simulate(scratch, visitors: 1500) { $0.botShare = 0.1 }
        let truth = try scratch.rows("out/truth/sessions.csv").dropFirst()
        let human = Set(truth.filter { $0[3] == "0" }.map { String($0[0]) })
        let visitors = Dictionary(uniqueKeysWithValues: truth.map { (String($0[0]), String($0[1])) })
        var last: [String: Int64] = [:]
        for row in try scratch.rows("out/clicks.csv").dropFirst() { last[String(row[1])] = Int64(row[3]) }
        let needs = Set(NeedCatalogue.all.map(\.id))
        let labels = try Self.labels(scratch)
        var named = [0, 0, 0, 0]
        for label in labels {
            #expect(label.annotator == "simulated-a" || label.annotator == "simulated-b")
            #expect(label.annotator_version == "1")
            #expect(label.user_id == visitors[label.session_id])
            #expect(label.time * 1000 > last[label.session_id]! - 86_400_000 && label.time.isMultiple(of: 86_400))
            #expect(label.intents.count <= 3)
            named[min(3, label.intents.count)] += 1
            let confidences = label.intents.values.sorted(by: >)
            for (id, confidence) in label.intents {
                #expect(needs.contains(id))
                let twentieths = confidence * 20
                #expect((4...20).contains(twentieths.rounded()) && abs(twentieths - twentieths.rounded()) < 1e-9)
            }
            if confidences.count > 1 { #expect(confidences[0] > confidences[1], "the first is not alone") }
        }
        #expect(named.allSatisfy { $0 > labels.count / 50 }, "none to three intents: \(named)")
        let byA = labels.filter { $0.annotator == "simulated-a" }.map(\.session_id)
        let byB = labels.filter { $0.annotator == "simulated-b" }.map(\.session_id)
        #expect(Set(byA) == human && byA.count == human.count && human.count == summary.sessions - summary.botSessions)
        #expect(Set(byB).isSubset(of: human) && Set(byB).count == byB.count)
        let share = Double(byB.count) / Double(human.count)
        #expect(abs(share - 0.25) < 4.5 * (0.25 * 0.75 / Double(human.count)).squareRoot(), "b labelled \(share)")
        #expect(try scratch.text("out/README.txt").contains("SIMULATED labels"))
    }

    @Test("The teacher can be beaten: about three quarters of the best possible guess", arguments: [UInt64(1), 2])
    func teacher(seed: UInt64) throws {
        let scratch = try Scratch()
        let summary = try Self.simulate(scratch, visitors: 3000, seed: seed)
        let needs = Dictionary(uniqueKeysWithValues: try scratch.rows("out/truth/sessions.csv").dropFirst().map { (String($0[0]), $0[4]) })
        let labels = try Self.labels(scratch)
        let byA = labels.filter { $0.annotator == "simulated-a" }
        let right = byA.filter { label in label.top.map { $0 == needs[label.session_id]! } ?? false }
        let (teacher, reference) = (try #require(summary.teacherAccuracy), try #require(summary.referenceAccuracy))
        #expect(abs(teacher - Double(right.count) / Double(byA.count)) < 1e-12)
        #expect((0.68...0.8).contains(teacher / reference), "seed \(seed): teacher \(teacher), reference \(reference)")

        // Confidence says something: the surer half is right more often.
        let sorted = byA.filter { $0.top != nil }.sorted {
            ($0.intents.values.max()!, $0.session_id) > ($1.intents.values.max()!, $1.session_id)
        }
        func accuracy(_ part: some Collection<Label>) -> Double {
            Double(part.count { $0.top! == needs[$0.session_id]! }) / Double(part.count)
        }
        let (sure, unsure) = (accuracy(sorted.prefix(sorted.count / 2)), accuracy(sorted.suffix(sorted.count / 2)))
        #expect(sure > unsure + 0.1, "seed \(seed): \(sure) and \(unsure)")

        // Cohen's kappa of the first intents of a and b, none being a class of its own.
        let firsts = Dictionary(uniqueKeysWithValues: byA.map { ($0.session_id, $0.top ?? "") })
        let pairs = labels.filter { $0.annotator == "simulated-b" }.map { (firsts[$0.session_id]!, $0.top ?? "") }
        let observed = Double(pairs.count { $0.0 == $0.1 }) / Double(pairs.count)
        var (a, b): ([String: Double], [String: Double]) = ([:], [:])
        for (one, other) in pairs {
            a[one, default: 0] += 1 / Double(pairs.count)
            b[other, default: 0] += 1 / Double(pairs.count)
        }
        let chance = a.reduce(0) { $0 + $1.value * (b[$1.key] ?? 0) }
        let kappa = (observed - chance) / (1 - chance)
        #expect((0.3...0.65).contains(kappa), "seed \(seed): kappa \(kappa)")
        // Slips fall apart given the session: where both are wrong they mostly name different intents.
        let wrong = labels.filter { $0.annotator == "simulated-b" }.filter { label in
            let need = String(needs[label.session_id]!)
            return firsts[label.session_id]! != need && label.top ?? "" != need
        }
        #expect(wrong.contains { firsts[$0.session_id]! != $0.top ?? "" })
    }

    @Test("Without slips, blur and silence the teacher says what the best possible guess says")
    func perfect() throws {
        let scratch = try Scratch()
        let summary = try Self.simulate(scratch, visitors: 500) {
            $0.annotation.a = .init(share: 1, slip: 0, idleSlip: 0)
            ($0.annotation.silence, $0.annotation.idleSilence, $0.annotation.confidenceNoise) = (0, 0, 0)
            $0.annotation.temperature = 1
        }
        let best = Dictionary(
            uniqueKeysWithValues: try scratch.rows("out/truth/sessions.csv").dropFirst().map {
                (String($0[0]), (String($0[5]), Double($0[6]) ?? 0))
            })
        for label in try Self.labels(scratch) where label.annotator == "simulated-a" {
            let (need, probability) = best[label.session_id]!
            // Rounded to twentieths, a probability from 0.175 on is worth a word.
            if abs(probability - 0.175) < 1e-5 { continue }
            #expect(label.top == (probability > 0.175 ? need : nil))
            if let confidence = label.intents[need] { #expect(abs(confidence - probability) < 0.025 + 1e-5) }
        }
        #expect(summary.teacherAccuracy! <= summary.referenceAccuracy!)
    }

    @Test("Annotators are independent of each other and of the clicks")
    func independence() throws {
        let scratch = try Scratch()
        _ = try Self.simulate(scratch, visitors: 200)
        _ = try Self.simulate(scratch, visitors: 200, in: "other") {
            $0.annotation.b = .init(share: 1, slip: 0.6, idleSlip: 0.6)
            $0.conversion.noise = 0.5
        }
        for file in ["clicks.csv", "truth/sessions.csv"] {
            #expect(try scratch.text("out/\(file)") == scratch.text("other/\(file)"), "\(file)")
        }
        func lines(_ folder: String, _ annotator: String) throws -> [Substring] {
            try scratch.text("\(folder)/labels/annotators.jsonl").split(separator: "\n").filter { $0.contains("\"\(annotator)\"") }
        }
        #expect(try lines("out", "simulated-a") == lines("other", "simulated-a"))
        #expect(try lines("out", "simulated-b") != lines("other", "simulated-b"))
        #expect(try scratch.text("out/truth/conversions.csv") != scratch.text("other/truth/conversions.csv"))
        // Nobody labels: an empty file, and nothing to judge.
        let summary = try Self.simulate(scratch, visitors: 20, in: "none") { ($0.annotation.a.share, $0.annotation.b.share) = (0, 0) }
        #expect(try scratch.text("none/labels/annotators.jsonl").isEmpty && summary.teacherAccuracy == nil)
    }

    @Test("Without a reference annotators start from the true need, with doubt")
    func withoutReference() throws {
        let scratch = try Scratch()
        let summary = try Self.simulate(scratch, visitors: 2000) { $0.computesReference = false }
        let teacher = try #require(summary.teacherAccuracy)
        // Slips and silence are all that is left: three pursuits in four, a quarter of them wrong.
        #expect(summary.referenceAccuracy == nil && (0.6...0.75).contains(teacher), "\(teacher)")
    }

    @Test("A recipe from before there were annotators is still read")
    func oldRecipe() throws {
        let encoder = JSONEncoder()
        var changed = BankConfiguration(visitors: 7)
        changed.annotation.a.slip = 0.5
        changed.conversion.noise = 0.25
        let data = try encoder.encode(changed)
        #expect(try JSONDecoder().decode(BankConfiguration.self, from: data) == changed)
        let text = """
            {"adBlockerShareDesktop": 0.22, "adBlockerShareMobile": 0.07, "arrivalDays": 60, "botShare": 0.015,
            "campaignShare": 0.3, "campaignTargeting": 0.7, "computesReference": true, "customerShare": 0.45,
            "detourShare": 0.12, "disguisedBotShare": 0.25, "dwellContrast": 1, "firstDay": 20332,
            "formats": ["csv", "jsonLines"], "goalDirectedShare": 0.75, "idleTilt": 0.15, "meanFurtherSessions": 1.6,
            "misspellingShare": 0.15, "needFamilyMove": 0.2, "needPersistence": 0.6, "needQueryShare": 0.35,
            "privacyBrowserShare": 0.06, "secondBrowserShare": 0.15, "visitors": 1500}
            """
        #expect(try JSONDecoder().decode(BankConfiguration.self, from: Data(text.utf8)) == BankConfiguration(visitors: 1500))
    }
}
