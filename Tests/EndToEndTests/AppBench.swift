import Foundation
import Testing

/// A small simulated bank with its app, imported, for the commands that rank and foretell.
enum AppBench {
    /// Settings that train in a second.
    static let ranker = "{ members: 1, epochs: 12, folds: 3, hidden: 16, width: 8, batchImpressions: 16 }\n"
    static let predictor = "{ strengths: [0.1, 0.01], folds: 2 }\n"
    /// What all of its commands are given.
    static let app = ["--customers", "bank/app/customers.csv", "--links", "bank/app/links.csv"]
    static let shown = ["--impressions", "bank/app/impressions.csv", "--tiles", "bank/app/tiles.csv"]
    static let ranking =
        ["rank", "train", "c"] + shown + app + ["--before", "2025-10-20", "--judges", "0.4", "--config", "r.yaml", "--out"]
    static let outcomes = ["--decisions", "bank/app/decisions.csv", "--applications", "bank/app/applications.csv"]
    static let converting =
        ["convert", "train", "c"] + outcomes + app
        + ["--horizon", "20d", "--before", "2025-11-10", "--judges", "0.4", "--config", "p.yaml", "--out"]

    static let rankScoring = ["rank", "score", "c", "--ranker", "r"] + shown + app + ["--out"]
    static let convertScoring =
        ["convert", "score", "c", "--predictor", "p", "--decisions", "bank/app/decisions.csv"] + app + ["--out"]

    static func bench() throws -> Workbench {
        let bench = try Workbench()
        try bench.write(ranker, to: "r.yaml")
        try bench.write(predictor, to: "p.yaml")
        for command in [
            ["simulate", "--visitors", "300", "--out", "bank"],
            ["import", "bank/clicks.csv", "--mapping", "bank/mapping-linked.yaml", "--out", "c"],
        ] {
            let run = try CommandRun.tessera(command, in: bench.folder)
            try #require(run.code == 0, "\(command.joined(separator: " ")): \(run.talk)")
        }
        return bench
    }

    /// What a command reads that scores: of the ranker or predictor, too.
    static func bench(trains command: [String]) throws -> Workbench {
        let bench = try bench()
        if command == rankScoring + ["OUT.csv"] { _ = try require(ranking + ["r"], in: bench) }
        if command == convertScoring + ["OUT.jsonl"] { _ = try require(converting + ["p"], in: bench) }
        return bench
    }

    static func require(_ command: [String], in bench: Workbench) throws -> CommandRun {
        let run = try CommandRun.tessera(command, in: bench.folder)
        try #require(run.code == 0, "\(command.joined(separator: " ")): \(run.talk)")
        return run
    }

    /// A CSV's header and rows.
    static func rows(_ bench: Workbench, _ name: String) throws -> (header: [String], rows: [[String]]) {
        let lines = String(decoding: try bench.data(name), as: UTF8.self).split(separator: "\n")
            .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        return (lines[0], Array(lines.dropFirst()))
    }

    static func lines(_ bench: Workbench, _ name: String) throws -> [[String: Any]] {
        try String(decoding: bench.data(name), as: UTF8.self).split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }
}
