internal import Audit
internal import DurableFiles
internal import FoundationEssentials
internal import Glibc

extension Figure {
    /// {kinds: {label: {decisions, same}, …}, all_same}.
    static let replay = Figure(
        pattern: "replay",
        summary:
            "1,000 random decisions of each kind, made again elsewhere from a bundle with another number of threads; on the synthetic bank",
        by: ReplayFigure.self)
}

/// Records labels, rankings, forecasts and scores of the synthetic bank with two threads, exports a sample as bundles, removes everything else
/// and makes the decisions again with one thread. Fails where a decision differs or is missing.
private struct ReplayFigure: FigureRun {
    private let context: FigureContext
    private let folder: String
    private let tessera: String

    init(_ context: FigureContext, _ folder: String) throws {
        (self.context, self.folder) = (context, folder)
        tessera = try CommandProcess.beside("tessera")
    }

    private struct Told: Decodable {
        var decisions: Int
        var same: Int
        var others: [Other]
        struct Other: Decodable {
            var verdict: String
            var detail: String?
        }
    }

    func figure() throws -> FigureValue {
        let size = context.quick ? 100 : 1000
        try record()
        let kinds = ["label", "rank score", "convert score", "credit score"]
        var found: [String: FigureValue] = [:]
        var sameHere: [String: Told] = [:]
        var allSame = true
        for kind in kinds {
            FigureContext.say("replay: \(kind)")
            let bundle = "\(folder)/\(kind.filter(\.isLetter)).bundle"
            // Where it was recorded, in one process.
            let here = try told(
                [
                    "audit", "replay", "\(folder)/bank.ledger", "--sample", "\(size)", "--command", kind, "--seed", "7", "--vault-key",
                    "\(folder)/vault.key", "--threads", "2", "--export", bundle, "--json",
                ], exits: [0, 1])
            sameHere[kind] = here
            found[kind] = [
                "recorded": .integer(try recorded(kind)), "decisions": .integer(here.decisions), "same_here": .integer(here.same),
            ]
        }
        // Nothing is left of the place where it was decided but the bundles.
        for name in try FileSystem.live.names(in: folder) where !name.hasSuffix(".bundle") {
            try FileSystem.live.removeTree("\(folder)/\(name)")
        }
        for kind in kinds {
            let there = try told(
                ["audit", "replay", "--bundle", "\(folder)/\(kind.filter(\.isLetter)).bundle", "--threads", "1", "--json"], exits: [0, 1])
            guard case .object(var own)? = found[kind], let here = sameHere[kind] else { continue }
            own["same_from_bundle"] = .integer(there.same)
            own["others"] = .list(there.others.prefix(5).map { .text($0.verdict + ($0.detail.map { ": \($0)" } ?? "")) })
            let isSame =
                there.same == there.decisions && here.same == here.decisions && there.decisions == here.decisions
                && here.decisions > 0
            own["all_same"] = .truth(isSame)
            allSame = allSame && isSame
            found[kind] = .object(own)
        }
        let figure: FigureValue = [
            "data": .text("synthetic"), "kinds": .object(found), "all_same": .truth(allSame), "threads_deciding": .integer(2),
            "threads_replaying": .integer(1), "quick": .truth(context.quick),
        ]
        guard allSame else {
            throw FigureError(code: EX_SOFTWARE, description: "decisions were not made again as they were", figure: figure)
        }
        return figure
    }

    /// Decisions of a kind in the ledger.
    private func recorded(_ kind: String) throws -> Int {
        let ledger = try Ledger(at: "\(folder)/bank.ledger", .readOnly)
        var runs = Set<String>()
        var count = 0
        try ledger.read(LedgerSelection()) { entry in
            if entry.kind == .note, String(decoding: entry.output, as: UTF8.self).contains("\"command\":\"\(kind)\"") {
                runs.insert("{\"run\":\(entry.sequence)}")
            }
            if entry.kind == .decision, runs.contains(String(decoding: entry.evidence, as: UTF8.self)) { count += 1 }
        }
        return count
    }

