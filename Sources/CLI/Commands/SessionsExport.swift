internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import InferenceService

struct SessionsExport: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write sessions of a corpus as `tessera serve` takes them, one JSON object a line.",
        discussion: """
            Each line has the session's id, its visitor and its events; it can be sent to /v1/sessions:score as it is, and the whole file \
            to /v1/sessions:batch. The answers are what `tessera label` and `tessera embed` write for the corpus. Outcomes and the \
            customer's id are left out: they are no inputs.

            Example: tessera sessions export bank.corpus --out sessions.jsonl
            Example: tessera sessions export bank.corpus --limit 100 --out - | curl --data-binary @- \
            -H 'Content-Type: application/jsonl' http://127.0.0.1:8080/v1/sessions:batch
            """)

    @Argument(help: ArgumentHelp("Corpus directory.", valueName: "corpus"), completion: .directory) var corpus: String
    @Option(help: ArgumentHelp("File to write, JSON Lines; - for standard output.", valueName: "file"), completion: .file()) var out: String
    @Option(help: ArgumentHelp("Most sessions, spread evenly over the corpus; all unless given.", valueName: "n")) var limit: Int?

    private var isPrinted: Bool { out == "-" }
    var outputs: [String] { isPrinted ? [] : [out] }
    var outputFiles: [String] { outputs }
    var inputs: [String] { [corpus] }

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() throws {
        Interruption.watch()
        let lock = isPrinted ? nil : try OutputLock(for: out)
        defer { lock?.release() }
        let corpus = try Corpus.open(corpus)
        let count = min(limit ?? .max, corpus.sessionCount)
        let sessions = (0..<count).lazy.map { $0 * corpus.sessionCount / count }
        guard !isPrinted else {
            for session in sessions {
                guard !Interruption.isRequested else { return }
                try StandardOutput.print(String(decoding: SessionText.json(of: session, in: corpus), as: UTF8.self))
            }
            return
        }
        let line = ProgressLine("sessions")
        let publication = try FilePublication(at: out)
        for (done, session) in sessions.enumerated() {
            guard !Interruption.isRequested else { throw Interrupted(remedy: "nothing was written; run the command again") }
            try publication.writer.write(SessionText.json(of: session, in: corpus) + [UInt8(ascii: "\n")])
            if done % 1000 == 0 { line.update("\(Reading.count(done)) of \(Reading.count(count)) sessions") }
        }
        try publication.commit()
        line.finish("\(Reading.count(count)) sessions in \(Reading.duration(line.elapsed))")
        try StandardOutput.print("\(out): \(Reading.count(count)) sessions")
    }
}
