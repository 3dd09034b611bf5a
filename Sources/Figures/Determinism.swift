internal import DurableFiles
internal import EventStream
internal import SequenceEmbedding
internal import SequenceKernel
internal import SyntheticBank

extension Figure {
    /// {threads_equal, resume_equal, digests}.
    static let determinism = Figure(
        pattern: "determinism",
        summary: "the same model bytes with 1 and 2 threads, and after an interruption in the middle; on a simulated bank"
    ) { context in
        try context.withScratchFolder { folder in
            let corpus = try context.bank(in: folder, visitors: context.quick ? 100 : 400, seed: 11)
            var configuration = try context.configuration(context.settings("determinism.yaml"))
            if context.quick { configuration.training.epochs = 2 }
            let table = CorpusTable(corpus)
            func weights(_ name: String, _ result: Pretraining.Result) throws -> String {
                let path = "\(folder)/\(name).model"
                try ModelArtifact.write(result.model, result.weights, result.encoding, result.card, prior: result.prior, to: path)
                return try SHA256Digest.hex(ofFileAt: "\(path)/\(ModelFiles.weights)")
            }
            func train(threads: Int) throws -> Pretraining.Result {
                FigureContext.say("determinism: \(threads) threads")
                return try Pretraining.run(table, dataDigest: corpus.digest, configuration, pool: WorkerPool(threads: threads))
            }
            let first = try train(threads: 1)
            let one = try weights("one", first)
            let two = try weights("two", train(threads: 2))

            FigureContext.say("determinism: interrupted twice")
            let checkpoint = "\(folder)/checkpoint"
            var resumed: Pretraining.Result?
            let stops = [first.card.steps / 3, first.card.steps * 2 / 3, Int.max]
            for (part, stop) in stops.enumerated() {
                var step = 0
                resumed = try Pretraining.run(
                    table, dataDigest: corpus.digest, configuration, pool: WorkerPool(threads: part % 2 + 1), checkpoint: checkpoint,
                    resumes: part > 0, progress: { step = $0.step }, isCancelled: { step >= stop })
            }
            let after = try resumed.map { try weights("resumed", $0) } ?? ""
            return [
                "threads_equal": .truth(one == two), "resume_equal": .truth(one == after), "steps": .integer(first.card.steps),
                "digests": ["one_thread": .text(one), "two_threads": .text(two), "resumed": .text(after)], "quick": .truth(context.quick),
            ]
        }
    }
}

extension FigureContext {
    /// The corpus of a simulated bank, through the front door.
    func bank(
        in folder: String, visitors: Int, seed: UInt64, _ change: (inout BankConfiguration) -> Void = { _ in }
    ) throws -> Corpus {
        let place = "\(folder)/bank-\(seed)"
        var configuration = BankConfiguration(visitors: visitors)
        configuration.formats = [.csv]
        change(&configuration)
        _ = try BankSimulation(configuration: configuration, seed: seed).write(to: place)
        var rejects = RejectCollector()
        _ = try ExportFiles(["\(place)/clicks.csv"], mapping: "\(place)/mapping.yaml").makeCorpus(at: "\(place).corpus", rejects: &rejects)
        return try Corpus.open("\(place).corpus")
    }
}
