import CreditRisk
import Testing

@Suite struct PlainTableTests {
    /// A table of so many rows with columns by row.
    static func text(_ count: Int, _ header: String, delimiter: String = ",", _ row: (Int) -> [String]) -> [UInt8] {
        Array(([header] + (0..<count).map { row($0).joined(separator: delimiter) }).joined(separator: "\n").utf8)
    }

    static func read(_ text: [UInt8], target: String = "y", positive: String? = nil, time: String? = nil) throws -> PlainTable {
        var settings = PlainTableSettings(target: target, positive: positive, time: time)
        settings.leastOfEach = 5
        return try PlainTable(text: text, path: "loans", settings)
    }

    static func refusal(_ body: () throws -> PlainTable) -> String {
        do { _ = try body() } catch { return "\(error)" }
        return "nothing was refused"
    }

    @Test func columnsAreToldApart() throws {
        // More than twenty rows with texts of their own.
        let table = try Self.read(
            Self.text(200, "row,client_id,name,amount,job,one,gone,y,code,rare") { row in
                [
                    "\(row + 7)", "\(row * row + 3)", "\"person, \(row)\"", row % 9 == 0 ? "" : "\(row).5",
                    ["smith", "NA", "clerk"][row % 3],
                    "same", "", row % 4 == 0 ? "1" : "0", row == 5 ? "unknown" : "\(row % 50)", row % 50 == 0 ? "there" : "",
                ]
            })
        #expect(table.table.count == 200 && table.positive == "1" && table.table.outcomes.count { $0 == 1 } == 50)
        #expect(table.leftOut.map(\.column) == ["row", "client_id", "name", "one", "gone"])
        #expect(table.leftOut.map(\.reason) == [.identifier, .identifier, .identifier, .constant, .empty])
        #expect(table.table.columns.map(\.name) == ["amount", "job", "code", "rare"] && table.readAsMissing == ["code": 1])
        guard case .numeric(let amounts) = table.table.columns[0].values, case .categorical(let jobs) = table.table.columns[1].values,
            case .numeric(let codes) = table.table.columns[2].values, case .categorical(let rare) = table.table.columns[3].values
        else {
            Issue.record("columns are of another kind")
            return
        }
        #expect(amounts[0].isNaN && amounts[1] == 1.5 && jobs[0] == "smith" && jobs[1] == nil)
        #expect(codes[5].isNaN && codes[6] == 6 && rare[0] == "there" && rare[1] == nil)
    }

    @Test(arguments: [",", ";", "\t", "|"]) func delimitersAndNumbersAreGuessed(delimiter: String) throws {
        let header = ["amount", "rate", "y", "level"].joined(separator: delimiter)
        let table = try Self.read(
            Self.text(40, "\u{FEFF}" + header, delimiter: delimiter) { row in
                [delimiter == "," ? "\(row).25" : "\(row),25", "\(row * 3)%", row % 2 == 0 ? "good" : "Bad", row % 3 == 0 ? "x1e" : "0x1F"]
            })
        #expect(table.positive == "Bad" && table.table.columns.map(\.name) == ["amount", "rate", "level"])
        guard case .numeric(let amounts) = table.table.columns[0].values, case .numeric(let rates) = table.table.columns[1].values,
            case .categorical = table.table.columns[2].values
        else {
            Issue.record("columns are of another kind")
            return
        }
        #expect(amounts[3] == 3.25 && rates[39] == 117)
    }

    @Test func theOutcomeThatCountsIsFound() throws {
        func positive(_ values: [String], given: String? = nil) throws -> String {
            try Self.read(Self.text(40, "x,y") { ["\($0 % 7)", values[$0 % values.count]] }, positive: given).positive
        }
        #expect(try positive(["0", "1"]) == "1" && positive(["1.0", "0.0"]) == "1" && positive(["-1", "1"]) == "1")
        #expect(try positive(["No", "YES", "YES"]) == "YES" && positive(["paid", "Default"]) == "Default")
        // Codes from 1 on say nothing: the rarer.
        #expect(try positive(["1", "1", "2"]) == "2" && positive(["1", "2", "2"]) == "1" && positive(["a", "a", "b"]) == "b")
        #expect(try positive(["0", "1", "2"], given: "2") == "2" && positive(["0", "1"], given: "1.0") == "1")
        #expect(try positive(["0", "1"], given: "0") == "0")
    }

