import Audit
import DecisionRecords
import DurableFiles
import EventStream
import Foundation
import InferenceService
import IntentTaxonomy
import Recommendation
import SequenceEmbedding
import Studies
import Testing

/// The tables of several recorded decisions in one, as a replay writes them.
struct RecordedTables {
    private(set) var texts: [String: String] = [:]

    /// The rows of all under the header of the first; what stands there already is left out.
    init(_ inputs: [DecisionInput]) {
        for input in inputs {
            for (option, text) in input.files {
                let lines = Self.lines(text)
                let known = texts[option].map { Set(Self.lines($0)) } ?? []
                texts[option] = (texts[option] ?? lines[0]) + lines.dropFirst().filter { !known.contains($0) }.joined()
            }
        }
    }

    private static func lines(_ text: String) -> [String] {
        var (lines, line, isQuoted): ([String], [UInt8], Bool) = ([], [], false)
        for byte in text.utf8 {
            line.append(byte)
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard byte == UInt8(ascii: "\n"), !isQuoted else { continue }
            lines.append(String(decoding: line, as: UTF8.self))
            line = []
        }
        return lines
    }
}

/// From what the ledger keeps of answers the same bytes are made again, for all decisions of a run together, as `tessera audit replay` does.
@Suite struct RecordedAnswerTests {
    let shop: AppShop
    let files: FilePath
    init() throws {
        shop = try AppShop.made.get()
        files = try FilePath(shop)
    }

