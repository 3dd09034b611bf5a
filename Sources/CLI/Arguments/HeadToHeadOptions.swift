internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import IntentTaxonomy
internal import Recommendation
internal import SequenceEmbedding
internal import SequenceKernel
internal import SettingsFiles
internal import Studies

/// What both head-to-head tables are made with, and where they go.
struct HeadToHeadOptions: ParsableArguments {
    @OptionGroup var app: AppOptions
    @OptionGroup var models: SessionModels
    @Option(help: ArgumentHelp("Label set: labels as supplied become a row of their own.", valueName: "labels"), completion: .directory)
    var labels: String?
    @Option(
        help: ArgumentHelp(
            "Learn from what happened before this time and judge by what came later (default: six tenths of the decisions lie before).",
            valueName: "time"))
    var from: Moment?
    @Option(help: ArgumentHelp("Share of the customers who judge and are never learnt from.", valueName: "share")) var judges = 0.4
    @Option(help: ArgumentHelp("Runs of each row that differ in their seed.", valueName: "n")) var seeds = 3
    @Option(
        help: ArgumentHelp("Settings of the ranker or predictor.", valueName: "c.yaml"), completion: .file(extensions: ["yaml", "yml"]))
    var config: String?
    @Option(help: ArgumentHelp("Truth file of a simulation: gains are told as shares of the possible one, too.", valueName: "file"))
    var truth: String?
    @Option(help: ArgumentHelp("Write the table as CSV.", valueName: "file.csv"), completion: .file()) var csv: String?
    @Option(help: ArgumentHelp("Write the table as JSON, for `tessera report`.", valueName: "file.json"), completion: .file()) var out:
        String?
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print JSON.") var json = false

    var outputs: [String] { [csv, out].compactMap { $0 } }
    var inputs: [String] { app.files + models.paths + [labels, config, truth].compactMap { $0 } }
    var pool: WorkerPool { WorkerPool(threads: threads.count) }

    func validate() throws {
        guard judges > 0, judges < 1 else { throw ValidationError("--judges must lie between 0 and 1") }
        guard (1...1000).contains(seeds) else { throw ValidationError("--seeds must lie between 1 and 1000") }
    }

    func settings<Settings: AppModelSettings>() throws -> Settings {
        try config.map { try SettingsFile.read(Settings.self, from: $0) } ?? Settings()
    }

    /// The rows for which there are blocks.
    func rows(_ blocks: [SessionFloats]) -> [FeatureRow] { FeatureRow.all(Set(blocks.compactMap { SessionBlock(rawValue: $0.name) })) }

    func seedNumbers(from first: UInt64) -> [UInt64] { (0..<seeds).map { first &+ UInt64($0) } }

    func split(_ tables: AppTables, outcomeAfter: Int64 = 0) -> AppSplit {
        AppSplit(
            tables.decisions, boundary: from?.microseconds ?? AppSplit.boundary(tables.decisions, share: 0.6),
            judges: tables.judges(share: judges), outcomeAfter: outcomeAfter)
    }

    /// Floats of all sessions, block by block, as far as there are models and labels.
    func blocks(
        _ corpus: Corpus, _ tables: AppTables, _ split: AppSplit
    ) throws -> [SessionFloats] {
        let (table, pool) = (CorpusTable(corpus), pool)
        let hidden = tables.sessions(of: Set(split.test.map { tables.decisions.customers[$0] }))
        let early = (0..<corpus.sessionCount).filter { tables.link.ends[$0] < split.boundary && !hidden.contains($0) }
        var blocks = [try PageCounts(table, sessions: early).floats(table)]
        let (encoder, classifier) = try models.open()
        if let labels {
            let set = try LabelSet(labels)
            try set.check(corpus: corpus)
            if let classifier { try set.check(taxonomy: classifier.taxonomy, place: labels) }
            blocks.append(.supplied(table, try set.merged(classifier?.card.merge ?? LabelMerge())))
        }
        let linked = tables.linkedSessions(of: split.training + split.test)
        if let classifier, let encoder {
            classifier.tellWhoTaught(corpus)
            let taught = classifier.taughtScores(ofCorpus: corpus.digest)
            let late = (taught?.sessions ?? []).count {
                $0 < corpus.sessionCount && (hidden.contains($0) || tables.link.ends[$0] >= split.boundary)
            }
            if late > 0 {
                StandardError.write("\(Reading.count(late)) of them are of customers who judge here or end after the boundary\n")
            }
            blocks.append(try .labels(table, classifier, encoder: encoder, heldOut: taught, sessions: linked, pool: pool))
        }
        if let encoder { blocks.append(try .embedding(table, encoder, sessions: linked, pool: pool)) }
        return blocks
    }

    func print(_ head: HeadToHead, task: HeadToHead.Task, corpus: Corpus, learnt: Int) throws {
        let study = HeadToHead.Study(
            task: task, corpus: corpus.digest, encoder: try models.model.map { try ModelArtifact($0).id }, learnt: learnt, seeds: seeds,
            table: head.table(), pictures: head.pictures)
        if let csv { try AtomicFile.write(Array(study.table.csv.utf8), to: csv) }
        if let out { try AtomicFile.write(try study.json, to: out) }
        if json { return try StandardOutput.print(json: study) }
        try StandardOutput.print(study.table.text(task))
    }
}
