import DurableFiles
import Foundation
import Studies
import SyntheticBank
import Testing

/// What the simulator hides is read back as it was written, and what it does not write is refused.
@Suite struct HiddenConversionsTests {
    /// A folder of its own, removed with the value.
    final class Scratch {
        let path: String
        init() throws {
            path = FileManager.default.temporaryDirectory.appending(path: "truth-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func conversions(_ text: String) throws -> HiddenConversions {
            try Data(text.utf8).write(to: URL(filePath: path + "/conversions.csv"))
            return try HiddenConversions(folder: path)
        }
    }

    @Test func whatTheSimulatorWritesIsReadBack() throws {
        let scratch = try Scratch()
        var configuration = BankConfiguration(visitors: 600)
        (configuration.formats, configuration.computesReference) = ([.csv], false)
        let summary = try BankSimulation(configuration: configuration, seed: 4).write(to: scratch.path + "/bank")
        let truth = try HiddenTruth(folder: scratch.path + "/bank/truth")
        let conversions = try HiddenConversions(folder: scratch.path + "/bank/truth")
        #expect(conversions.sessions.count == summary.sessions - summary.botSessions)
        #expect(Set(conversions.sessions.keys) == Set(truth.sessions.keys))
        #expect(conversions.products == ConversionTable.Product.allCases.map(\.rawValue).filter { $0 != "none" }.sorted())
        let followed = conversions.sessions.values.filter { $0.product != nil }.count
        #expect((0.4...0.6).contains(Double(followed) / Double(conversions.sessions.count)))
        // A row as the file has it.
        let lines = try String(contentsOfFile: scratch.path + "/bank/truth/conversions.csv", encoding: .utf8).split(separator: "\n")
        let cells = try #require(lines.dropFirst().first { !$0.hasSuffix(",none,") }).split(separator: ",")
        let conversion = try #require(conversions.sessions[String(cells[1])])
        #expect(conversions.products[try #require(conversion.product)] == cells[2] && conversion.days == Int(cells[3]))
    }

    @Test(arguments: [
        ("visitor_id,session_id,product\nv1,s1,card\n", 1, "there is no column days"),
        ("session_id,product,days\ns1,card\n", 2, "2 cells, the header has 3"),
        ("session_id,product,days\ns1,none,\ns2,card,\n", 3, "expected days from 0 to 30"),
        ("session_id,product,days\ns1,card,31\n", 2, "expected days from 0 to 30"),
        ("session_id,product,days\ns1,none,4\n", 2, "expected days from 0 to 30"),
        ("session_id,product,days\ns1,,\n", 2, "expected a session and a product or none"),
        ("session_id,product,days\ns1,card,3\ns1,card,3\n", 3, "a session for the second time"),
        ("", 1, "the file is empty"),
    ]) func whatItDoesNotWriteIsRefused(text: String, line: Int, says: String) throws {
        let scratch = try Scratch()
        let error = #expect(throws: StudyError.self) { try scratch.conversions(text) }
        guard case .badTruth(let file, let found, let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(file == scratch.path + "/conversions.csv" && found == line && reason.hasPrefix(says), "\(reason)")
        #expect(error?.description.contains("s1") == false, "a message names nobody")
    }

    @Test func exportsFromBeforeThereWereConversionsHaveNone() throws {
        let scratch = try Scratch()
        let error = #expect(throws: StudyError.self) { try HiddenConversions(folder: scratch.path) }
        if case .file(let file)? = error {
            #expect(file.path.hasSuffix("conversions.csv"))
        } else {
            Issue.record("\(String(describing: error))")
        }
    }
}
