internal import ArgumentParser
internal import ArrowExchange
internal import DurableFiles
internal import EventStream
internal import Glibc
internal import SequenceEmbedding
internal import SequenceKernel

struct Embed: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        abstract: "Write an embedding for each session of a corpus or of export files.",
        discussion: """
            The end of the file's name says the form: .csv, .jsonl, .npy (one matrix, rows in the order of the corpus), \
            .safetensors, or .parquet (with the Arrow plugin; the embedding is a fixed-size list of floats). Export files are read as by `tessera import`, and nothing but the embeddings is kept.

            Example: tessera embed bank.corpus --model bank.model --out sessions.npy
            """)

    @Argument(help: ArgumentHelp("A corpus directory, or export files.", valueName: "corpus|file"), completion: .file()) var inputs:
        [String]
    @Option(help: ArgumentHelp("Model directory.", valueName: "model"), completion: .directory) var model: String
    @Option(help: ArgumentHelp("File to write: .csv, .jsonl, .npy, .safetensors or .parquet.", valueName: "file"), completion: .file())
    var out: String
    @OptionGroup var options: ImportOptions
    @OptionGroup var precision: PrecisionOption
    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }
    var outputFiles: [String] { [out] }

    func validate() throws {
        guard EmbeddingFormat(path: out) != nil || ParquetOutput.isNamed(by: out) else {
            throw ValidationError("'\(out)' must end in .csv, .jsonl, .npy, .safetensors or .parquet, which says the form")
        }
    }

    func run() throws {
        Interruption.watch()
        let plugin = try ParquetOutput.plugin(for: out)
        _ = try precision.chosen()
        let lock = try OutputLock(for: out)
        defer { lock.release() }
        let artifact = try ModelArtifact(model)
        try options.withCorpus(inputs, threads: threads.threads, command: "embed") { try embed($0, artifact, plugin) }
    }

    private func embed(_ corpus: Corpus, _ artifact: ModelArtifact, _ plugin: ArrowPlugin?) throws {
        let table = CorpusTable(corpus)
        let events = try EncodedEvents(table, artifact.encoding)
        let line = ProgressLine("embed")
        func progress(_ sessions: Int, _: Int) -> Bool {
            let rate = Double(sessions) / max(line.elapsed, 1e-6)
            line.update(
                "\(Reading.count(sessions)) of \(Reading.count(table.sessionCount)) sessions, \(Reading.count(Int(rate))) a second, "
                    + "\(Reading.duration(Double(table.sessionCount - sessions) / max(rate, 1e-6))) left")
            return !Interruption.isRequested
        }
        let embedder = SessionEmbedder(artifact, precision: try precision.chosen())
        let pool = WorkerPool(threads: threads.count)
        let written =
            if let plugin {
                try EmbeddingTable.writeParquet(embedder, events, table, to: out, plugin: plugin, pool: pool, progress: progress)
            } else {
                try EmbeddingTable.write(
                    embedder, events, table, to: out, format: EmbeddingFormat(path: out) ?? .csv, pool: pool, progress: progress)
            }
        guard let written else { throw Interrupted(remedy: "nothing was written; run the command again") }
        let seconds = line.elapsed
        let rate = Double(written.sessions) / max(seconds, 1e-6)
        line.finish("\(Reading.count(written.sessions)) sessions in \(Reading.duration(seconds)), \(Reading.count(Int(rate))) a second")
        if json {
            try StandardOutput.print(
                json: Summary(
                    sessions: written.sessions, dimension: written.dimension, seconds: seconds, sessionsPerSecond: rate,
                    precision: precision.precision.rawValue, modelId: artifact.id))
        } else {
            try StandardOutput.print("\(out): \(Reading.count(written.sessions)) embeddings of \(written.dimension) floats")
        }
    }

    private struct Summary: Encodable {
        let sessions: Int
        let dimension: Int
        let seconds: Double
        let sessionsPerSecond: Double
        let precision: String
        let modelId: String
    }
}