    /// Decisions that get into each other's way: of one id, one customer, one session; with other features, and with none.
    private func decisions() throws -> [AppDecision] {
        func decision(_ id: String, _ customer: String, _ sessions: [SessionRecord], after: Int64 = 1) throws -> AppDecision {
            let customer = try reading(customer) { try AttributeTexts(&$0, textBytes: 256) }
            let time = sessions.isEmpty ? AppShop.start : nil
            var own = try AppDecision(id: id, time: time, customer: customer, sessions: sessions, now: 0)
            own.time += after - 1
            return own
        }
        var twin = shop.sessions[5]
        twin.texts["page"]![0] = "loan"
        var same = shop.sessions[20]
        (same.session, same.visitor) = (shop.sessions[5].session, shop.sessions[5].visitor)
        return [
            try decision("i", #"{"customer_id":"c","age":44,"segment":"private"}"#, [shop.sessions[5]]),
            try decision("i", #"{"customer_id":"c","age":30}"#, [twin, same, shop.sessions[30]], after: 333),
            try decision("j", #"{"customer_id":"c","nothing":"x"}"#, []),
            try decision("i", #"{"segment":"\u0301,\"\u0301\u2028\n\r;","customer_id":"\u0301\"\n,|"}"#, [same, same, twin]),
            // Long after: its session does not count.
            try decision("k", #"{"customer_id":"d","segment":"business"}"#, [shop.sessions[7]], after: 40 * 24 * AppShop.hour),
        ]
    }

    private func corpus(_ inputs: [DecisionInput], _ run: DecisionRun) throws -> Corpus {
        let source = try #require(run.corpus)
        var schema = try JSONDecoder().decode(EventSchema.self, from: Data(source.schema.utf8))
        var (sessions, seen): ([(Int, SessionRecord)], Set<Int>) = ([], [])
        for input in inputs {
            #expect(input.corpusSessions.count == input.sessions.count)
            for (number, record) in zip(input.corpusSessions, input.sessions) where seen.insert(number).inserted {
                sessions.append((number, record))
            }
        }
        sessions.sort { $0.0 < $1.0 }
        schema.part = EventSchema.Part(digest: source.digest, sessions: sessions.map(\.0))
        return try files.corpus(sessions.map(\.1), schema: schema)
    }

    private func file(_ option: String, _ run: DecisionRun) throws -> Data {
        Data(try #require(run.files.first { $0.option == option }).text.utf8)
    }

    private func rest(_ line: String, _ run: DecisionRun) -> (id: String?, rest: [UInt8]) {
        DecisionOutput.parted(Array(line.utf8), member: run.idMember)
    }

    private func lines(_ text: String, _ run: DecisionRun) -> [String: [UInt8]] {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n")).map { rest(String($0)! + "\n", run) }
        return Dictionary(uniqueKeysWithValues: lines.map { ($0.id ?? "", $0.rest) })
    }

    private static let rules = #"{"rules":[{"id":"grown","tiles":["t-loan"],"requires":{"age":{"atLeast":40}},"until":1.9e9}]}"#

    /// All together, and each alone.
    @Test(arguments: [-1, 0, 1, 2, 3, 4]) func rankings(_ one: Int) throws {
        let rules = try JSONDecoder().decode(EligibilityRules.self, from: Data(Self.rules.utf8))
        let ranking = try shop.ranking(rules: rules)
        let all = try decisions().enumerated().map { place, decision in
            RankRequest(
                decision, tiles: place < 2 ? [.init("t-loan", numbers: ["fee": "2.0"]), .init("t-\"\nx"), .init("t-card")] : nil, top: 2)
        }
        let requests = one < 0 ? all : [all[one]]
        let run = ranking.recordedRun(
            top: 2, ModelPlaces(model: "b/ranker", encoder: "b/encoder", classifier: "b/intents"), purpose: "recommendation", software: "t")
        #expect(run.command == "rank score" && run.arguments == ["--purpose", "recommendation", "--top", "2"])
        #expect(run.models.map(\.option) == ["--ranker", "--model", "--intents"] && run.corpus?.digest == "")
        #expect(run.models.map(\.id) == [shop.ranker.id, shop.encoder.id, shop.classifier.id])
        #expect(DecisionRun(json: run.json) == run)
        let inputs = try requests.enumerated().map { try DecisionInput(json: ranking.recordedInput($1, number: $0 + 1000)) }
        #expect(Set(inputs.map(\.id)).count == inputs.count)
        let tables = RecordedTables(inputs).texts
        #expect(tables.keys.sorted() == ["--customers", "--impressions", "--links"])
        // What nothing reads is not kept.
        #expect(tables["--customers"]?.hasPrefix("customer_id,age,segment,note\n") == true, "\(tables["--customers"] ?? "")")

        var own = AppTables.Files(
            customers: try files.folder.write(tables["--customers"]!, to: "customers.csv"),
            impressions: try files.folder.write(tables["--impressions"]!, to: "impressions.csv"),
            tiles: try files.folder.write(String(decoding: file("--tiles", run), as: UTF8.self), to: "tiles.csv"),
            links: try files.folder.write(tables["--links"]!, to: "links.csv"))
        own.format = try JSONDecoder().decode(ImpressionFormat.self, from: file("--format", run))
        let again = try lines(
            files.rank(
                own, corpus(inputs, run), top: 2, rules: JSONDecoder().decode(EligibilityRules.self, from: file("--rules", run))), run)
        for (request, input) in zip(requests, inputs) {
            let answer = rest(try ranking.answer(request), run)
            #expect(answer.id == request.decision.id && again[input.id] == answer.rest)
        }
        #expect(again.count == requests.count)
    }

    @Test(arguments: [-1, 0, 1, 2, 3, 4]) func forecasts(_ one: Int) throws {
        let forecast = try shop.forecast(), all = try decisions()
        let decisions = one < 0 ? all : [all[one]]
        let run = forecast.recordedRun(ModelPlaces(model: "b/predictor", encoder: "b/encoder"), purpose: nil, software: "t")
        #expect(run.command == "convert score" && run.arguments.isEmpty && run.files.isEmpty && run.idMember == "decision_id")
        let inputs = try decisions.enumerated().map { try DecisionInput(json: forecast.recordedInput($1, number: $0)) }
        let tables = RecordedTables(inputs).texts
        let own = AppTables.Files(
            customers: try files.folder.write(tables["--customers"]!, to: "customers.csv"),
            decisions: try files.folder.write(tables["--decisions"]!, to: "decisions.csv"),
            links: try files.folder.write(tables["--links"]!, to: "links.csv"))
        let again = try lines(files.convert(own, corpus(inputs, run)), run)
        for (decision, input) in zip(decisions, inputs) {
            let answer = rest(try forecast.answer(decision), run)
            #expect(answer.id == decision.id && again[input.id] == answer.rest)
        }
        #expect(again.count == decisions.count)
    }
}
