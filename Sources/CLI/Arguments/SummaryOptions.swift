internal import ArgumentParser
internal import EventStream
internal import IntentTaxonomy

/// How sessions are told to those who name intents.
struct SummaryOptions: ParsableArguments {
    @Option(
        name: .customLong("field"),
        help: ArgumentHelp(
            "A field that names a step, the most telling first (default: by name and kind). May be repeated.", valueName: "field"))
    var fields: [String] = []
    @Option(help: ArgumentHelp("Visitors that must share a word before it is shown to anybody.", valueName: "n")) var fewestVisitors = 3

    func validate() throws {
        if !(1...1000).contains(fewestVisitors) { throw ValidationError("--fewest-visitors must lie between 1 and 1,000") }
    }

    func make(_ corpus: Corpus) throws -> SessionSummary {
        for field in fields where corpus.codes(field) == nil {
            throw CommandFault(
                code: 64, place: "--field", reason: "the corpus has no such field of words",
                remedy: "choose from \(corpus.schema.readableFields.filter { $0.kind != .numeric }.map(\.name).joined(separator: ", "))")
        }
        return SessionSummary(corpus, fields: fields.isEmpty ? nil : fields, fewestVisitors: fewestVisitors)
    }
}
