import Audit
import Foundation

/// Labels of a made-up shop, as `tessera label` writes them, and reviews of them.
enum ReviewSamples {
    static let intents = ["pay", "compare", "help"].map {
        ReviewDesign.Intent(id: $0, name: "Name of \($0)", definition: "Holds where \($0) is \"tried\", mostly.")
    }

    /// Session `number`: most pay, some compare, some have nothing; every tenth has two.
    static func line(_ number: Int, classifier: String = "c1a5", taxonomy: String = "7a30") -> String {
        func intent(_ id: String, _ probability: Double) -> String {
            "{\"id\":\"\(id)\",\"definition\":\"\(id)@1\",\"name\":\"N\",\"threshold\":0.5000,\"probability\":\(probability),"
                + "\"evidence\":[{\"place\":1,\"event\":\"=\(id) page\",\"effect\":0.2}]}"
        }
        let sure = number % 3 == 0 ? 0.95 : number % 3 == 1 ? 0.8 : 0.55
        let given: [String] =
            number % 10 == 0
            ? [intent("pay", sure), intent("compare", 0.6)] : number % 4 == 0 ? [] : [intent(number % 4 == 1 ? "compare" : "pay", sure)]
        let status = given.isEmpty ? "\"status\":\"abstained\",\"reason\":\"below_thresholds\"" : "\"status\":\"labelled\""
        return "{\"session\":\"s\(number)\",\(status),\"intents\":[\(given.joined(separator: ","))],\"set\":[\"help\"],"
            + "\"taxonomy\":{\"id\":\"shop\",\"version\":\"1.0.0\",\"digest\":\"\(taxonomy)\"},\"encoder\":\"e\",\"classifier\":\"\(classifier)\"}\n"
    }

    static func labels(_ count: Int = 200) -> String { (0..<count).map { line($0) }.joined() }

    static func population(_ folder: LedgerFolder, _ count: Int = 200) throws -> ReviewPopulation {
        try Data(labels(count).utf8).write(to: URL(filePath: folder("labels.jsonl")))
        return try ReviewPopulation(labels: folder("labels.jsonl"))
    }

    static func design(_ folder: LedgerFolder, _ change: (inout ReviewDesign.Settings) -> Void = { _ in }) throws -> ReviewDesign {
        var settings = ReviewDesign.Settings(size: 60, perIntent: 20, seed: 3)
        change(&settings)
        return try ReviewDesign(population(folder), intents: intents, settings)
    }

    /// A reviewer's sheet with these words in the columns verdict and missed.
    static func sheet(
        _ design: ReviewDesign, _ reviewer: Int?, only: [Int]? = nil, _ words: (ReviewDesign.Item, Int) -> (String, String)
    ) -> [UInt8] {
        let bytes = ReviewSheet(design).csv(
            reviewer: reviewer, only: only, journey: { "1 event\n0:00 page of \($0), \"so\"" }, evidence: { _, _ in [] })
        var text = String(decoding: bytes, as: UTF8.self)
        for (number, item) in design.items.enumerated() {
            let (verdict, missed) = words(item, number)
            guard let row = text.range(of: "\"\(design.name(of: number))\"") else { continue }
            let ending = design.settings.isBlind ? "\"\",\"\"\r\n" : "\"\",\"\",\"\"\r\n"
            guard let end = text.range(of: ending, range: row.upperBound..<text.endIndex) else { continue }
            text.replaceSubrange(
                end, with: design.settings.isBlind ? "\"\(verdict)\",\"\"\r\n" : "\"\(verdict)\",\"\(missed)\",\"\"\r\n")
        }
        return Array(text.utf8)
    }
}
