import Audit
import DurableFiles
import Evaluation
import Foundation
import Testing

/// Sheets as people get and return them.
@Suite struct ReviewSheetTests {
    let folder: LedgerFolder
    init() throws { folder = try LedgerFolder() }

    private func read(_ design: ReviewDesign, _ sheets: [UInt8]...) -> SheetReading {
        SheetReading(contents: sheets.enumerated().map { ("sheet\($0.offset + 1).csv", $0.element) }, of: design)
    }

    private func kinds(_ reading: SheetReading) -> [SheetReading.Finding.Kind: Int] { reading.counts.filter { $0.key != .missingRow } }

    @Test func aSheetComesBackAsItWasWritten() throws {
        let design = try ReviewSamples.design(folder)
        let sheet = ReviewSamples.sheet(design, 0) { item, number in
            number % 3 == 0 ? ("right", "") : number % 3 == 1 ? ("Right", "help") : ("compare, pay", "")
        }
        let reading = read(design, sheet)
        #expect(reading.findings.isEmpty && reading.unanswered.isEmpty)
        for (number, item) in design.items.enumerated() {
            let wanted: Set<String> =
                number % 3 == 0 ? Set(item.given) : number % 3 == 1 ? Set(item.given + ["help"]) : ["compare", "pay"]
            #expect(reading.verdicts[number][0] == .shows(wanted))
        }
    }

    /// A spreadsheet changes line ends, the separator, quotes and the mark at the start.
    @Test func whatSpreadsheetsDoIsUnderstood() throws {
        let design = try ReviewSamples.design(folder)
        let sheet = ReviewSamples.sheet(design, 0) { _, _ in ("right", "") }
        let text = String(decoding: sheet.dropFirst(3), as: UTF8.self)
        let wanted = read(design, sheet).verdicts
        let plain = text.replacing("\"item\",\"reviewer\"", with: "item,reviewer").replacing("\"right\"", with: "right")
        for changed in [
            text, text.replacing("\r\n", with: "\n"), text.replacing("\",\"", with: "\";\""), text.replacing("\",\"", with: "\"\t\""),
            plain,
            text + ",,,,,,\r\n", text.replacing("\"item\"", with: "\"Item\""),
        ] {
            let reading = read(design, Array(changed.utf8))
            #expect(reading.verdicts == wanted && reading.findings.isEmpty, "\(changed.prefix(80)) \(reading.findings.first as Any)")
        }
    }

    /// Journeys and definitions keep their line breaks, quotes and commas.
    @Test func cellsSurviveTheTable() throws {
        let design = try ReviewSamples.design(folder)
        let sheet = ReviewSamples.sheet(design, 0) { _, _ in ("", "") }
        try Data(sheet).write(to: URL(filePath: folder("s.csv")))
        let journeys = try ReviewSheet.journeys([folder("s.csv")])
        #expect(journeys.count == design.items.count)
        #expect(journeys[design.name(of: 0)] == "1 event\n0:00 page of \(design.items[0].session), \"so\"")
    }

    /// No cell of ours is a formula, whatever stands in the data.
    @Test(arguments: ["=1+1", "+1", "-1", "@A1", "  =x", "\t=x", "|x", "%x", "＝1", "\r=x", "\n=x"])
    func formulasAreDefused(_ text: String) throws {
        let design = try ReviewSamples.design(folder)
        let bytes = ReviewSheet(design).csv(reviewer: 0, journey: { _ in text }, evidence: { _, _ in [text] })
        let sheet = String(decoding: bytes, as: UTF8.self)
        #expect(sheet.contains("\"'\(text)\"") && !sheet.contains("\"\(text)"))
    }

    @Test func nobodyIsNamedInASheet() throws {
        let design = try ReviewSamples.design(folder)
        let bytes = ReviewSheet(design).csv(reviewer: 0, journey: { _ in "journey" }, evidence: { _, _ in [] })
        let sheet = String(decoding: bytes, as: UTF8.self)
        #expect(design.items.allSatisfy { !sheet.contains("\"\($0.session)\"") })
        #expect(sheet.contains("compare: Name of compare. Holds where compare is \"\"tried\"\", mostly."))
    }

    @Test func aBlindSheetTellsNothing() throws {
        let design = try ReviewSamples.design(folder) { $0.isBlind = true }
        let sheet = ReviewSamples.sheet(design, 0) { item, number in (number == 0 ? "right" : number == 1 ? "none" : "pay help", "") }
        let text = String(decoding: sheet, as: UTF8.self)
        #expect(!text.contains("given") && !text.contains("Name of"))
        let reading = read(design, sheet)
        #expect(reading.verdicts[0][0] == nil && reading.verdicts[1][0] == .shows([]) && reading.verdicts[2][0] == .shows(["pay", "help"]))
        #expect(kinds(reading) == [.oddVerdict: 1])
    }

