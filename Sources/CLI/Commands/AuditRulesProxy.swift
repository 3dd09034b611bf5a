internal import ArgumentParser
internal import DurableFiles
internal import Evaluation
internal import EventStream
internal import Glibc
internal import Recommendation
internal import SequenceEmbedding
internal import Studies

struct AuditRulesProxy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "How well a banned field can be guessed from what is used: the test for proxies.",
        discussion: """
            The field is one of the corpus (--banned), a column of a table of customers that --links joins to its sessions, or a \
            column of any \
            table. What is used are the embeddings of --model, the counts of all other fields without it, or the table's other columns. \
            Logistic regression and boosted trees guess the field for people that they did not see, in five folds; beside them stand the \
            most frequent value and labels dealt out anew among people. AUC and mean F1 have 95 % intervals by person. Fields that stand \
            in for the banned one may be left out, too, with --without.

            Example: tessera audit rules proxy --corpus bank.corpus --model bank.model --banned device
            Example: tessera audit rules proxy --corpus bank.corpus --model bank.model --table customers.csv --links links.csv \
            --column age_band
            Example: tessera audit rules proxy --table applicants.csv --id applicant_id --column age --without job_years
            """)

    @Option(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String?
    @Option(help: ArgumentHelp("The banned field of the corpus.", valueName: "field")) var banned: String?
    @Option(help: ArgumentHelp("Model directory: embeddings in place of counts.", valueName: "model"), completion: .directory)
    var model: String?
    @Option(help: ArgumentHelp("Table with the banned column: CSV with a header.", valueName: "file"), completion: .file())
    var table: String?
    @Option(help: ArgumentHelp("The banned column of the table.", valueName: "column")) var column: String?
    @Option(help: ArgumentHelp("The table's column that says whose row it is.", valueName: "column")) var id = "customer_id"
    @Option(help: ArgumentHelp("Links between sessions and the table's customers.", valueName: "file"), completion: .file())
    var links: String?
    @Option(help: ArgumentHelp("A field or column that is left out, too. May be repeated.", valueName: "name")) var without: [String] = []
    @Option(help: ArgumentHelp("What every random choice comes from.", valueName: "n")) var seed: UInt64 = 1
    @OptionGroup var key: KeyOption
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON object.") var json = false

    func validate() throws {
        guard (banned == nil) != (column == nil) else {
            throw ValidationError("name one: --banned of the corpus, or --column of a --table")
        }
        guard (column == nil) == (table == nil) else { throw ValidationError("--column and --table go together") }
        guard banned == nil || corpus != nil else { throw ValidationError("--banned is a field of a --corpus") }
        guard (corpus != nil && table != nil) == (links != nil) else {
            throw ValidationError("a corpus and a table are joined by --links, and only they")
        }
        guard model == nil || corpus != nil else { throw ValidationError("--model embeds the sessions of a --corpus") }
    }

    func run() throws {
        let study = try study()
        if json { return try StandardOutput.print(json: Printed(study: study, sentence: study.sentence, meaning: ProxyStudy.meaning)) }
        var lines = [
            "\(study.banned) from \(study.source): \(Reading.count(study.rows)) rows of \(Reading.count(study.people)) people, "
                + "\(study.classes.count) values (\(Reading.count(study.leftOut)) rows left out)"
        ]
        for probe in study.probes {
            lines.append("  \(probe.name): AUC \(Self.text(probe.auc)), mean F1 \(Self.text(probe.macroF1))")
        }
        lines.append(
            "  most frequent value: \(Reading.percent(study.chance.majorityShare)) of rows, mean F1 "
                + "\(Reading.decimal(study.chance.majorityMacroF1, 3))")
        lines.append(
            "  labels dealt out anew: mean AUC \(Reading.decimal(study.chance.meanAUC, 3)), highest of \(study.chance.rounds) "
                + Reading.decimal(study.chance.highestAUC, 3))
        try StandardOutput.print((lines + [study.sentence, ProxyStudy.meaning]).joined(separator: "\n"))
    }

    private func study() throws -> ProxyStudy {
        let table = try table.map { try AttributeTable($0, id: id) }
        if let table, let name = ([column].compactMap { $0 } + (corpus == nil ? without : [])).first(where: { !table.columns.contains($0) })
        {
            throw StudyError.noSuchField(corpus: table.path, field: name, available: table.columns)
        }
        guard let corpus else {
            guard let table, let column else { throw ValidationError("name a --corpus or a --table") }
            let (values, groups) = try ProxyTarget.values(column, of: table)
            return try ProxyStudy(
                banned: column, source: "the other columns of \(FileSystem.name(of: table.path))",
                features: ProxyFeatures(table, leavingOut: Set(without + [column])), target: ProxyTarget(values, groups: groups),
                groups: groups, seed: seed)
        }
        let events = try Corpus.open(corpus)
        for name in without where events.schema.field(name) == nil {
            throw StudyError.noSuchField(corpus: corpus, field: name, available: events.schema.readableFields.map(\.name))
        }
        let known: (values: [String?], groups: [UInt64])
        if let table, let column, let links {
            var index = CustomerIndex(events, key: try key.bytes())
            let joined = try LinkTable(links, corpus: events, customers: &index, key: try key.bytes(), byVisitor: false)
            known = try ProxyTarget.values(column, of: table, links: joined.sessions, index: index)
        } else {
            known = try ProxyTarget.values(banned ?? "", of: events)
        }
        let target = try ProxyTarget(known.values, groups: known.groups)
        let left = Set(without + [banned].compactMap { $0 })
        let features: ProxyFeatures
        let source: String
        if let model {
            let embedded = try EmbeddedSessions(events, modelAt: model, threads: threads.count)
            features = try ProxyFeatures(embeddings: embedded.floats, columns: embedded.dimension)
            let reads = left.intersection(embedded.artifact.encoding.plan.units.map(\.field)).sorted()
            source = "embeddings" + (reads.isEmpty ? "" : " (the encoder reads \(reads.joined(separator: ", ")) itself)")
        } else {
            features = try ProxyFeatures(counts: CorpusTable(events), leavingOut: left)
            source = "counts of the other fields"
        }
        return try ProxyStudy(
            banned: column ?? banned ?? "", source: source, features: features, target: target, groups: known.groups, seed: seed)
    }

    private static func text(_ interval: MetricInterval) -> String {
        "\(Reading.decimal(interval.estimate, 3)) (\(Reading.decimal(interval.lower, 3)) to \(Reading.decimal(interval.upper, 3)))"
    }

    private struct Printed: Encodable {
        let study: ProxyStudy
        let sentence: String
        let meaning: String
    }
}
