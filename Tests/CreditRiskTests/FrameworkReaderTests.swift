import CreditRisk
import FaultTestSupport
import Foundation
import SequenceKernel
import Testing

@Suite struct FrameworkReaderTests {
    private static func configuration() -> FrameworkConfiguration {
        var table = FrameworkConfiguration.Table(name: "statements", key: "card", time: "day")
        (table.unit, table.categorical, table.numeric, table.times) = (.iso8601, ["status"], ["balance"], ["opened"])
        table.vectors = [.init(name: "note", columns: ["n0", "n1"])]
        table.missing = ["NA"]
        var configuration = FrameworkConfiguration(tables: [table])
        (configuration.applicants.key, configuration.applicants.outcome) = ("card", "bad")
        (configuration.applicants.outcomeTime, configuration.applicants.numeric) = ("known", ["age"])
        configuration.network.leastCount = 1
        return configuration
    }

    private static let applicants = """
        card,decision,bad,known,age
        c1,1700000000,0,1800000000,30
        c2,1700000000,1.0,,NaN
        c3,1700000000,,,41
        c4,1700000000,2,,41
        c5,1700000000,1,1600000000,41
        c6,,1,,41
        """
    private static let statements = """
        status;day;card;n0;n1;balance;opened;not read
        paid;2023-11-01;c1;0.5;1;12.5;2020-01-01;x
        "late; very";2023-11-02;c2;;1;NA;NA;y
        ;2023-11-01T10:00:00+01:00;c2;1;1;7;2024-01-01;z
        late;2024-11-01;c2;1;1;7;;z
        late;soon;c2;1;1;7;;z
        late;2023-11-01;c2;1;1;lots;;z
        late;2023-11-01;c2;1;1;inf;;z
        late;2023-11-01;c2
        late;2023-11-01;nobody;1;1;7;;z
        """

    /// Tables that a bank exports, as they are, by configuration alone.
    @Test func rawTables() throws {
        var reader = try FrameworkReader(Self.configuration())
        let examples = try reader.read(("a.csv", Array(Self.applicants.utf8)), [("s.csv", Array(Self.statements.utf8))])
        #expect(examples.keys == ["c1", "c2", "c3"] && examples.decisions == [Int64](repeating: 1_700_000_000_000_000, count: 3))
        #expect(examples.outcomes[0..<2] == [0, 1] && examples.outcomes[2].isNaN)
        #expect(reader.refused == 7 && reader.refusals.count == 7)
        let reasons = reader.refusals.map(\.description)
        for (line, word) in [
            ("a.csv:5", "neither 0 nor 1"), ("a.csv:6", "known before its decision"), ("a.csv:7", "no time of the decision"),
            ("s.csv:6", "field 2 is no time"), ("s.csv:7", "field 6 is no finite number"), ("s.csv:8", "field 6 is no finite number"),
            ("s.csv:9", "3 fields"),
        ] {
            #expect(reasons.contains { $0.hasPrefix("\(line):") && $0.contains(word) }, "\(line) \(word) in \(reasons)")
        }
        #expect(!reasons.joined().contains("lots") && !reasons.joined().contains("soon") && !reasons.joined().contains("c2"))
        #expect(examples.counts.withoutApplicant == ["statements": 1] && examples.counts.records == ["statements": 5])
        let encoder = try FrameworkEncoder(examples, Self.configuration())
        let (encoded, counts) = try encoder.encoded(examples)
        #expect(counts.afterDecision == 1 && counts.withoutRecords == 1 && encoded.offsets == [[0, 1, 3, 3]])
        // status, balance, since previous, until decision, opened, three buckets, note. The record of 09:00 UTC on the first comes before
        // that of the second of the month; what was opened after the decision is missing.
        let rows = encoded.tables[0]
        #expect(rows.codes[0] == 4 && rows.codes[9] == FieldCode.missing && rows.codes[18] == 3)
        #expect(rows.codes[13] == FieldCode.missing && rows.codes[19] == FieldCode.missing && rows.codes[26] == FieldCode.missing)
    }

