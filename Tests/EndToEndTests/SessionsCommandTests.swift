import Foundation
import Testing

/// `tessera sessions reconcile` and `tessera validate`, as a person runs them.
@Suite struct SessionsCommandTests {
    private static let mapping = """
        format: csv
        visitor: visitor
        session: session
        time: { column: time, unit: s }
        fields:
          - { name: event, kind: categorical }
          - { name: page, kind: categorical }

        """

    /// Midday, in seconds since 1970.
    private static let noon = 20_000 * 86_400 + 43_200

    private static func bench(_ rows: [String], _ mapping: String = mapping) throws -> Workbench {
        let bench = try Workbench()
        try bench.write("visitor,session,time,event,page\n" + rows.map { $0 + "\n" }.joined(), to: "clicks.csv")
        try bench.write(mapping, to: "clicks.yaml")
        return bench
    }

    @Test func reconcile() throws {
        let noon = Self.noon
        let bench = try Self.bench([
            "v1,a,\(noon),page_view,home", "v1,a,\(noon + 60),page_view,loan", "v1,a,\(noon + 90_000),page_ping,loan",
            "v2,b,\(noon + 43_100),page_view,home", "v2,c,\(noon + 43_300),page_view,card", "v3,d,\(noon),page_view,home",
            "v3,e,\(noon + 30),page_view,help", "v3,,\(noon + 4000),page_view,help",
        ])
        let imported = try CommandRun.tessera("import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "c", in: bench.folder)
        #expect(imported.code == 0, "\(imported.talk)")
        let run = try CommandRun.tessera("sessions", "reconcile", "c", "--page", "s.html", in: bench.folder)
        #expect(run.code == 0, "\(run.talk)")
        #expect(run.output.contains("6 sessions of the export, 5 of the rule"), "\(run.output)")
        #expect(run.output.contains("at midnight                                   1"))
        #expect(run.output.contains("a late ping from an open page                 1          event 2 after 24 h 59 min"))
        #expect(run.output.contains("1 rows without a session id"))
        let page = String(decoding: try bench.data("s.html"), as: UTF8.self)
        #expect(page.contains("<svg") && page.contains("a late ping from an open page"))
        let json = try CommandRun.tessera("sessions", "reconcile", "c", "--json", "--utc-offset", "+01:00", in: bench.folder).json()
        #expect((json["causes"] as? [String: Int])?["midnight"] == 0 && (json["causes"] as? [String: Int])?["otherID"] == 2)
        #expect((json["sessions"] as? [String: Int])?["export"] == 6 && json["without_session"] as? Int == 1)
    }

    /// Sessions as a service takes them.
    @Test func export() throws {
        let bench = try Self.bench(["v1,a,1000000,page_view,home", "v1,a,1000010,page_view,loan", "v2,b,1000020,page_view,card"])
        _ = try CommandRun.tessera("import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "c", in: bench.folder)
        let run = try CommandRun.tessera("sessions", "export", "c", "--out", "s.jsonl", in: bench.folder)
        #expect(run.code == 0, "\(run.talk)")
        let first = """
            {"session":"a","visitor":"v1","events":[{"time_us":1000000000000,"event":"page_view","page":"home"},\
            {"time_us":1000010000000,"event":"page_view","page":"loan"}]}
            """
        let lines = String(decoding: try bench.data("s.jsonl"), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2 && lines.contains(Substring(first)), "\(lines)")
        let printed = try CommandRun.tessera("sessions", "export", "c", "--limit", "1", "--out", "-", in: bench.folder)
        #expect(printed.code == 0 && lines.contains(printed.output.dropLast()), "\(printed.output)")
        let replacing = try CommandRun.tessera("sessions", "export", "c", "--out", "c", in: bench.folder)
        #expect(replacing.code == 73, "\(replacing.talk)")
        #expect(try CommandRun.tessera("sessions", "export", "c", "--out", "s.jsonl", "--limit", "0", in: bench.folder).code == 64)
    }

    @Test func nothingToReconcile() throws {
        let bench = try Self.bench(["v1,a,1000000,page_view,home"], Self.mapping.replacing("session: session\n", with: ""))
        _ = try CommandRun.tessera("import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "c", in: bench.folder)
        let run = try CommandRun.tessera("sessions", "reconcile", "c", in: bench.folder)
        #expect(run.code == 65 && run.talk.contains("no session ids"), "\(run.talk)")
        let wrong = try CommandRun.tessera("sessions", "reconcile", "c", "--utc-offset", "Berlin", in: bench.folder)
        #expect(wrong.code == 64)
    }

    /// What an import has cut or folded by rules of its own tells nothing about the export.
    @Test func nothingOfTheImport() throws {
        let rows = ["v1,a,1000000,page_view,home", "v1,a,1000010,page_ping,home", "v1,a,1000020,page_ping,home"]
        let pings = "  - { name: ping, column: event, kind: categorical, when: { column: event, is: [page_ping] } }\n"
        let bench = try Self.bench(rows, Self.mapping + pings + "pings: { page: page, marker: ping }\n")
        func reconcile(_ options: String...) throws -> CommandRun {
            let imported = try CommandRun.tessera(
                ["import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "c", "--replace"] + options, in: bench.folder)
            #expect(imported.code == 0, "\(imported.talk)")
            return try CommandRun.tessera("sessions", "reconcile", "c", in: bench.folder)
        }
        let folded = try reconcile()
        #expect(folded.code == 65 && folded.talk.contains("--keep-pings"), "\(folded.talk)")
        let cut = try reconcile("--keep-pings", "--max-events", "2")
        #expect(cut.code == 65 && cut.talk.contains("--max-events"), "\(cut.talk)")
        let kept = try reconcile("--keep-pings")
        #expect(kept.code == 0 && kept.output.contains("3 events"), "\(kept.output)")
    }

    @Test func validate() throws {
        let noon = Self.noon
        let rows = (0..<20).map { "v\($0),s\($0),\(noon + $0),\($0 % 2 == 0 ? "view" : "search"),page \($0)" }
        let bench = try Self.bench(rows)
        let good = try CommandRun.tessera("validate", "clicks.csv", "--mapping", "clicks.yaml", in: bench.folder)
        #expect(good.code == 0 && good.output.contains("clicks.csv: 0 errors, 0 warnings"), "\(good.output) \(good.talk)")

        try bench.write(
            "visitor,session,time,event,page\n"
                + (rows + ["v1,s,soon,view,x", "v2,s,\(noon),view,anna@host.example"]).map { $0 + "\n" }.joined(),
            to: "bad.csv")
        try bench.write("rows: {refused: 0}\nfields:\n  - {name: event, values: [view]}\n  - {name: city}\n", to: "contract.yaml")
        let arguments = ["validate", "bad.csv", "--mapping", "clicks.yaml", "--contract", "contract.yaml"]
        let bad = try CommandRun.tessera(arguments + ["--page", "v.html"], in: bench.folder)
        #expect(bad.code == 1, "\(bad.talk)")
        let lines = bad.output.split(separator: "\n")
        #expect(lines.count == 5 && lines.dropLast().allSatisfy { $0.hasPrefix("error: ") }, "\(bad.output)")
        #expect(lines[0].hasPrefix("error: rows: refused: bad_time: 1 of 22 (as bad.csv, line 22, column 3)"))
        #expect(bad.output.contains("error: city: the field is not there") && bad.output.contains("error: event: has 1 values"))
        #expect(bad.output.contains("look like e-mail addresses") && !bad.output.contains("anna"))
        #expect(!String(decoding: try bench.data("v.html"), as: UTF8.self).contains("anna@"))
        let json = try CommandRun.tessera(arguments + ["--json"], in: bench.folder)
        let found = try json.json()["findings"] as? [[String: Any]]
        #expect(json.code == 1 && found?.count == 4)

        try bench.write("rows: {refused: 2}\n", to: "contract.yaml")
        let fault = try CommandRun.tessera(arguments, in: bench.folder)
        #expect(fault.code == 78 && fault.talk.contains("contract.yaml: rows.refused"), "\(fault.talk)")
        try bench.write("rows: {refuse: 0.1}\n", to: "contract.yaml")
        #expect(try CommandRun.tessera(arguments, in: bench.folder).talk.contains("refuse"))
    }

    @Test("Of an export without a good row findings say why, and a folder of parts is an export")
    func validateExports() throws {
        let bench = try Self.bench(["v1,a,soon,view,x", "v2,a,later,view,y"])
        let run = try CommandRun.tessera("validate", "clicks.csv", "--mapping", "clicks.yaml", in: bench.folder)
        #expect(run.code == 1, "\(run.talk)")
        #expect(run.output.hasPrefix("error: rows: refused: bad_time: 2 of 2 (as clicks.csv, line 2, column 3)"), "\(run.output)")
        #expect(run.output.contains("clicks.csv: 1 errors, 0 warnings"))
        try bench.write("visitor,session,time,event,page\n", to: "clicks.csv")
        let json = try CommandRun.tessera("validate", "clicks.csv", "--mapping", "clicks.yaml", "--json", in: bench.folder)
        #expect(try json.code == 1 && json.json()["kept"] as? Bool == false)

        for part in 0..<3 {
            let rows = (0..<9).map { "v\(part),s\(part),\(Self.noon + part * 9 + $0),\($0 % 2 == 0 ? "view" : "click"),p\($0)\n" }
            try bench.write("visitor,session,time,event,page\n" + rows.joined(), to: "parts/part-\(part).csv")
        }
        try bench.write("", to: "parts/part-3.csv")
        let folder = try CommandRun.tessera("validate", "parts", "--mapping", "clicks.yaml", in: bench.folder)
        #expect(folder.code == 0 && folder.output.contains("parts: 0 errors"), "\(folder.output) \(folder.talk)")
        #expect(folder.talk.contains("left out, as they are empty: parts/part-3.csv"))
        let imported = try CommandRun.tessera("import", "parts", "--mapping", "clicks.yaml", "--out", "c", "--json", in: bench.folder)
        #expect(try imported.json()["format"] as? String == "csv")
        let corpus = try CommandRun.tessera("validate", "c", in: bench.folder)
        #expect(corpus.code == 0, "\(corpus.talk)")
        let both = try CommandRun.tessera("validate", "parts", "--mapping", "clicks.yaml", "--format", "otto", in: bench.folder)
        #expect(both.code == 64 && both.talk.contains("--format"))
    }

    @Test("The format that was recognised is in the result")
    func format() throws {
        let bench = try Workbench()
        let line = #"{"session":1,"events":[{"aid":1,"ts":1661724000278,"type":"clicks"},{"aid":2,"ts":1661724000378,"type":"carts"}]}"#
        try bench.write(line + "\n", to: "otto.jsonl")
        let run = try CommandRun.tessera("import", "otto.jsonl", "--out", "c", in: bench.folder)
        #expect(run.code == 0 && run.output.contains("; format otto"), "\(run.output) \(run.talk)")
        let json = try CommandRun.tessera("import", "otto.jsonl", "--out", "d", "--json", in: bench.folder)
        #expect(try json.json()["format"] as? String == "otto")
    }
}
