import FaultTestSupport
import Foundation
import Testing

/// Annotating and proposing with an endpoint that fails in every way, as a person meets it.
@Suite struct EndpointCommandTests {
    private static func completion(_ text: String, finish: String = "stop") throws -> TinyServer.Answer {
        let message: [String: Any] = ["role": "assistant", "content": text]
        let body: [String: Any] = [
            "choices": [["index": 0, "finish_reason": finish, "message": message]],
            "usage": ["prompt_tokens": 100, "completion_tokens": 10],
        ]
        return .whole(200, String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self))
    }

    /// What the user says in a request's body.
    private static func question(_ request: TinyServer.Request) -> String {
        let body = try? JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any]
        return (body?["messages"] as? [[String: Any]])?.last?["content"] as? String ?? ""
    }

    private static func sessions(_ question: String) -> [Int] {
        question.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("Session "), let colon = line.firstIndex(of: ":") else { return nil }
            return Int(line[..<colon].dropFirst(8))
        }
    }

    private static func verdicts(_ sessions: [Int], _ intent: String = "pay") -> String {
        let entries = sessions.map { #"{"session":\#($0),"intents":[{"id":"\#(intent)","confidence":0.8}]}"# }
        return #"{"sessions":[\#(entries.joined(separator: ","))]}"#
    }

    private static func annotating(_ server: TinyServer, _ more: String...) -> [String] {
        [
            "labels", "annotate", "c", "--taxonomy", "shop.yaml", "--out", "l.jsonl", "--batch", "10", "--parallel", "1", "--endpoint",
            server.base, "--model-name", "judge", "--annotator", "jo",
        ] + more
    }

    @Test func annotatingOutlivesEveryFault() throws {
        let bench = try LabelCommandTests.bench()
        let server = try TinyServer { number, request in
            let asked = Self.sessions(Self.question(request))
            do {
                switch number {
                case 1: return .whole(503, headers: ["Retry-After: 0"], "down for repair")
                case 2: return .whole(200, "<html>starting</html>")
                case 3: return try Self.completion("Of course!\n" + Self.verdicts(asked) + "\nAnything else?")
                case 4: return try Self.completion(Self.verdicts(asked, "fly"))
                case 5: return try Self.completion(Self.verdicts(Array(asked.dropLast())))
                case 6: return try Self.completion(Self.verdicts(asked))
                case 7: return try Self.completion(String(Self.verdicts(asked).dropLast(9)), finish: "length")
                case 8: return try Self.completion("I would rather not.", finish: "content_filter")
                default: return try Self.completion(Self.verdicts(asked))
                }
            } catch { return .whole(500, "") }
        }
        let run = try CommandRun.tessera(
            Self.annotating(server, "--json"), in: bench.folder, environment: ["TESSERA_ENDPOINT_KEY": "sk-secret"])
        #expect(run.code == 0, "\(run.talk)")
        #expect(try run.json()["annotated"] as? Int == 24)
        #expect(server.requests.count == 9, "\(server.requests.count) requests")
        #expect(server.requests.allSatisfy { $0.head.contains("Bearer sk-secret") && $0.body.contains("\"judge\"") })
        #expect(!run.talk.contains("sk-secret") && !run.talk.contains("fly") && !run.talk.contains("rather not"))
        let labels = try bench.data("l.jsonl")
        #expect(String(decoding: labels, as: UTF8.self).split(separator: "\n").count == 24)
        // Everything is kept: the same again asks nobody, and gives the same bytes.
        let again = try CommandRun.tessera(Self.annotating(server), in: bench.folder)
        #expect(again.code == 0 && server.requests.count == 9, "\(again.talk)")
        #expect(try bench.data("l.jsonl") == labels)
    }

    @Test func aBudgetThatRunsOutKeepsWhatWasPaidFor() throws {
        let bench = try LabelCommandTests.bench()
        let server = try TinyServer { _, request in
            (try? Self.completion(Self.verdicts(Self.sessions(Self.question(request))))) ?? .whole(500, "")
        }
        let dry = try CommandRun.tessera(
            Self.annotating(server, "--dry-run", "--price-in", "1", "--price-out", "2"), in: bench.folder)
        #expect(dry.code == 0 && server.requests.isEmpty && dry.output.contains("3"), "\(dry.output) \(dry.talk)")
        let short = try CommandRun.tessera(Self.annotating(server, "--max-requests", "2"), in: bench.folder)
        #expect(
            short.code == 75 && short.talk.contains("limit of") && short.talk.contains("answers so far are kept"),
            "\(short.code) \(short.talk)")
        #expect(server.requests.count == 2)
        let rest = try CommandRun.tessera(Self.annotating(server, "--max-requests", "2"), in: bench.folder)
        #expect(rest.code == 0 && server.requests.count == 3, "\(rest.talk)")
    }

    @Test func whatCannotAnswerIsNamed() throws {
        let bench = try LabelCommandTests.bench()
        let server = try TinyServer { _, _ in .whole(401, "who are you, sk-secret?") }
        let refused = try CommandRun.tessera(
            Self.annotating(server), in: bench.folder, environment: ["TESSERA_ENDPOINT_KEY": "sk-secret"])
        #expect(refused.code != 0 && refused.talk.contains("401") && !refused.talk.contains("sk-secret"), "\(refused.talk)")
        #expect(!bench.exists("l.jsonl"))
        let gone = try CommandRun.tessera(
            ["labels", "annotate", "c", "--taxonomy", "shop.yaml", "--out", "l.jsonl", "--model-name", "judge"], in: bench.folder)
        #expect(gone.code == 64 && gone.talk.contains("--endpoint"), "\(gone.code) \(gone.talk)")
    }

    @Test func aTaxonomyIsProposedByAnEndpoint() throws {
        let bench = try Workbench()
        try JourneyTests.trained(bench)
        let server = try TinyServer { number, request in
            // What is new speaks for sessions; what stays need not again.
            let evidence = number == 3
            let intents = [
                ProposalCommandTests.intent("pay", evidence: evidence ? [1] : []),
                ProposalCommandTests.intent("compare", evidence: evidence ? [2] : []),
            ]
            do {
                switch number {
                // Prose around it, then something that was never shown, then what was asked for.
                case 1: return try Self.completion("Sorry, which sessions?")
                case 2: return try Self.completion(ProposalCommandTests.list([ProposalCommandTests.intent("fly", evidence: [99999])]))
                default: return try Self.completion("Here:\n" + ProposalCommandTests.list(intents))
                }
            } catch { return .whole(500, "") }
        }
        let proposing = [
            "taxonomy", "propose", "bank.corpus", "--model", "bank.model", "--out", "proposal", "--id", "shop", "--intents", "4",
            "--clusters", "6", "--batch", "14", "--endpoint", server.base, "--model-name", "judge",
        ]
        let run = try CommandRun.tessera(proposing, in: bench.folder)
        #expect(run.code == 0, "\(run.talk)")
        let yaml = String(decoding: try bench.data("proposal/taxonomy.yaml"), as: UTF8.self)
        #expect(yaml.contains("id: pay") && yaml.contains("id: compare") && !yaml.contains("fly"))
        #expect(server.requests.allSatisfy { !$0.body.contains(#/person[0-9]/#) })
    }
}