    /// Everything that can be wrong with a row is counted, and named with its line.
    @Test func rowsThatCannotBeUsedAreNamed() throws {
        let design = try ReviewSamples.design(folder) { ($0.reviewers, $0.overlap) = (["anna", "ben"], 1) }
        let mine = design.items.indices.filter { design.items[$0].reviewers == [0] }
        let theirs = try #require(design.items.indices.first { design.items[$0].reviewers == [1] })
        func row(_ cells: String...) -> String { cells.map { "\"\($0)\"" }.joined(separator: ",") + "\n" }
        let head = "item,reviewer,verdict,missed,note\n"
        let name = design.name(of: mine[0]), other = design.name(of: mine[1])
        let empty = try #require(mine.first { design.items[$0].given.isEmpty })
        let text =
            head + row(name, "anna", "right", "", "")  // 2
            + row(name, "anna", "right", "", "")  // 3: the same again is no trouble
            + row(other, "anna", "right", "", "") + row(other, "anna", "unsure", "", "")  // 4 and 5: a contradiction
            + row("\(design.id.prefix(8))-9999", "anna", "right", "", "")  // 6
            + row(design.name(of: theirs), "anna", "right", "", "")  // 7
            + row(design.name(of: mine[2]), "dora", "right", "", "")  // 8
            + row(design.name(of: mine[3]), "anna", "maybe", "", "")  // 9
            + row(design.name(of: mine[4]), "anna", "right", "nonsense", "")  // 10
            + row(design.name(of: empty), "anna", "wrong", "", "")  // 11
            + row("00000000-0001", "anna", "right", "", "")  // 12
        let reading = read(design, Array(text.utf8))
        let found = reading.findings.filter { $0.kind != .missingRow }.map { "\($0.line) \($0.kind.rawValue)" }
        #expect(
            found == [
                "5 duplicate", "6 unknown_item", "7 not_theirs", "8 unknown_reviewer", "9 odd_verdict", "10 odd_verdict", "11 odd_verdict",
                "12 unknown_item",
            ])
        #expect(reading.verdicts[mine[0]][0] == .shows(Set(design.items[mine[0]].given)))
        #expect(reading.verdicts[mine[1]][0] == nil, "of a contradiction neither counts")
        #expect(reading.findings.allSatisfy { !$0.remedy.contains("nonsense") && !$0.remedy.contains("maybe") })
        let usable = Set([mine[0], mine[1], mine[3], mine[4], empty])
        let wanted = design.items.count - usable.count
        #expect(reading.counts[.missingRow] == wanted)
    }

    @Test func otherFilesAreNoSheets() throws {
        let design = try ReviewSamples.design(folder), other = try ReviewSamples.design(folder) { $0.seed = 9 }
        func kind(_ text: String) -> SheetReading.Finding.Kind? { read(design, Array(text.utf8)).findings.first?.kind }
        #expect(kind("") == .notASheet && kind("a,b\n1,2\n") == .notASheet && kind("\u{FF}\u{0}") == .notASheet)
        let foreign = read(design, ReviewSamples.sheet(other, 0) { _, _ in ("right", "") })
        #expect(kinds(foreign) == [.otherDesign: 1] && foreign.verdicts.allSatisfy { $0[0] == nil })
        // A quote that nobody closed loses what follows, and says so.
        let text = String(decoding: ReviewSamples.sheet(design, 0) { _, _ in ("right", "") }, as: UTF8.self)
        let cut = read(design, Array(text.prefix(text.count / 2).utf8) + Array("\"open".utf8))
        #expect(cut.counts[.missingRow] != nil && cut.verdicts.contains { $0[0] != nil })
    }

    /// Half a sheet gives half the verdicts, and the rest is counted.
    @Test func partialSheetsAreRead() throws {
        let design = try ReviewSamples.design(folder) { ($0.reviewers, $0.overlap) = (["anna", "ben"], 2) }
        let anna = ReviewSamples.sheet(design, 0) { _, number in (number < 20 ? "right" : "", "") }
        let reading = read(design, anna)
        #expect(reading.unanswered == ["anna": design.items.count - 20] && reading.counts[.missingRow] == design.items.count)
        let outcome = ReviewOutcome(reading, of: design, floor: 0.7, rounds: 50)
        #expect(outcome.judged == 20 && outcome.toDo.contains { $0 == "anna: verdicts still empty: \(design.items.count - 20)" })
        #expect(outcome.whollyRight?.estimate == 1)
        #expect(ReviewOutcome(read(design), of: design, rounds: 50).judged == 0)
    }
}