    @Test func rowsWithoutOutcomeAndRowsThatCannotBeReadAreCounted() throws {
        let table = try Self.read(
            Self.text(60, "x,y") { row in
                row == 10 ? ["1", "0", "2"] : row == 11 ? ["\"a\"b", "1"] : ["\(row % 7)", row % 10 == 3 ? "" : "\(row % 2)"]
            })
        #expect(table.withoutOutcome == 6 && table.refused == 2 && table.table.count == 52)
        #expect(table.refusals.map(\.line) == [12, 13] && table.refusals.allSatisfy { !$0.reason.isEmpty })
    }

    @Test func timesRiseInEveryWayOfWritingThem() throws {
        let ways: [(Int) -> String] = [
            { "\(2_000 + $0)" }, { "\(1_600_000_000 + $0 * 86_400)" }, { "2020-01-\($0 < 9 ? "0" : "")\($0 + 1)" },
            { "2020/01/\($0 < 9 ? "0" : "")\($0 + 1)" }, { "\(2015 + $0 / 12)-\($0 % 12 < 9 ? "0" : "")\($0 % 12 + 1)" },
            { "\(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][$0 % 12])-\(2015 + $0 / 12)" },
        ]
        for way in ways {
            let table = try Self.read(Self.text(30, "x,t,y") { ["\($0 % 7)", way($0), "\($0 % 2)"] }, time: "t")
            let times = try #require(table.times)
            #expect(times == times.sorted() && Set(times).count == 30 && table.table.columns.map(\.name) == ["x"], "\(way(3))")
        }
        // Read as a year, a day could be a month.
        let ambiguous = Self.refusal {
            try Self.read(Self.text(30, "x,t,y") { ["\($0 % 7)", "0\($0 % 9 + 1)/02/2020", "\($0 % 2)"] }, time: "t")
        }
        #expect(ambiguous.contains("`t`") && ambiguous.contains("2026-11-21"))
        let missing = Self.refusal {
            try Self.read(Self.text(30, "x,t,y") { ["\($0 % 7)", $0 == 3 ? "" : "\($0)", "\($0 % 2)"] }, time: "t")
        }
        #expect(missing.contains("1 rows have no time"))
    }

    @Test func faultsSayWhatToDo() {
        let good = Self.text(40, "x,y") { ["\($0 % 7)", "\($0 % 2)"] }
        #expect(Self.refusal { try Self.read(good, target: "z") }.contains("`z`"))
        #expect(Self.refusal { try Self.read(good, time: "z") }.contains("`z`"))
        #expect(Self.refusal { try Self.read(good, time: "y") }.contains("name two"))
        #expect(Self.refusal { try Self.read(good, positive: "7") }.contains("no row has the value"))
        #expect(Self.refusal { try Self.read(Self.text(40, "x,y") { ["\($0 % 7)", "\($0 % 3)"] }) }.contains("3 different values"))
        #expect(Self.refusal { try Self.read(Self.text(40, "x,y") { ["\($0 % 7)", "0"] }) }.contains("the same"))
        #expect(Self.refusal { try Self.read(Self.text(8, "x,y") { ["\($0 % 7)", "\($0 % 2)"] }) }.contains("too few"))
        #expect(Self.refusal { try Self.read(Self.text(40, "x,y") { ["4", "\($0 % 2)"] }) }.contains("no column describes"))
        #expect(Self.refusal { try Self.read(Self.text(40, "y,y") { ["4", "\($0 % 2)"] }) }.contains("each column once"))
        #expect(Self.refusal { try Self.read([]) }.contains("`y`"))
        #expect(Self.refusal { try PlainTable("/nowhere/loans.csv", PlainTableSettings(target: "y")) }.contains("loans.csv"))
        // No message holds what a row holds.
        let secret = Self.refusal { try Self.read(Self.text(40, "x,y") { _ in ["Ada Lovelace", "0"] }) }
        #expect(!secret.contains("Ada"))
    }
}
