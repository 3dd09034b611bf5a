import Audit
import CreditRisk
import DecisionRecords
import DurableFiles
import Foundation
import InferenceService
import SequenceKernel
import Testing

/// Applicants of requests are scored to the byte as `tessera credit score` scores them from files.
@Suite struct CreditAnswerTests {
    /// Scorecards and the files that they were made from, trained once.
    struct Bank: Sendable {
        let folder: String
        let cards: [String: CreditScorecard]

        init() throws {
            let files = try PlantedFiles()
            try files.fill(120)
            folder = files.folder
            var cards: [String: CreditScorecard] = [:]
            for preset in ["framework", "huihen", "mgkd"] {
                let configuration = try files.configuration(preset) {
                    ($0.framework.epochs, $0.huihen.epochs, $0.mgkd.epochs) = (1, 1, 1)
                    $0.business.kind = preset == "mgkd" ? .logisticRegression : .boostedTrees
                }
                try files.train(configuration, judges: 0.2, threads: 1).write(to: "\(folder)/\(preset)")
                cards[preset] = try CreditScorecard("\(folder)/\(preset)", threads: 1)
            }
            self.cards = cards
        }
    }

    static let bank = Result { try Bank() }
    let bank: Bank
    init() throws { bank = try Self.bank.get() }

