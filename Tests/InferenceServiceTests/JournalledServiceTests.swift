import Audit
import AuditTestSupport
import DecisionRecords
import DurableFiles
import EventStream
import Foundation
import Glibc
import InferenceService
import Synchronization
import Testing

/// The service with a ledger: what is told is on record once, what is refused is not, and a refusal changes nothing.
@Suite struct JournalledServiceTests {
    let served: ServedShop
    init() throws { served = try ServedShop() }

    private static func session(_ members: String = "") -> String {
        #"{"events":[{"time_ms":1767603600000,"page":"card"},{"time_ms":1767603620000,"page":"loan"}]\#(members)}"#
    }

    private static let more = #"{"events":[{"time_ms":1000,"page":"card"}]}"#

    private func evidence(_ entry: LedgerEntry) -> [String: Any] {
        ((try? JSONSerialization.jsonObject(with: Data(entry.evidence))) as? [String: Any]) ?? [:]
    }

    @Test(arguments: [true, false]) func everyAnswerIsOnRecordOnce(_ isSync: Bool) async throws {
        let shelf = try LedgerShelf(keepsInputs: true)
        let journal = shelf.journal(sync: isSync)
        let service = try served.service(journal: journal)
        let one = JSONString.quoted(Self.session())
        let asked: [(target: String, body: String?, records: Int)] = [
            ("/v1/sessions:score", Self.session(), 1),
            (
                "/v1/sessions:score",
                Self.session(#","want":["intents","conversion","embedding"],"customer":{"customer_id":"c"}"#), 2
            ),
            ("/v1/sessions:score", Self.session(#","want":["embedding"]"#), 0),
            ("/v1/sessions:rank", #"{"impression_id":"i","customer":{"customer_id":"c"}}"#, 1),
            ("/v1/sessions:rank", #"{"impression_id":"i"}"#, 0),
            ("/v1/sessions/a/events", Self.more, 1), ("/v1/sessions/a", nil, 1),
            ("/v1/embeddings", #"{"input":\#(Self.session())}"#, 0),
            ("/v2/models/shop/infer", #"{"inputs":[{"name":"session","datatype":"BYTES","shape":[2],"data":[\#(one),\#(one)]}]}"#, 2),
        ]
        var count = 0
        for turn in 0..<2 {
            for (number, (target, body, records)) in asked.enumerated() {
                let told = await service.ask(target, body, id: "turn-\(turn).\(number)")
                #expect(told.status == 200 || records == 0, "\(target): \(told.text)")
                count += records
                guard isSync else { continue }
                let decisions = try shelf.decisions()
                try #require(decisions.count == count, "\(target)")
                for entry in decisions.suffix(records) {
                    let evidence = evidence(entry)
                    #expect(evidence["caller"] as? String == "anonymous" && evidence["request"] as? String == "turn-\(turn).\(number)")
                    let line = try #require(String(validating: entry.output.dropLast(), as: UTF8.self))
                    if target.hasSuffix(":score"), line.contains("\"session\":null") {
                        #expect(told.text.contains(line.replacing("\"session\":null", with: "\"session\":\"session\"")))
                    }
                }
            }
        }
        let batch = await service.ask("/v1/sessions:batch", "\(Self.session())\n{}\n\(Self.session())\n", type: "application/jsonl")
        #expect(batch.status == 200)
        journal.close()
        let entries = try shelf.entries()
        #expect(entries.count { $0.kind == .decision } == count + 2 && journal.statistics.recorded == count + 2)
        // A run is what the same command makes again: labels, labels with all probabilities, forecasts, rankings.
        #expect(entries.count { $0.kind == .note && DecisionRun(json: $0.output) != nil } == 4)
    }

    /// From the inputs of a ledger the lines are made again.
    @Test func whatIsOnRecordIsMadeAgain() async throws {
        let shelf = try LedgerShelf(keepsInputs: true)
        let journal = shelf.journal(sync: true)
        let service = try served.service(journal: journal)
        for members in ["", #","session":"s","visitor":"v""#, #","evidence":9"#] {
            #expect(await service.ask("/v1/sessions:score", Self.session(members)).status == 200)
        }
        for _ in 0..<3 { #expect(await service.ask("/v1/sessions/a/events", Self.more).status == 200) }
        journal.close()
        let vault = try SubjectVault(besides: shelf.path, .readOnly, master: LedgerWorkload.master())
        let bundle = try #require(try served.bundles().bundle(nil))
        let (entries, decisions) = (try shelf.entries(), try shelf.decisions())
        #expect(decisions.count == 6)
        for entry in decisions {
            let input = try DecisionInput(json: vault.open(entry).input)
            let place = try #require(evidence(entry)["run"] as? Int)
            let run = try #require(DecisionRun(json: entries[place - 1].output))
            let shown = try #require(run.arguments.firstIndex(of: "--evidence").flatMap { Int(run.arguments[$0 + 1]) })
            let score = try bundle.score(input.sessions[0], wants: .intents, evidence: shown, all: run.arguments.contains("--all"))
            let line = DecisionOutput.parted(try #require(score.label), member: run.idMember)
            #expect(line.id == input.id && line.rest == entry.output)
        }
    }

    @Test func withoutItsRecordNoEventIsKept() async throws {
        let shelf = try LedgerShelf(isAway: true)
        let journal = shelf.journal(sync: true)
        defer { journal.close() }
        let service = try served.service(journal: journal)
        for _ in 0..<3 {
            let told = await service.ask("/v1/sessions/a/events", Self.more)
            #expect(told.status == 503 && told.code == "ledger_unavailable")
        }
        #expect(service.remembered.statistics.sessions == 0)
        #expect(await service.ask("/v1/sessions/a").status == 404)
        shelf.isAway.store(false, ordering: .relaxed)
        shelf.time.pass(seconds: 1.1)
        for count in 1...3 { #expect(await service.ask("/v1/sessions/a/events", Self.more).json["events"] as? Int == count) }
        #expect(try shelf.decisions().count == 3)
    }

    /// A disk that fails once while many add to one session: whoever was refused asks again, and no event is lost or there twice.
    @Test(arguments: [12, 21, 30, 43, 57]) func eventsAndRecordsAgree(_ failing: Int) async throws {
        let vfs = FaultyVFS(named: "service-\(failing)")
        var settings = LedgerSettings()
        settings.fileLayer = vfs.name
        vfs.reset(failing: failing, .fullOnce)
        let shelf = try LedgerShelf(keepsInputs: true, settings: settings)
        let journal = shelf.journal(sync: true)
        let service = try served.service(journal: journal)
        let told = await withTaskGroup(of: [Int].self) { group in
            for _ in 0..<6 {
                group.addTask {
                    var told: [Int] = []
                    for _ in 0..<200 where told.count < 5 {
                        let answer = await service.ask("/v1/sessions/a/events", Self.more)
                        if let events = answer.json["events"] as? Int { told.append(events) } else { shelf.time.pass(seconds: 1.1) }
                    }
                    return told
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        journal.close()
        #expect(vfs.operationsSeen > failing)
        #expect(told.sorted() == Array(1...30))
        #expect(service.remembered.statistics.sessions == 1)
        #expect(try shelf.decisions().count == 30)
    }

    @Test func whatTheLogOfSessionsDoesNotTakeIsNeitherKeptNorRecorded() async throws {
        let counted = FaultPlan(failing: -1, code: 0)
        let counting = try served.service(log: (served.folder("counted"), .failing(counted)))
        // As many as opening the log takes; the next two write and force events to the disk.
        let opening = counted.operationsSeen
        try counting.remembered.close()
        for operation in 0..<2 {
            let shelf = try LedgerShelf()
            let journal = shelf.journal(sync: true)
            let plan = FaultPlan(failing: opening + operation, code: ENOSPC)
            let service = try served.service(journal: journal, log: (served.folder("log\(operation)"), .failing(plan))) {
                $0.sessions.folder = served.folder.path
            }
            #expect(await service.ask("/v1/sessions/a/events", Self.more).status == 503, "operation \(operation)")
            #expect(await service.ask("/v1/sessions/a").status == 404)
            #expect(await service.ask("/v1/sessions/a/events", Self.more).json["events"] as? Int == 1)
            journal.close()
            #expect(try shelf.decisions().count == 1)
            try service.remembered.close()
        }
    }

    @Test func whoIsNobodyHasASubjectOfTheirOwn() async throws {
        let shelf = try LedgerShelf()
        let journal = shelf.journal(sync: true)
        let service = try served.service(journal: journal)
        for members in ["", "", #","session":"s""#, #","session":"s""#, #","session":"t","visitor":"v""#, #","visitor":"v""#] {
            #expect(await service.ask("/v1/sessions:score", Self.session(members), id: "r1").status == 200)
        }
        journal.close()
        let subjects = try shelf.decisions().map(\.subject)
        #expect(subjects.allSatisfy { !$0.isEmpty } && subjects[0] != subjects[1])
        let own = try LedgerSubjects(Ledger(at: shelf.path, .readOnly))
        // As `tessera label` does: the visitor, and where there is none the session.
        #expect(subjects[2] == own.digest(of: .identifier("s")) && subjects[3] == subjects[2])
        #expect(subjects[4] == own.digest(of: .identifier("v")) && subjects[5] == subjects[4])
        #expect(Set(subjects).count == 4)
    }

    @Test func aRequestThatNamesItsSubjectIsNotInTheLedger() async throws {
        let shelf = try LedgerShelf()
        let journal = shelf.journal(sync: true)
        let service = try served.service(journal: journal)
        for id in ["v-7", "web.v_7.a", "s9", "web-s9", "v-77", "s9s"] {
            #expect(
                await service.ask("/v1/sessions:score", Self.session(#","session":"s9","visitor":"v-7""#), id: id).answer.id == id)
        }
        journal.close()
        #expect(try shelf.decisions().map { evidence($0)["request"] as? String } == [nil, nil, nil, nil, "v-77", "s9s"])
    }

    @Test func whoRunsTheServiceIsToldWhy() async throws {
        let shelf = try LedgerShelf(isAway: true)
        let journal = shelf.journal(sync: true)
        let text = Mutex<[UInt8]>([])
        let writer = AccessLogWriter { bytes in text.withLock { $0 += bytes } }
        let faults = FaultLog(to: writer, clock: shelf.time.clock)
        let service = try served.service(journal: journal, faults: faults)
        for number in 0..<30 {
            #expect(await service.ask("/v1/sessions/secret/events", Self.more, id: "r\(number)").status == 503)
        }
        #expect(await service.ask("/v1/sessions/secret", id: "quiet").status == 404)
        shelf.time.pass(seconds: 1)
        _ = await service.ask("/v1/sessions:batch", Self.session(#","session":"secret""#), type: "application/jsonl", id: "line")
        journal.close()
        faults.close()
        let lines = text.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\n")
        #expect(lines.count == FaultLog.linesASecond + 1, "\(lines)")
        #expect(
            lines[0].hasPrefix("serve: 503 /v1/sessions/{id}/events, request r0: ledger_unavailable: ")
                && lines[0].contains("no/such/folder"), "\(lines[0])")
        #expect(lines.last?.contains("request line: ") == true && lines.last?.hasSuffix(" (and 20 more before it)") == true)
        #expect(!lines.joined().contains("secret") && !lines.joined().contains("quiet"))
    }
}