    private func record() throws {
        let bank = "\(folder)/bank"
        try KeyFile.create(at: "\(folder)/vault.key")
        try KeyFile.create(at: "\(folder)/ledger.key")
        let ledger = [
            "--ledger", "\(folder)/bank.ledger", "--vault-key", "\(folder)/vault.key", "--ledger-key", "\(folder)/ledger.key",
        ]
        func place(_ name: String) -> String { "\(folder)/\(name)" }
        let (corpus, model, serving) = (place("c"), place("m"), place("s"))
        let app = ["--customers", "\(bank)/app/customers.csv", "--links", "\(bank)/app/links.csv"]
        let shown = ["--impressions", "\(bank)/app/impressions.csv", "--tiles", "\(bank)/app/tiles.csv"]
        let models = ["--model", model, "--intents", serving]
        let threads = ["--threads", "2"]
        try AtomicFile.write(Array("{ members: 1, epochs: 4, folds: 3, hidden: 16, width: 8 }\n".utf8), to: place("r.yaml"))
        try AtomicFile.write(Array("{ strengths: [0.1, 0.01], folds: 2 }\n".utf8), to: place("p.yaml"))
        let commands: [(String, [String])] = [
            ("simulate", ["simulate", "--out", bank, "--visitors", context.quick ? "600" : "2600", "--seed", "9"]),
            ("import", ["import", "\(bank)/clicks.csv", "--mapping", "\(bank)/mapping.yaml", "--out", corpus]),
            ("pretrain", ["pretrain", corpus, "--out", model, "--config", context.settings("determinism.yaml")]),
            (
                "labels",
                [
                    "labels", "import", "\(bank)/labels/annotators.jsonl", "--corpus", corpus, "--taxonomy",
                    context.repository + "/taxonomy/retail-bank.yaml", "--out", place("l"),
                ]
            ),
            (
                "intents",
                ["intents", "train", corpus, "--model", model, "--labels", place("l"), "--out", place("i"), "--before", "2025-10-30"]
            ),
            (
                "pack",
                [
                    "intents", "pack", place("i"), "--model", model, "--taxonomy", context.repository + "/taxonomy/retail-bank.yaml",
                    "--out", serving,
                ]
            ),
            ("label", ["label", corpus, "--out", place("labels.jsonl")] + models + ledger + threads),
            (
                "rank train",
                ["rank", "train", corpus, "--out", place("r"), "--config", place("r.yaml"), "--before", "2025-10-30"] + shown + app + models
            ),
            (
                "rank",
                ["rank", "score", corpus, "--ranker", place("r"), "--out", place("ranked.jsonl")] + shown + app + models + ledger + threads
            ),
            (
                "convert train",
                [
                    "convert", "train", corpus, "--decisions", "\(bank)/app/decisions.csv", "--applications",
                    "\(bank)/app/applications.csv",
                    "--out", place("p"), "--config", place("p.yaml"), "--before", "2025-10-30",
                ] + app + models
            ),
            (
                "convert",
                [
                    "convert", "score", corpus, "--predictor", place("p"), "--decisions", "\(bank)/app/decisions.csv", "--out",
                    place("foretold.jsonl"),
                ] + app + models + ledger + threads
            ),
            ("applicants", ["simulate", "--out", place("applicants"), "--visitors", "1", "--applicants", "2000", "--seed", "5"]),
            (
                "credit train",
                [
                    "credit", "train", context.repository + "/tools/demo-credit.yaml", "--data", place("applicants/credit"), "--judges",
                    "0.4",
                    "--out", place("credit"),
                ]
            ),
            (
                "credit",
                ["credit", "score", place("credit"), "--data", place("applicants/credit"), "--out", place("scores.jsonl")] + ledger
                    + threads
            ),
        ]
        for (name, command) in commands {
            FigureContext.say("replay: \(name)")
            _ = try run(command, exits: [0])
        }
    }

    private func run(_ command: [String], exits: [Int32]) throws -> String {
        let talk = "\(folder)/talk"
        let end = try CommandProcess(tessera, command, talk: talk, temporary: folder).wait()
        let text = String(decoding: try FileSystem.live.contents(of: talk), as: UTF8.self)
        guard case .exit(let code) = end, exits.contains(code) else {
            throw FigureError(
                code: EX_SOFTWARE, description: "tessera \(command.prefix(2).joined(separator: " ")): \(end)\n\(text.suffix(2000))")
        }
        return text
    }

    private func told(_ command: [String], exits: [Int32]) throws -> Told {
        let text = try run(command, exits: exits)
        let line = text.split(separator: "\n").last { $0.hasPrefix("{") } ?? ""
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Told.self, from: Data(line.utf8))
    }
}
