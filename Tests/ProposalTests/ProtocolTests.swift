import DurableFiles
import EventStream
import Foundation
import IntentTaxonomy
import SequenceKernel
import Synchronization
import Testing

/// Propose and annotate against a model that follows a script, through everything an answer can be.
@Suite struct ProtocolTests {
    static let taxonomy = Taxonomy(
        id: "two", version: "1.0.0", description: "For tests.",
        intents: [
            Intent(id: "cards", name: "Cards", definition: "Anything about cards."),
            Intent(id: "help", name: "Help", definition: "Anything that went wrong."),
            Intent(id: "other", name: "Other", definition: "The rest."),
        ])

    static func proposal(_ bank: Bank, intents: Int = 6, attempts: Int = 3) -> ProposalRun {
        let (floats, dimension) = bank.pageCounts()
        var choice = ProposalPlan.Settings(intents: intents, seed: 3)
        (choice.clusters, choice.batchSessions, choice.restarts, choice.mostSessions) = (20, 50, 1, 400)
        var settings = ProposalRun.Settings(id: "proposed", intents: intents)
        settings.attempts = attempts
        return ProposalRun(
            bank.corpus, plan: ProposalPlan(floats, dimension: dimension, choice, pool: WorkerPool(threads: 1)),
            summary: SessionSummary(bank.corpus), settings)
    }

    static func intent(_ id: String, replaces: [String] = [], evidence: [Int] = []) -> String {
        #"{"id":"\#(id)","name":"Name of \#(id)","definition":"What \#(id) is.","include":[],"exclude":[],"examples":[],"#
            + #""replaces":\#(replaces),"evidence":\#(evidence)}"#
    }

