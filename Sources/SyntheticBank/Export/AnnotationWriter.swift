internal import DurableFiles

/// Writes what simulated annotators say, as the label files are that `tessera labels import` reads: JSON Lines with `session_id`, `user_id`,
/// `intents`, `annotator`, `annotator_version` and `time` (seconds since 1970: midnight after the session).
struct AnnotationWriter: ~Copyable {
    private var file: OutputFile
    private let annotators: [SimulatedAnnotator]
    private let assumptions: AnnotationAssumptions
    private let tables: NeedTables
    private var judged = 0
    private var right = 0

    init(in folder: String, _ fileSystem: FileSystem, _ source: VisitorSource) throws(SimulationError) {
        annotators = SimulatedAnnotator.all(source.configuration, source.tables, seed: source.seed)
        (assumptions, tables) = (source.configuration.annotation, source.tables)
        file = try OutputFile(creating: "\(folder)/labels/annotators.jsonl", in: fileSystem)
    }

    /// - Parameter posteriors: the reference for each session; nil where there is none.
    mutating func write(_ visitor: SimulatedVisitor, _ posteriors: [[Float]?]) throws(SimulationError) {
        if visitor.isBot { return }
        let beliefs = zip(visitor.sessions, posteriors).map { session, posterior in
            SimulatedAnnotator.belief(posterior, need: session.need, assumptions, tables)
        }
        let labels = annotators.map { $0.labels(visitor, beliefs: beliefs) }
        for (number, session) in visitor.sessions.enumerated() {
            for (place, annotator) in annotators.enumerated() {
                guard let named = labels[place][number] else { continue }
                row(visitor.number, number, session, named, annotator.name)
                // The first one is the teacher.
                if place > 0 { continue }
                judged += 1
                if named.first?.need == session.need { right += 1 }
            }
        }
        try file.drain()
    }

    private mutating func row(
        _ visitor: Int, _ number: Int, _ session: SimulatedSession, _ named: [SimulatedAnnotator.Named], _ annotator: String
    ) {
        file.write("{\"session_id\":\"")
        file.write(session: number, of: visitor)
        file.write("\",\"user_id\":\"")
        file.write(visitor: visitor)
        file.write("\",\"intents\":{")
        for (place, one) in named.enumerated() {
            file.write(place == 0 ? "\"" : ",\"")
            file.write(tables.needs[one.need].id)
            file.write("\":")
            file.write(Self.confidence(one.twentieths))
        }
        file.write("},\"annotator\":\"")
        file.write(annotator)
        file.write("\",\"annotator_version\":\"1\",\"time\":")
        file.write(number: (session.events[0].time / 86_400_000 + 1) * 86_400)
        file.write("}\n")
    }

    private static func confidence(_ twentieths: Int) -> String {
        if twentieths == 20 { return "1" }
        return twentieths.isMultiple(of: 2) ? "0.\(twentieths / 2)" : "0.\(twentieths * 5)"
    }

    /// Share of the first annotator's sessions whose most confident intent is the true need; nil where it labelled none.
    mutating func finish() throws(SimulationError) -> Double? {
        try file.finish()
        return judged == 0 ? nil : Double(right) / Double(judged)
    }
}