    private func scoring(_ preset: String) throws -> CreditScoring { CreditScoring(try #require(bank.cards[preset])) }

    private static let limits = CreditRequest.Limits(rows: 400, textBytes: 64)

    private func request(_ json: String) throws -> CreditRequest { try reading(json) { try CreditRequest(&$0, Self.limits) } }

    /// Rows of a file that are an applicant's, as objects: numbers as numbers, nothing as null.
    private func rows(_ name: String, of customer: String) throws -> [String] {
        let lines = String(decoding: try FileSystem.live.contents(of: "\(bank.folder)/\(name).csv"), as: UTF8.self).split(separator: "\n")
        let names = lines[0].split(separator: ",")
        return lines.dropFirst().filter { $0.hasPrefix("\(customer),") }.map { line in
            let values = line.split(separator: ",", omittingEmptySubsequences: false)
            let members = zip(names, values).map { name, value in
                "\"\(name)\":" + (value.isEmpty ? "null" : Double(value) == nil ? "\"\(value)\"" : "\(value)")
            }
            return "{\(members.joined(separator: ","))}"
        }
    }

    private func json(_ customer: String, app: [String]? = nil, more: String = "") throws -> String {
        let applicants = try rows("applicants", of: customer).joined(separator: ",")
        let records = try (app ?? rows("app", of: customer)).joined(separator: ",")
        return "{\"tables\":{\"applicants\":[\(applicants)],\"app\":[\(records)]\(more)},\"reasons\":3}"
    }

    /// As `tessera credit score` does, with files that hold these applicants.
    private func lines(_ preset: String) throws -> [String: String] {
        let card = try CreditScorecard("\(bank.folder)/\(preset)", threads: 1)
        let data = try CreditData(card.configuration, folder: bank.folder, training: false, needsOutcomes: false)
        let scores = try card.scores(data, reasons: 3, pool: WorkerPool(threads: 1))
        return Dictionary(uniqueKeysWithValues: zip(scores.map(\.customer), try CreditScorecard.jsonLines(scores)))
    }

    @Test(arguments: ["framework", "huihen", "mgkd"]) func sameBytes(_ preset: String) throws {
        let (scoring, lines) = (try scoring(preset), try lines(preset))
        for customer in ["a0", "a7", "a63"] {
            let request = try request(json(customer))
            #expect(try scoring.answer(request) == lines[customer])
            #expect(scoring.applicant(request) == customer)
        }
        #expect(Set(lines.values.map { $0.drop { $0 != "," } }).count > 60)
        // Without any record, as a table without rows.
        let empty = try scoring.answer(request(json("a0", app: [])))
        #expect(empty.hasPrefix("{\"customer\":\"a0\",\"points\":") && empty.hasSuffix("]}\n"))
        #expect(try scoring.answer(request(json("a0").replacing("\"reasons\":3", with: "\"reasons\":0"))).contains("\"reasons\":[]"))
    }

    @Test func refused() throws {
        let scoring = try scoring("mgkd"), all = try json("a0"), row = try rows("app", of: "a0")[0]
        func fault(_ json: String) throws -> RequestFault {
            let fault = try #require(refusal { _ = try scoring.answer(request(json)) }, "\(json.prefix(200)) was taken")
            #expect(fault.code == .unprocessable && !fault.remedy.isEmpty && !fault.message.contains("a0"), "\(fault)")
            return fault
        }
        #expect(try fault("{}").place == "tables")
        #expect(try fault(#"{"tables":{},"why":1}"#).place == "why")
        #expect(try fault(#"{"tables":{"app":[]},"tables":{}}"#).place == "tables")
        #expect(try fault(#"{"tables":{"app":[],"app":[]}}"#).place == "tables.app")
        #expect(try fault(#"{"tables":{"app":[{"customer":["x"]}]}}"#).place == "tables.app[0].customer")
        #expect(try fault(#"{"tables":{"app":[]},"reasons":101}"#).place == "reasons")
        #expect(try fault(#"{"tables":{"app":[]}}"#).place == "tables.applicants")
        #expect(try fault(#"{"tables":{"applicants":[],"app":[]}}"#).message == "tables.applicants: it must have exactly one row")
        let applicant = try rows("applicants", of: "a0")[0]
        #expect(try fault("{\"tables\":{\"applicants\":[\(applicant),\(applicant)],\"app\":[]}}").place == "tables.applicants")
        #expect(try fault("{\"tables\":{\"applicants\":[\(applicant)]}}").message == "tables.app: the table is missing")
        // A column that no row has, and rows that cannot be read.
        #expect(try fault(all.replacing("\"age\"", with: "\"edge\"")).message.contains("no row has the column `age`"))
        #expect(try fault(json("a0", app: [row, row.replacing("\"at\":", with: "\"at\":null,\"was\":")])).place == "tables.app[1]")
        let torn = try fault(
            json(
                "a0",
                app: [row.replacing("\"code\":\"", with: "\"code\":\"\\n\\n"), row, row + ""].map { $0 }.enumerated().map {
                    $0 == 2 ? $1.replacing("\"amount\":", with: "\"amount\":\"much\",\"was\":") : $1
                }))
        #expect(torn.place == "tables.app[2]" && torn.reason.contains("no finite number"))
        #expect(try fault(all.replacing("\"decided\":", with: "\"decided\":\"soon\",\"was\":")).place == "tables.applicants[0]")
        // Somebody else's rows, tables and columns that are nobody's before the decision.
        #expect(try fault(json("a0", app: [row, rows("app", of: "a1")[0]])).message.hasPrefix("tables.app: it has rows that are not"))
        #expect(try fault(json("a0", more: ",\"service\":[]")).message.hasPrefix("tables.service: the table is known only after"))
        #expect(try fault(json("a0", more: ",\"other\":[]")).place == "tables.other")
        #expect(try fault(json("a0", app: [row.replacing("}", with: ",\"level\":3}")])).message.contains("level are known only after"))
        let many = (0...400).map { _ in row }
        #expect(try fault(json("a0", app: many)).place == "tables.app[399]")
        // What nothing reads is passed by, as it is in a file.
        #expect(
            try scoring.answer(request(json("a0", app: rows("app", of: "a0").map { $0.replacing("}", with: ",\"x\":3}") })))
                == scoring.answer(request(all)))
    }

    /// From what the ledger keeps the same bytes are made again, for all scores of a run together.
    @Test(arguments: ["framework", "huihen", "mgkd"]) func madeAgain(_ preset: String) throws {
        let scoring = try scoring(preset)
        // One applicant twice, with other rows.
        let requests = try [json("a0"), json("a5"), json("a0", app: []), json("a9", app: rows("app", of: "a9").dropLast())].map {
            try request($0)
        }
        let run = scoring.recordedRun(
            reasons: 3, ModelPlaces(model: "\(bank.folder)/\(preset)"), purpose: "credit", software: "tessera test")
        #expect(run.arguments == ["--reasons", "3", "--purpose", "credit"] && run.models[0].id == scoring.card.id && run.corpus == nil)
        let inputs = try requests.enumerated().map { try DecisionInput(json: scoring.recordedInput($1, number: $0)) }
        let tables = RecordedTables(inputs)
        let folder = try TemporaryFolder()
        var files: [String: String] = [:]
        for (option, text) in tables.texts {
            let name = String(option.dropFirst("--file ".count))
            files[name] = try folder.write(text, to: "\(name).csv")
        }
        #expect(files.keys.sorted() == ["app", "applicants"])
        let data = try CreditData(scoring.card.configuration, folder: "", files: files, training: false, needsOutcomes: false)
        let scores = try scoring.card.scores(data, reasons: 3, pool: WorkerPool(threads: 1))
        let again = Dictionary(uniqueKeysWithValues: zip(scores.map(\.customer), try CreditScorecard.jsonLines(scores)))
        for (request, input) in zip(requests, inputs) {
            let answer = try DecisionOutput.parted(Array(scoring.answer(request).utf8), member: run.idMember)
            #expect(answer.id == scoring.applicant(request))
            let line = try #require(again[input.id])
            #expect(DecisionOutput.parted(Array(line.utf8), member: run.idMember).rest == answer.rest)
        }
    }
}
