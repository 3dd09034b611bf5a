import CreditRisk
import Foundation
import Studies
import SyntheticBank
import Testing

/// What is read of a simulated bank's applicants is what was written.
@Suite struct ApplicantExportTests {
    /// A bank of its own, removed with the value.
    final class Bank {
        let folder: String
        let export: ApplicantExport

        init(applicants: Int = 300) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "bank-\(UUID().uuidString)").path
            var configuration = BankConfiguration(visitors: 5)
            (configuration.formats, configuration.computesReference) = ([.csv], false)
            var credit = CreditAssumptions(applicants: applicants)
            credit.sample = 256
            configuration.credit = credit
            _ = try BankSimulation(configuration: configuration, seed: 5).write(to: folder)
            export = try ApplicantExport(folder: folder + "/credit", number: 3)
        }
        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func lines(_ name: String) throws -> [[String]] {
            try String(contentsOf: URL(filePath: "\(folder)/\(name)"), encoding: .utf8).split(separator: "\n").dropFirst()
                .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        }
    }

    @Test func applicantsStandByDecision() throws {
        let bank = try Bank(), export = bank.export
        #expect(export.count == 300 && export.former?.count == 600)
        #expect(zip(export.decisions, export.decisions.dropFirst()).allSatisfy { $0 <= $1 })
        let outcomes = Dictionary(uniqueKeysWithValues: try bank.lines("credit/outcomes.csv").map { ($0[0], $0[3]) })
        #expect(export.applicants.outcomes.map { $0 == 1 ? "1" : "0" } == export.names.map { outcomes[$0] })
        #expect(zip(export.outcomeTimes, export.decisions).allSatisfy { $0 > $1 + 270 * 86_400 })
        // No two exports' customers are the same, nor those of former days.
        let former = try #require(export.former)
        #expect(Set(export.applicants.customers + former.customers).count == 900)
        #expect(export.applicants.customers.allSatisfy { $0 >> 32 == 3 })
        #expect(try ApplicantExport.ProfileEncoding(former).profile(export.applicants).count == 300)
    }

    @Test func behavioursAndCodes() throws {
        let bank = try Bank(), export = bank.export, behaviours = try export.behaviours()
        let rows = try bank.lines("credit/behaviours.csv")
        #expect(behaviours.reduce(0) { $0 + $1.count } == rows.count)
        let first = try #require(export.names.firstIndex(of: rows[0][0]))
        #expect(behaviours[first][0].code == rows[0][2] && behaviours[first][0].time == Int64(rows[0][1])! / 1_000)
        let merged = try BehaviourVocabulary(export.operations), raw = try BehaviourVocabulary(export.unmergedOperations)
        #expect(merged.entries.count == 41 && raw.entries.count > 400)
        let histories = try export.histories(behaviours, of: Array(0..<export.count), merged, SessionRules())
        #expect(histories.count == 300 && histories.counts.unknownCodes == 0 && histories.counts.behaviours == rows.count)
        let columns = HandMade.app(behaviours, decisions: export.decisions, merged)
        let table = try CreditTable(customers: export.applicants.customers, columns: columns)
        guard case .numeric(let counts) = try #require(table.columns.first { $0.name == "behaviours" }).values else { return }
        #expect(counts == behaviours.map { Float($0.count) })
    }

    /// A student reads nothing from the decision on, a teacher 90 days, and hand-made features nothing that a row does not hold.
    @Test func stagesAndFeatures() throws {
        let bank = try Bank(), export = bank.export
        let counted = try CreditTable(
            customers: export.applicants.customers, outcomes: export.applicants.outcomes, columns: export.applicants.columns)
        let examples = try export.stageExamples(
            export.stages(counted), of: Array(0..<export.count), counted, CreditEncoding(counted))
        let service = try bank.lines("credit/service.csv"), bureau = try bank.lines("credit/bureau.csv")
        #expect(examples.preService.records?.recordCount == bureau.count)
        let decided = Dictionary(uniqueKeysWithValues: zip(export.names, export.decisions))
        let inside = service.count { Int64($0[1])! / 1_000 - decided[$0[0]]! < 90 * 86_400 }
        #expect(examples.records.recordCount == inside && inside < service.count && inside > service.count * 9 / 10)
        let features = try CreditTable(customers: export.applicants.customers, columns: export.bureauFeatures())
        guard case .numeric(let queries) = try #require(features.columns.first { $0.name == "query" }).values else { return }
        #expect(queries.reduce(0, +) == Float(bureau.count { $0[2] == "query" }))
        guard case .numeric(let missing) = try #require(features.columns.first { $0.name == "balances missing" }).values else { return }
        #expect(missing.reduce(0, +) == Float(bureau.count { $0[2] == "loan" && $0[6].isEmpty }))
    }

    @Test func theTruthOfEveryApplicant() throws {
        let bank = try Bank(), path = bank.folder + "/truth/credit.csv"
        let truth = try HiddenCreditTruth(path, bank.export), rows = try bank.lines("truth/credit.csv")
        let place = try #require(bank.export.names.firstIndex(of: rows[7][0]))
        #expect(truth.probabilities(.everything, of: [place]) == [Float(rows[7][1])!])
        #expect(truth.probabilities(.profile, of: [place]) == [Float(rows[7][4])!])
        #expect(truth.signals.count == 13 && truth.signals["hesitation"]?[place] == Float(rows[7][5])!)
        let text = try String(contentsOf: URL(filePath: path), encoding: .utf8).split(separator: "\n")
        try text.dropLast(601).joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: StudyError.self) { try HiddenCreditTruth(path, bank.export) }
    }
}