    static func list(_ intents: [String]) -> String { #"{"intents":[\#(intents.joined(separator: ","))]}"# }

    /// Two intents, then a third, then two of them merged.
    @Sendable static func good(_ request: ChatRequest) -> String {
        if request.name.hasSuffix("generate") { return list([intent("cards", evidence: [1, 2]), intent("loans", evidence: [3])]) }
        if request.name.hasSuffix("review") { return list([intent("cards"), intent("money", replaces: ["loans", "saving"])]) }
        return list([intent("cards"), intent("loans", evidence: [1]), intent("saving", evidence: request.name == "0002-update" ? [4] : [])])
    }

    static func annotation(_ bank: Bank, sample: Int = 12, batch: Int = 4) -> AnnotationRun {
        var settings = AnnotationRun.Settings()
        (settings.sample, settings.batchSessions) = (sample, batch)
        return AnnotationRun(bank.corpus, taxonomy: taxonomy, summary: SessionSummary(bank.corpus), settings)
    }

    static func labels(_ sessions: ClosedRange<Int>, _ intents: String = #"[{"id":"cards","confidence":0.75}]"#) -> String {
        #"{"sessions":[\#(sessions.map { #"{"session":\#($0),"intents":\#(intents)}"# }.joined(separator: ","))]}"#
    }

    @Test func goodAnswersMakeATaxonomy() throws {
        let run = Self.proposal(try Bank.shared.get())
        #expect(run.plan.batches.count > 2)
        let model = ScriptedModel { request, _ in ChatReply(Self.good(request)) }
        let result = try run.run(model)
        #expect(result.taxonomy.intents.map(\.id) == ["cards", "money", "other"])
        #expect(!result.taxonomy.isApproved && result.taxonomy.issues().allSatisfy { $0.severity == .warning })
        #expect(result.report.steps.last?.replaced == ["loans", "saving"])
        #expect(result.report.support.map(\.intent) == ["cards", "money"] && result.report.support[1].clusters.count >= 2)
        #expect(model.asked.count == run.steps && model.asked.allSatisfy { $0.complaint == nil })
        // The same answers, the same bytes.
        let again = try Self.proposal(try Bank.shared.get()).run(ScriptedModel { request, _ in ChatReply(Self.good(request)) })
        #expect(again == result)
        let estimate = run.estimate()
        #expect(estimate.requests == run.steps && estimate.inputTokens > model.asked.reduce(0) { $0 + $1.estimatedTokens })
    }

    @Test(arguments: [
        ("Certainly! Here it is:\n```json\n{GOOD}\n```\nI hope {this} helps.", true),
        ("I'm sorry, I cannot help with that.", false), ("{GOOD} and also {GOOD}", false), ("{HALF}", false), ("", false),
        (#"{"intents":[]}"#, false), (#"{"intents":"none"}"#, false), (#"{"lists":[]}"#, false), ("{{{{{{", false), ("{not json}", false),
    ]) func proseIsToleratedAroundOneObjectOnly(_ form: String, _ isGood: Bool) throws {
        let run = Self.proposal(try Bank.shared.get(), attempts: 2)
        let model = ScriptedModel { request, _ in
            let good = Self.good(request)
            return ChatReply(
                form.replacingOccurrences(of: "{GOOD}", with: good).replacingOccurrences(
                    of: "{HALF}", with: String(good.prefix(good.count / 2))))
        }
        if isGood {
            #expect(try run.run(model).taxonomy.intents.count == 3)
            return
        }
        let error = #expect(throws: ChatError.self) { try run.run(model) }
        guard case .refused("0001-generate", let reason, 2) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(model.refused == [reason] && model.asked.count == 2 && model.asked[1].complaint == reason)
        #expect(model.asked[1].userText.contains(reason) && model.asked[1].digest != model.asked[0].digest)
    }

    /// What does not follow from sessions shown or from the list before does not get in.
    @Test(arguments: [
        ([intent("cards", evidence: [999])], "was not shown"), ([intent("cards")], "no session speaks for it"),
        ([intent("Cards!", evidence: [1])], "small letters"), ([intent("other", evidence: [1])], "reserved"),
        ([intent("a", evidence: [1]), intent("a", evidence: [1])], "given twice"),
        ([intent("a", replaces: ["ghost"], evidence: [1])], "not in the list"),
        ((1...6).map { intent("i\($0)", evidence: [1]) }, "at most 5"),
        ([intent("a", evidence: [1]).replacingOccurrences(of: "What a is.", with: "Mail jo@bank.example.")], "looks like an address"),
        ([intent("a", evidence: [1]).replacingOccurrences(of: "What a is.", with: " ")], "empty"),
    ]) func inventionsAreRefused(_ intents: [String], _ reason: String) throws {
        let run = Self.proposal(try Bank.shared.get(), attempts: 1)
        let model = ScriptedModel { _, _ in ChatReply(Self.list(intents)) }
        let error = #expect(throws: ChatError.self) { try run.run(model) }
        #expect("\(error!)".contains(reason), "\(error!)")
        #expect(!"\(error!)".contains("ghost") && !"\(error!)".contains("jo@"))
    }

    @Test func nothingAgreedIsLost() throws {
        let run = Self.proposal(try Bank.shared.get(), attempts: 1)
        let forgets = ScriptedModel { request, _ in
            ChatReply(request.name.hasSuffix("update") ? Self.list([Self.intent("cards")]) : Self.good(request))
        }
        let error = #expect(throws: ChatError.self) { try run.run(forgets) }
        #expect("\(error!)".contains("neither stay nor are replaced"))
        let invents = ScriptedModel { request, _ in
            ChatReply(
                request.name.hasSuffix("review")
                    ? Self.list(["cards", "loans", "saving", "new"].map { Self.intent($0) }) : Self.good(request))
        }
        #expect("\(#expect(throws: ChatError.self) { try run.run(invents) }!)".contains("no session speaks for it"))
    }

    @Test func malformedThenMendedIsTaken() throws {
        let run = Self.proposal(try Bank.shared.get())
        let model = ScriptedModel { request, attempt in
            attempt == 1 ? ChatReply("{}") : attempt == 2 ? ChatReply(Self.good(request), ending: .cutOff) : ChatReply(Self.good(request))
        }
        let result = try run.run(model)
        #expect(result.report.steps.allSatisfy { $0.attempts == 3 })
        #expect(model.asked.map { $0.complaint != nil }.prefix(3) == [false, true, true])
        // Kept under the first asking: another run needs no answer to a complaint.
        let before = model.asked.count
        #expect(try run.run(model).taxonomy == result.taxonomy)
        #expect(model.asked.count == before)
    }

    @Test(arguments: [
        ChatError.timedOut(place: "http://x", seconds: 3, attempts: 5), .budgetSpent(limit: "3 requests", spent: "3"),
        .unreachable(place: "http://x", reason: "nobody answers there", attempts: 5),
    ]) func aRunThatStopsGoesOnWhereItWas(_ trouble: ChatError) throws {
        let run = Self.proposal(try Bank.shared.get())
        let left = Atomic<Int>(2)
        let model = ScriptedModel { request, _ throws(ChatError) in
            if left.subtract(1, ordering: .relaxed).newValue == -1 { throw trouble }
            return ChatReply(Self.good(request))
        }
        #expect(throws: trouble) { try run.run(model) }
        #expect(model.kept.count == 2)
        _ = try run.run(model)
        #expect(model.asked.count == run.steps + 1, "an answered question was asked again")
    }

    @Test func cancelStopsBeforeTheNextQuestion() throws {
        let model = ScriptedModel { request, _ in ChatReply(Self.good(request)) }
        #expect(throws: ChatError.interrupted) {
            try Self.proposal(try Bank.shared.get()).run(model, isCancelled: { model.asked.count == 1 })
        }
        #expect(model.asked.count == 1)
    }

    @Test func annotationsAreReadAndThreadsDoNotShow() throws {
        let bank = try Bank.shared.get()
        let run = Self.annotation(bank)
        let folder = try TemporaryFolder()
        var files: [String] = []
        for threads in [1, 3] {
            let model = ScriptedModel { _, _ in ChatReply(Self.labels(1...4)) }
            let result = run.run(model, pool: WorkerPool(threads: threads))
            #expect(result.annotations.count == 12 && result.stopped == nil && result.refused.isEmpty && result.awaiting.isEmpty)
            try run.write(result.annotations, annotator: "script", time: nil, to: folder("l\(threads)"))
            files.append(try folder.text("l\(threads)"))
        }
        #expect(files[0] == files[1] && files[0].split(separator: "\n").count == 12)
        #expect(files[0].contains(#""intents":{"cards":0.75}"#) && files[0].contains(bank.corpus.sessionKey(run.sessions[0])))
        // What is written can be imported.
        let (labels, refused) = try LabelSet.read(
            [folder("l1")], for: bank.corpus, taxonomy: Self.taxonomy, key: nil, annotator: nil, settings: LabelImport.Settings())
        #expect(refused.isEmpty && labels.annotations.count == 12, "\(refused)")
    }

    @Test(arguments: [
        (labels(1...3), "1 of 4 sessions are not answered"), (labels(1...5), "was not shown"), (labels(0...3), "was not shown"),
        (labels(1...4, #"[{"id":"ghost","confidence":0.5}]"#), "not in the list"),
        (labels(1...4, #"[{"id":"cards","confidence":1.5}]"#), "outside 0 to 1"),
        (labels(1...4, #"[{"id":"cards","confidence":-0.1}]"#), "outside 0 to 1"),
        (labels(1...4, #"[{"id":"cards","confidence":"high"}]"#), "wrong type"),
        (labels(1...4, #"[{"id":"cards","confidence":0.1},{"id":"cards","confidence":0.2}]"#), "twice"),
        (#"{"sessions":[{"session":1,"intents":[]},{"session":1,"intents":[]}]}"#, "answered twice"),
    ]) func annotationsThatDoNotFitAreLeftOut(_ text: String, _ reason: String) throws {
        let run = Self.annotation(try Bank.shared.get())
        let model = ScriptedModel { request, _ in ChatReply(request.name == "0002-annotate" ? text : Self.labels(1...4)) }
        let result = run.run(model, pool: WorkerPool(threads: 1))
        #expect(result.annotations.count == 8 && result.refused.count == 1 && result.stopped == nil)
        #expect(
            "\(result.refused[0].error)".contains(reason) && !"\(result.refused[0].error)".contains("ghost"), "\(result.refused[0].error)")
    }

    @Test func aSpentBudgetKeepsFinishedAnswers() throws {
        let run = Self.annotation(try Bank.shared.get())
        let left = Atomic<Int>(2)
        let model = ScriptedModel { _, _ throws(ChatError) in
            if left.subtract(1, ordering: .relaxed).newValue < 0 { throw .budgetSpent(limit: "2 requests", spent: "2") }
            return ChatReply(Self.labels(1...4))
        }
        let first = run.run(model, pool: WorkerPool(threads: 1))
        #expect(first.annotations.count == 8 && first.stopped == .budgetSpent(limit: "2 requests", spent: "2") && model.asked.count == 3)
        left.store(1, ordering: .relaxed)
        let second = run.run(model, pool: WorkerPool(threads: 1))
        #expect(second.annotations.count == 12 && second.stopped == nil && model.asked.count == 4)
    }

    /// An endpoint that will not take one question (too long, against its rules) is asked the others; one that takes none is left alone.
    @Test func aQuestionTurnedAwayStopsNoOther() throws {
        let run = Self.annotation(try Bank.shared.get())
        let some = ScriptedModel { request, _ throws(ChatError) in
            if request.name.hasPrefix("0002") { throw .status(place: "there", code: 400, attempts: 1) }
            return ChatReply(Self.labels(1...4))
        }
        let kept = run.run(some, pool: WorkerPool(threads: 1))
        #expect(kept.annotations.count == 8 && kept.refused.count == 1 && kept.stopped == nil)
        let none = ScriptedModel { _, _ throws(ChatError) in throw .status(place: "there", code: 400, attempts: 1) }
        let left = run.run(none, pool: WorkerPool(threads: 1))
        #expect(left.annotations.isEmpty && left.stopped == .status(place: "there", code: 400, attempts: 1))
        #expect(none.asked.count == AnnotationRun.mostTurnedAway)
    }

    @Test func filesCarryQuestionsAndAnswers() throws {
        let run = Self.annotation(try Bank.shared.get())
        let folder = try TemporaryFolder()
        let files = try BatchFiles(folder: folder("questions"), name: "people")
        let open = run.run(files, pool: WorkerPool(threads: 1))
        #expect(open.awaiting.count == 3 && open.annotations.isEmpty)
        let question = try folder.text("questions/0001-annotate.request.txt")
        #expect(question.contains("- cards: Cards.") && question.contains("Session 4:"))
        for number in 1...3 {
            let text = number == 2 ? "Hm. {" : "As you wish: \(Self.labels(1...4))"
            try AtomicFile.write(Array(text.utf8), to: folder("questions/000\(number)-annotate.answer.json"))
        }
        let half = run.run(files, pool: WorkerPool(threads: 1))
        #expect(half.annotations.count == 8 && half.refused.count == 1)
        #expect(try folder.text("questions/0002-annotate.refused.txt").contains("half-way"))
        try AtomicFile.write(Array(Self.labels(1...4).utf8), to: folder("questions/0002-annotate.answer.json"))
        #expect(run.run(files, pool: WorkerPool(threads: 1)).annotations.count == 12)
        #expect(try FileSystem.live.status(of: folder("questions/0002-annotate.refused.txt")) == nil)
        // Another taxonomy asks other questions: old answers do not pass for new ones.
        var settings = AnnotationRun.Settings()
        (settings.sample, settings.batchSessions) = (12, 4)
        var other = Self.taxonomy
        other.intents[0].definition = "Only credit cards."
        let bank = try Bank.shared.get()
        let changed = AnnotationRun(bank.corpus, taxonomy: other, summary: SessionSummary(bank.corpus), settings)
        let stale = changed.run(files, pool: WorkerPool(threads: 1))
        #expect(stale.annotations.isEmpty && stale.awaiting.count == 3)
        #expect("\(stale.awaiting[0].error)".contains("answers another question"))
    }
}
