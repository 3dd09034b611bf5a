internal import Audit
internal import AuditTestSupport
internal import DurableFiles
internal import Glibc

/// Where the time of recording goes.
struct LedgerCosts {
    let value: FigureValue

    init(_ path: String, records: Int) throws {
        let (ledgerLayer, vaultLayer) = (FaultyVFS(named: "ledger-costs"), FaultyVFS(named: "vault-costs"))
        var settings = (ledger: LedgerSettings(), vault: LedgerSettings())
        settings.ledger.fileLayer = ledgerLayer.name
        settings.vault.fileLayer = vaultLayer.name
        for layer in [ledgerLayer, vaultLayer] { layer.reset(failing: -1, .brokenOnce) }
        let run = try LedgerRun(path, records: records, settings: settings)
        // The layers know of everything until the files are closed, as the run's seconds do.
        let (ledger, vault) = (ledgerLayer.work, vaultLayer.work)
        let plain = try LedgerRun(path, records: records, isSealed: false)
        let hashing = Self.hashingSeconds(records)
        let total = run.seconds
        let files = [ledger, vault]
        let forcing = files.reduce(0) { $0 + $1.syncSeconds }
        let writing = files.reduce(0) { $0 + $1.writeSeconds }
        let reading = files.reduce(0) { $0 + $1.readSeconds }
        let sealing = run.sealSeconds - vault.syncSeconds - vault.writeSeconds - vault.readSeconds
        value = [
            "records": .integer(records), "seconds": .number(total),
            // Parts that add up to the whole; hashing is measured by itself, on as many bytes.
            "shares": [
                "forcing_to_disk": .number(forcing / total), "writing": .number(writing / total), "reading": .number(reading / total),
                "sealing_without_files": .number(sealing / total), "hashing": .number(hashing / total),
                "sqlite_and_rest": .number((total - forcing - writing - reading - sealing - hashing) / total),
            ],
            "syncs": .integer(ledger.syncs + vault.syncs),
            "syncs_a_thousand_records": .number(Double(ledger.syncs + vault.syncs) * 1000 / Double(records)),
            "bytes_written_a_record": .number(Double(ledger.bytesWritten + vault.bytesWritten) / Double(records)),
            "bytes_stored_a_record": .number(Double(run.bytes) / Double(records)),
            "append_per_second_without_sealing": .number(plain.appendRate), "append_per_second_sealed": .number(run.appendRate),
        ]
    }

    /// SHA-256 of as many messages as long as an entry.
    private static func hashingSeconds(_ records: Int) -> Double {
        let message = LedgerWorkload.input(1) + LedgerWorkload.output(1) + [UInt8](repeating: 0, count: 300)
        let digest = SHA256Digest()
        let began = FigureContext.now()
        for _ in 0..<records {
            digest.update(message)
            _ = digest.finish()
        }
        return FigureContext.now() - began
    }
}

/// What recording adds to labelling, which the real program does in the same run.
struct LabellingCost {
    private(set) var value: FigureValue = [:]

    private struct Written: Decodable {
        let sessions: Int
    }

    /// - Parameter secondsARecord: what the ledger takes for one record.
    init(_ context: FigureContext, _ folder: String, secondsARecord: Double, rounds: Int) throws {
        let sample = "\(context.repository)/corpora/synthetic-bank"
        let settings = context.settings("ledger-speed.yaml")
        @discardableResult
        func run(_ arguments: [String]) throws -> ChildRun { try context.tessera(arguments).checked() }
        FigureContext.say("ledger-speed: a small classifier, to label with")
        let clicks = FileNamesOfClicks.matching(sample)
        try run(["import"] + clicks + ["--mapping", "\(sample)/mapping.yaml", "--out", "\(folder)/sample"])
        try run(["pretrain", "\(folder)/sample", "--config", settings, "--out", "\(folder)/model"])
        let annotators = FileNamesOfClicks.matching("\(sample)/labels", "annotators.")
        let taxonomy = "\(context.repository)/taxonomy/retail-bank.yaml"
        try run(["labels", "import"] + annotators + ["--corpus", "\(folder)/sample", "--taxonomy", taxonomy, "--out", "\(folder)/labels"])
        try run(
            [
                "intents", "train", "\(folder)/sample", "--model", "\(folder)/model", "--labels", "\(folder)/labels", "--before",
                "2025-10-30",
                "--config", "\(context.repository)/tools/demo-intents.yaml", "--out", "\(folder)/intents",
            ])
        var corpus = "\(folder)/sample"
        if !context.quick {
            FigureContext.say("ledger-speed: a larger synthetic corpus")
            try run(["simulate", "--out", "\(folder)/bank", "--visitors", "40000", "--seed", "23"])
            corpus = "\(folder)/large"
            try run(
                ["import"] + FileNamesOfClicks.matching("\(folder)/bank") + ["--mapping", "\(folder)/bank/mapping.yaml", "--out", corpus])
        }
        let label = [
            "label", corpus, "--model", "\(folder)/model", "--intents", "\(folder)/intents", "--for-evaluation", "--out",
            "\(folder)/labels.jsonl", "--threads", "\(FigureContext.timedThreads)", "--json",
        ]
        let records = try run(["label", "--help"]).output.contains("--ledger")
        var (plain, recorded, sessions) = (Rounds(), Rounds(), 0)
        for round in 0..<rounds {
            FigureContext.say("ledger-speed: labelling, round \(round + 1) of \(rounds)")
            let done = try run(label)
            sessions = try done.json(Written.self).sessions
            plain.add(Double(sessions) / done.seconds)
            guard records else { continue }
            for end in ["", ".keys"].flatMap({ [$0, $0 + "-wal", $0 + "-shm"] }) { unlink("\(folder)/label.ledger" + end) }
            let keys = ["TESSERA_LEDGER_KEY", "TESSERA_VAULT_KEY"].map { ($0, String(repeating: "07", count: 32)) }
            let kept = try context.tessera(
                label + ["--ledger", "\(folder)/label.ledger"],
                environment: Dictionary(uniqueKeysWithValues: keys)
            ).checked()
            recorded.add(Double(sessions) / kept.seconds)
        }
        let million = (labelling: 1e6 / plain.median, recording: 1e6 * secondsARecord)
        var figure: [String: FigureValue] = [
            "sessions": .integer(sessions), "corpus": .text("synthetic"), "model": .text("small, evidence of 3 events"),
            "sessions_per_second": plain.figure, "seconds_for_a_million": .number(million.labelling),
            "seconds_of_recording_a_million_by_rate": .number(million.recording),
            "share_of_recording_by_rate": .number(million.recording / (million.labelling + million.recording)),
            "threads": .integer(FigureContext.timedThreads),
        ]
        if records {
            let shares = Rounds(values: zip(plain.values, recorded.values).map { 1 - $1 / $0 })
            figure["sessions_per_second_recorded"] = recorded.figure
            figure["share_of_recording_measured"] = shares.figure
        }
        value = .object(figure)
    }
}

/// Files whose names begin alike.
private enum FileNamesOfClicks {
    static func matching(_ folder: String, _ start: String = "clicks.") -> [String] {
        ((try? FileSystem.live.names(in: folder)) ?? []).filter { $0.hasPrefix(start) }.sorted().map { "\(folder)/\($0)" }
    }
}
