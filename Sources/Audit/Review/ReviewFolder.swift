public import DurableFiles

extension ReviewDesign {
    /// Writes a review's folder, whole or not at all: `design.json`, a sheet for each reviewer, `intents.csv` and `README.txt`.
    /// - Parameters:
    ///   - journey: what happened in the session of this id, in words.
    ///   - evidence: the events that speak for what was given, by the session's id and the intent's.
    /// - Throws: ``ReviewError/file(_:)``, also where something is in the place.
    public func publish(
        to path: String, journey: (String) -> String?, evidence: (String, String) -> [String], in fileSystem: FileSystem = .live
    ) throws(ReviewError) {
        let sheet = ReviewSheet(self)
        var files = ["design.json": bytes, "intents.csv": sheet.intentsTable, "README.txt": Array(sheet.instructions.utf8)]
        for (number, name) in settings.reviewers.enumerated() {
            files["\(name).csv"] = sheet.csv(reviewer: number, journey: journey, evidence: evidence)
        }
        do throws(FileError) {
            let publication = try DirectoryPublication(at: path, replacing: false, in: fileSystem)
            do throws(FileError) {
                for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
                    try AtomicFile.write(bytes, to: "\(publication.temporaryPath)/\(name)", in: fileSystem)
                }
                try publication.commit()
            } catch {
                publication.abandon()
                throw error
            }
        } catch { throw .file(error) }
    }
}

extension ReviewPopulation {
    /// What speaks for each intent of each session drawn, by the session's id and the intent's.
    public func evidence(for design: ReviewDesign) -> (String, String) -> [String] {
        let drawn = Set(design.items.map(\.session))
        var events: [String: [String: [String]]] = [:]
        for item in items where drawn.contains(item.session) {
            events[item.session] = Dictionary(item.given.map { ($0.intent, $0.evidence) }) { first, _ in first }
        }
        return { session, intent in events[session]?[intent] ?? [] }
    }
}

extension ReviewSheet {
    /// The journeys that stand in sheets, by item, so that a sheet can be made of others without a corpus.
    public static func journeys(_ paths: [String], in fileSystem: FileSystem = .live) throws(ReviewError) -> [String: String] {
        var journeys: [String: String] = [:]
        for path in paths {
            let bytes: [UInt8]
            do { bytes = try fileSystem.contents(of: path, limit: 1 << 30) } catch { throw .file(error) }
            let rows = SheetText.rows(of: bytes).rows
            guard let item = rows.first?.cells.firstIndex(of: "item"), let journey = rows.first?.cells.firstIndex(of: "journey") else {
                continue
            }
            for row in rows.dropFirst() where row.cells.count > max(item, journey) { journeys[row.cells[item]] = row.cells[journey] }
        }
        return journeys
    }
}
