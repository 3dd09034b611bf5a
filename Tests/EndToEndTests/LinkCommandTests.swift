import Foundation
import Testing

/// `tessera link`, as a person runs it.
@Suite struct LinkCommandTests {
    static let mapping = """
        format: csv
        visitor: visitor
        customer: customer_id
        time: { column: time, unit: s }
        fields:
          - { name: page, column: page, kind: categorical }

        """

    static func bench() throws -> Workbench {
        let bench = try Workbench()
        let rows = (0..<20).map { person in
            let login = person % 2 == 0 ? "c\(person)" : ""
            return "v\(person),\(1_000_000 + person),,home\nv\(person),\(1_000_060 + person),\(login),login\n"
        }
        try bench.write("visitor,time,customer_id,page\n" + rows.joined(), to: "clicks.csv")
        try bench.write(mapping, to: "clicks.yaml")
        let shown = (0..<10).map { person in
            "i\(person),1100000000,c\(person),card,1,\(person % 2),0.5\ni\(person),1100000000,c\(person),loan,2,0,0.5\n"
        }
        try bench.write(
            "impression_id,time_ms,customer_id,tile,position,clicked,probability\n" + shown.joined() + "bad,x,c1,card,1,0,\n", to: "i.csv")
        try bench.write("decision_id,time_ms,customer_id\nd1,1000000000,c2\nd2,1000063000,c2\nd3,9999999000,c2\n", to: "d.csv")
        try bench.write("customer_id,age\n" + (0..<10).map { "c\($0),\(20 + $0 % 2)\n" }.joined(), to: "customers.csv")
        try bench.write("tile,kind\ncard,pay\n", to: "tiles.csv")
        let run = try CommandRun.tessera("import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "c", in: bench.folder)
        #expect(run.code == 0, "\(run.talk)")
        return bench
    }

    @Test func impressionsAreLinkedAndTold() throws {
        let bench = try Self.bench()
        let run = try CommandRun.tessera(
            "link", "c", "--impressions", "i.csv", "--customers", "customers.csv", "--tiles", "tiles.csv", "--out", "l.csv", "--rejects",
            "r.csv", in: bench.folder)
        #expect(run.code == 0, "\(run.talk)")
        #expect(run.output.contains("l.csv: 5 of 10 impressions have a session (50.0 %)") && run.output.contains("10 not in the catalogue"))
        #expect(run.output.contains("age: 20.000 and 21.000"))
        #expect(run.talk.contains("link: refused i.csv:22: bad_time"))
        #expect(String(decoding: try bench.data("r.csv"), as: UTF8.self).contains("i.csv,22,bad_time,"))
        let lines = String(decoding: try bench.data("l.csv"), as: UTF8.self).split(separator: "\n")
        #expect(lines[0] == "decision_id,time_ms,session_id,ended_ms" && lines[1] == "i0,1100000000,v0:1,1000060000")
        #expect(lines[2] == "i1,1100000000,," && lines.count == 11)
    }

    @Test func decisionsUnderAKeyGiveTheSameLinks() throws {
        let key = ["TESSERA_KEY": "0123456789abcdef0123456789abcdef"]
        let bench = try Self.bench()
        let again = ["import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "k"]
        #expect(try CommandRun.tessera(again, in: bench.folder, environment: key).code == 0)
        let link = ["--decisions", "d.csv", "--json", "--out"]
        let plain = try CommandRun.tessera(["link", "c"] + link + ["l.jsonl"], in: bench.folder)
        let keyed = try CommandRun.tessera(["link", "k"] + link + ["k.jsonl"], in: bench.folder, environment: key)
        #expect(plain.code == 0 && keyed.code == 0, "\(plain.talk) \(keyed.talk)")
        #expect(plain.output == keyed.output)
        let links = try plain.json()["links"] as? [String: Any]
        // d1 lies before the session, d3 more than 30 days behind it.
        #expect(links?["matched"] as? Int == 1 && links?["before_data"] as? Int == 1 && links?["decisions"] as? Int == 3)
        #expect(
            String(decoding: try bench.data("l.jsonl"), as: UTF8.self)
                == "{\"decision_id\":\"d1\",\"time_ms\":1000000000,\"sessions\":[]}\n"
                + "{\"decision_id\":\"d2\",\"time_ms\":1000063000,\"sessions\":[\"v2:1\"]}\n"
                + "{\"decision_id\":\"d3\",\"time_ms\":9999999000,\"sessions\":[]}\n")
        #expect(!String(decoding: try bench.data("k.jsonl"), as: UTF8.self).contains("v2"))
        let keyless = try CommandRun.tessera(["link", "k"] + link + ["n.jsonl"], in: bench.folder)
        #expect(keyless.code == 78 && keyless.talk.contains("--key") && !bench.exists("n.jsonl"))
    }

    @Test func outputsAreCheckedAndTroubleHasItsCode() throws {
        let bench = try Self.bench()
        func code(_ arguments: String...) throws -> Int32 {
            try CommandRun.tessera(["link", "c"] + arguments, in: bench.folder).code
        }
        #expect(try code("--out", "l.csv") == 64)
        #expect(try code("--impressions", "i.csv", "--decisions", "d.csv", "--out", "l.csv") == 64)
        #expect(try code("--decisions", "d.csv", "--tiles", "tiles.csv", "--out", "l.csv") == 64)
        #expect(try code("--decisions", "d.csv", "--out", "d.csv") == 73)
        #expect(try code("--decisions", "d.csv", "--out", "c") == 73)
        #expect(try code("--decisions", "none.csv", "--out", "l.csv") == 66)
        #expect(try code("--decisions", "i.csv", "--out", "l.csv") == 78)
        #expect(try code("--decisions", "d.csv", "--links", "customers.csv", "--out", "l.csv") == 78)
        try bench.write("tile: [\n", to: "bad.yaml")
        #expect(try code("--impressions", "i.csv", "--format", "bad.yaml", "--out", "l.csv") == 78)
        try bench.write("tyle: x\n", to: "bad.yaml")
        #expect(try code("--impressions", "i.csv", "--format", "bad.yaml", "--out", "l.csv") == 78)
        try bench.write("decision_id,time_ms,customer_id\nd,x,c\n", to: "no.csv")
        #expect(try code("--decisions", "no.csv", "--rejects", "r.csv", "--out", "l.csv") == 65)
        #expect(String(decoding: try bench.data("r.csv"), as: UTF8.self).contains("no.csv,2,bad_time"))
        #expect(!bench.exists("l.csv"))
        let plain = Self.mapping.replacing("customer: customer_id\n", with: "")
        try bench.write(plain, to: "plain.yaml")
        #expect(try CommandRun.tessera("import", "clicks.csv", "--mapping", "plain.yaml", "--out", "p", in: bench.folder).code == 0)
        let run = try CommandRun.tessera("link", "p", "--decisions", "d.csv", "--out", "l.csv", in: bench.folder)
        #expect(run.code == 65 && run.talk.contains("customer: COLUMN"))
    }
}
