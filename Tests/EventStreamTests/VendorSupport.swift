import DurableFiles
import EventStream
import FoundationEssentials
import Testing

/// A vendor's export, recognised and imported without a mapping.
struct VendorImport {
    let guess: MappingGuess
    let summary: ImportSummary
    let corpus: Corpus
    let rejects: RejectCollector
    private let folder: ImportFolder

    /// - Parameter mapping: changes the mapping that was made.
    init(
        _ text: String, key: String? = nil, _ change: (inout ImportSettings) -> Void = { _ in },
        mapping: (inout ExportMapping) -> Void = { _ in }
    ) throws {
        folder = try ImportFolder()
        let path = folder("export")
        let writer = try FileWriter(creating: path, in: .live)
        try writer.write(Array(text.utf8))
        try writer.finish(sync: false)
        (guess, summary, corpus, rejects) = try Self.run(path, folder, key, mapping, change)
    }

    init(path: String) throws {
        folder = try ImportFolder()
        (guess, summary, corpus, rejects) = try Self.run(path, folder, nil, { _ in }) { _ in }
    }

    private static func run(
        _ path: String, _ folder: ImportFolder, _ key: String?, _ changeMapping: (inout ExportMapping) -> Void,
        _ change: (inout ImportSettings) -> Void
    ) throws -> (MappingGuess, ImportSummary, Corpus, RejectCollector) {
        let input = try ExportInput(path: path)
        var guess = try ExportReaders.guess(input)
        changeMapping(&guess.mapping)
        try guess.mapping.validate()
        var settings = ImportSettings()
        settings.pseudonymKey = key.map { Array($0.utf8) }
        change(&settings)
        var rejects = RejectCollector()
        let source = try ExportReaders.open(input, mapping: guess.mapping)
        let summary = try ExportImporter(settings).run(sources: [source], to: folder("corpus"), rejects: &rejects)
        return (guess, summary, try Corpus.open(folder("corpus")), rejects)
    }

    var dwells: [Float] { Array(corpus.dwells) }
    var sessionKeys: [String] { (0..<corpus.sessionCount).map { corpus.sessionKey($0) } }
    var visitors: [String] { (0..<corpus.visitorCount).map { corpus.visitorKey($0) } }

    /// A text field of all events, in the order of the corpus.
    func texts(_ field: String) -> [String?] { (0..<corpus.eventCount).map { corpus.text(field, $0) } }

    /// A number of all events.
    func numbers(_ field: String) -> [Double] { corpus.numbers(field).map { Array($0) } ?? [] }

    var customers: [String?] {
        guard let customers = corpus.customers else { return [] }
        return customers.codes.map { $0 == 0 ? nil : customers.ids[Int($0) - 1] }
    }
}

extension ExportMapping {
    /// The mapping written and read.
    func again() throws -> ExportMapping { try JSONDecoder().decode(ExportMapping.self, from: JSONEncoder().encode(self)) }
}
