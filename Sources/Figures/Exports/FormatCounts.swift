internal import EventStream
internal import FoundationEssentials
internal import Glibc

extension Figure {
    /// {file: {format, events, sessions, visitors, rejects, …} or {not_read}} for every file under a root.
    static let formats = Figure(
        pattern: "formats",
        summary: "every file under DIR/formats, or under DIR where there is no such folder: which format is found in it, and what is read"
    ) { context in
        let own = "\(context.data)/formats"
        let root = FileManager.default.fileExists(atPath: own) ? own : context.data
        var result: [String: FigureValue] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: root).sorted() {
            let path = "\(root)/\(name)"
            var isFolder = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder, !name.hasSuffix(".md") else { continue }
            FigureContext.say(name)
            result[name] = try context.withScratchFolder { folder in read(path, name, to: "\(folder)/corpus") }
        }
        guard !result.isEmpty else {
            throw FigureError(code: EX_NOINPUT, description: "\(root): there are no files; name their root with --data")
        }
        return .object(result)
    }

    private static func read(_ path: String, _ name: String, to corpus: String) -> FigureValue {
        var rejects = RejectCollector()
        do {
            let input = try ExportInput(path: path)
            let guess = try ExportReaders.guess(input, format: nil)
            let source = try ExportReaders.open(input, mapping: guess.mapping)
            let counts = try ExportImporter(ImportSettings()).run(sources: [source], to: corpus, rejects: &rejects).counts
            return [
                "format": .text(guess.vendor?.rawValue ?? "\(guess.mapping.format), guessed"), "events": .integer(counts.events),
                "sessions": .integer(counts.sessions), "visitors": .integer(counts.visitors),
                "rejects": .object(counts.rejects.mapValues { .integer($0) }), "duplicates": .integer(counts.duplicates),
                "skipped": .object(counts.skipped.mapValues { .integer($0) }), "without_session": .integer(counts.withoutSession),
            ]
        } catch {
            return ["not_read": .text("\(error)".replacing(path, with: name))]
        }
    }
}