    /// A key may decide several times: the decision's time says which outcome is of which, and what nothing says is refused by line.
    @Test func outcomesOfRepeatedKeys() throws {
        let applicants = "card,decision,age\nc1,1700000000,30\nc1,1710000000,31\nc2,1700000000,40\nc3,1700000000,41\n"
        func read(_ outcomes: String) throws -> (outcomes: [Float], reader: FrameworkReader) {
            var reader = try FrameworkReader(Self.configuration())
            let examples = try reader.read(
                ("a.csv", Array(applicants.utf8)), [("s.csv", Array(Self.statements.split(separator: "\n")[0].utf8))],
                outcomes: ("o.csv", Array(outcomes.utf8)))
            return (examples.outcomes.map { $0.isNaN ? -1 : $0 }, reader)
        }
        var found = try read(
            "card,decision,bad,known\nc1,1700000000,0,\nc1,1710000000,1,\nc2,1700000001,1,\nc3,1700000000,1,\nc3,1700000000,1,\n")
        #expect(found.outcomes == [0, 1, -1, -1] && found.reader.outcomesWithoutApplicant == 1)
        #expect(found.reader.refusals.map(\.line) == [5, 6] && found.reader.refused == 2)
        #expect(found.reader.refusals.allSatisfy { $0.description.hasPrefix("o.csv:") && $0.reason.contains("the decision is in several") })
        found = try read("card,bad,known\nc1,0,\nc2,1,\nc3,0,\nc3,1,\n")
        #expect(found.outcomes == [-1, -1, 1, -1])
        #expect(found.reader.refusals.map(\.line) == [2, 4, 5])
        #expect(found.reader.refusals[0].reason.contains("the key has several decisions"))
        #expect(found.reader.refusals[1].reason.contains("add the column `decision`"))
        #expect(!found.reader.refusals.map(\.description).joined().contains("c1"))
        found = try read("card,decision,bad,known\nc3,,0,\nc2,1700000000,1,\n")
        #expect(found.outcomes == [-1, -1, 1, -1] && found.reader.refusals.map(\.line) == [2])
    }

    @Test func badTables() throws {
        func message(_ applicants: String, _ statements: String) -> String {
            do throws(FrameworkError) {
                var reader = try FrameworkReader(Self.configuration())
                _ = try reader.read(("a.csv", Array(applicants.utf8)), [("s.csv", Array(statements.utf8))])
                return "read"
            } catch { return error.description }
        }
        #expect(message(Self.applicants, Self.statements) == "read")
        #expect(message(Self.applicants, "a,b\n1,2").contains("s.csv: there is no column `day`"))
        #expect(message(Self.applicants, "day;card;n0;n1;balance;opened\n").contains("there is no column `status`"))
        #expect(message("card,decision,bad,known,age,age\n", Self.statements).contains("column 6 has the name of an earlier one"))
        var reader = try FrameworkReader(Self.configuration())
        #expect(throws: FrameworkError.self) { try reader.read(applicants: "/nowhere/a.csv", tables: ["statements": "/nowhere/s.csv"]) }
        #expect(throws: FrameworkError.self) { try reader.read(applicants: "/nowhere/a.csv", tables: [:]) }
    }

    /// Files are read whole or not at all, whatever operation fails.
    @Test func fromFiles() throws {
        let operations = try EveryFault().check("reading tables") { folder in
            try Self.applicants.write(toFile: "\(folder)/a.csv", atomically: false, encoding: .utf8)
            try Self.statements.write(toFile: "\(folder)/s.csv", atomically: false, encoding: .utf8)
        } _: { folder, fileSystem in
            var reader = try FrameworkReader(Self.configuration())
            let examples = try reader.read(
                applicants: "\(folder)/a.csv", tables: ["statements": "\(folder)/s.csv"], in: fileSystem)
            #expect(examples.count == 3 && reader.refused == 7)
        }
        #expect(operations > 3)
    }

    /// Whatever bytes come, there is an error or a table, and no value of a field in any message.
    @Test func brokenBytes() throws {
        var random = RandomSource(11)
        var read = 0
        for _ in 0..<400 {
            var (applicants, statements) = (Array(Self.applicants.utf8), Array(Self.statements.utf8))
            for _ in 0..<1 + random.below(6) {
                let byte = UInt8(truncatingIfNeeded: random.next())
                if random.uniform() < 0.5 {
                    applicants[random.below(applicants.count)] = byte
                } else {
                    statements[random.below(statements.count)] = byte
                }
            }
            if random.uniform() < 0.2 { statements.removeLast(random.below(statements.count)) }
            do throws(FrameworkError) {
                var reader = try FrameworkReader(Self.configuration())
                let examples = try reader.read(("a.csv", applicants), [("s.csv", statements)])
                _ = try FrameworkEncoder(examples, Self.configuration()).encoded(examples)
                read += 1
                for refusal in reader.refusals { #expect(!refusal.description.contains("lots")) }
            } catch { #expect(!error.description.contains("late; very")) }
        }
        #expect(read > 100 && read < 400)
    }
}
