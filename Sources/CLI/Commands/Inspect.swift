internal import ArgumentParser
internal import DurableFiles
internal import EventStream
internal import SequenceEmbedding

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what a corpus or a model holds.",
        discussion: """
            Checks every file on the way, so that a damaged corpus or model is told.

            Example: tessera inspect bank.corpus
            """)

    @Argument(help: ArgumentHelp("A corpus or model directory.", valueName: "corpus|model"), completion: .directory) var path: String
    @Flag(help: "Read every byte of a corpus and compare its digest.") var verify = false
    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        // Trouble with the path itself is told by whichever of the two is opened next.
        let marker = try? FileSystem.live.status(of: "\(path)/\(ModelFiles.manifest)")
        if marker != nil {
            let card = ModelSummary(try ModelArtifact(path))
            if json { try StandardOutput.print(json: card) } else { try StandardOutput.print(card.text(path)) }
        } else {
            let corpus = try Corpus.open(path)
            if verify { try corpus.verifyDigest() }
            let summary = CorpusSummary(corpus)
            if json { try StandardOutput.print(json: summary) } else { try StandardOutput.print(summary.text(path)) }
        }
    }
}

/// What `inspect` says of a corpus.
struct CorpusSummary: Encodable {
    struct Field: Encodable {
        let name: String
        let kind: String
        let role: String
        /// Distinct values; nil for numbers.
        let distinct: Int?
        /// Share of events without a value.
        let missing: Double
    }

    let kind = "corpus"
    let events: Int
    let sessions: Int
    let visitors: Int
    let rejects: Int
    let rejectsByReason: [String: Int]
    let duplicates: Int
    let skipped: [String: Int]
    let withoutSession: Int
    let joinedSession: Int
    let hasTime: Bool
    let pairs: Bool
    let pseudonymised: [String]
    let digest: String
    let eventsPerSession: Double
    let fields: [Field]

    init(_ corpus: Corpus) {
        let counts = corpus.schema.counts
        (events, sessions, visitors, duplicates) = (counts.events, counts.sessions, counts.visitors, counts.duplicates)
        rejects = counts.rejects.values.reduce(0, +)
        rejectsByReason = counts.rejects
        (skipped, withoutSession, joinedSession) = (counts.skipped, counts.withoutSession, counts.joinedSession)
        hasTime = corpus.schema.hasTime
        pairs = corpus.schema.pairs
        pseudonymised = corpus.schema.pseudonymised
        digest = corpus.digest
        eventsPerSession = Double(events) / Double(max(1, sessions))
        let all = Double(max(1, events))
        fields = corpus.schema.fields.map { field in
            let codes = field.role == .identity ? corpus.customers?.codes : corpus.codes(field.name)
            let missing =
                codes?.withUnsafeBufferPointer { codes in codes.count { $0 == 0 } }
                ?? corpus.numbers(field.name)?.withUnsafeBufferPointer { numbers in numbers.count { $0.isNaN } } ?? 0
            let distinct = field.role == .identity ? corpus.customers?.ids.count : corpus.dictionary(field.name)?.count
            return Field(
                name: field.name, kind: field.kind.rawValue, role: field.role.rawValue, distinct: distinct,
                missing: Double(missing) / all)
        }
    }

    func text(_ path: String) -> String {
        var lines = [
            "\(path): corpus \(digest.prefix(12))",
            "  \(Reading.count(events)) events, \(Reading.count(sessions)) sessions, \(Reading.count(visitors)) visitors, "
                + "\(Reading.decimal(eventsPerSession, 1)) events a session",
            "  \(Reading.count(rejects)) rows refused, \(Reading.count(duplicates)) duplicates dropped, "
                + (hasTime ? "with times" : "without times")
                + (pseudonymised.isEmpty ? "" : ", pseudonymised: \(pseudonymised.joined(separator: ", "))"),
        ]
        for (reason, count) in rejectsByReason.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }) {
            lines.append("    \(reason): \(Reading.count(count))")
        }
        for (reason, count) in skipped.sorted(by: { $0.key < $1.key }) { lines.append("    left out, \(reason): \(Reading.count(count))") }
        if withoutSession > 0 {
            lines.append(
                "    without a session id: \(Reading.count(withoutSession)), of which \(Reading.count(joinedSession)) joined the session "
                    + "their visitor had open")
        }
        for field in fields {
            lines.append(
                "  \(field.name): \(field.kind)\(field.role == "input" ? "" : " " + field.role)"
                    + (field.distinct.map { ", \(Reading.count($0)) values" } ?? "") + ", \(Reading.percent(field.missing)) missing")
        }
        return lines.joined(separator: "\n")
    }
}

/// What `inspect` says of a model.
struct ModelSummary: Encodable {
    let kind = "model"
    let modelId: String
    let weightsDigest: String
    let configuration: ModelConfiguration
    let card: ModelCard

    init(_ artifact: ModelArtifact) {
        modelId = artifact.id
        weightsDigest = artifact.weightsDigest
        configuration = artifact.configuration
        card = artifact.card
    }

    func text(_ path: String) -> String {
        """
        \(path): model \(modelId.prefix(12)), \(configuration.encoder.rawValue) of width \(configuration.width), \
        embeddings of \(configuration.embeddingSize) floats, \(Reading.count(card.parameters)) parameters
          trained on \(Reading.count(card.trainingSessions)) sessions (\(Reading.count(card.trainingEvents)) events), \
        \(card.epochs) epochs, \(Reading.count(card.steps)) steps, \(Reading.duration(card.seconds)) on \(card.threads) threads (\(card.instructionSet))
          training loss \(Reading.decimal(card.trainLoss, 4)), validation loss \
        \(card.validationLoss.map { Reading.decimal($0, 4) } ?? "none"); \(card.outcome)
          validation: \(card.split); data \(card.dataDigest.prefix(12))
        """
    }
}
