import DurableFiles
import EventStream
import Glibc
import Testing

/// Several files of one export: looked at first, opened one after another, empty ones left out.
@Suite struct ExportPartsTests {
    private let folder: ImportFolder
    init() throws { folder = try ImportFolder() }

    private func put(_ name: String, _ text: String) throws -> String {
        try AtomicFile.write(Array(text.utf8), to: folder(name))
        return folder(name)
    }

    private func run(_ parts: ExportParts, _ change: (inout ImportSettings) -> Void = { _ in }) throws -> ImportSummary {
        var settings = ImportSettings()
        settings.replacesCorpus = true
        change(&settings)
        var rejects = RejectCollector()
        let sources = try parts.sources(ExportReaders.guess(parts.sample))
        let summary = try ExportImporter(settings).run(sources: sources, to: folder("corpus"), rejects: &rejects)
        #expect(rejects.total == 0)
        return summary
    }

    private static let header = "visitor_id,timestamp,event\n"
    private static func rows(_ visitor: Int) -> String {
        "v\(visitor),2026-01-01T10:00:00Z,view\nv\(visitor),2026-01-01T10:01:00Z,click\n"
    }

    @Test("Empty parts and parts of a header alone change nothing, wherever they stand")
    func emptyParts() throws {
        let full = [try put("b.csv", Self.header + Self.rows(1)), try put("d.csv", Self.header + Self.rows(2))]
        let zipped = folder("e.csv.gz")
        try AtomicFile.write(gzipStored([]), to: zipped)
        let bare = try put("0.csv", Self.header), empty = try put("a.csv", "")
        let whole = try run(ExportParts(full))
        #expect(whole.counts.events == 4)
        let parts = try ExportParts([empty, bare, full[0], zipped, full[1]])
        #expect(parts.empty == [empty, zipped] && parts.paths == [bare] + full && parts.sampled == 1 && parts.sample.path == full[0])
        #expect(try run(parts).digest == whole.digest)
        #expect(try run(ExportParts([empty, bare, full[0], zipped, full[1]])) { $0.readsInBlocks = false }.digest == whole.digest)

        let error = #expect(throws: ExportError.self) { try ExportParts([empty, zipped]) }
        #expect(error?.kind == .empty && error?.reason.contains("all 2 files") == true)
        #expect(throws: ExportError.self) { try ExportParts([empty]) }
    }

    @Test("What does not fit is told before anything is read")
    func checkedFirst() throws {
        let good = try put("a.csv", Self.header + Self.rows(1))
        let missing = #expect(throws: ExportError.self) { try ExportParts([good, folder("b.csv")]) }
        #expect(missing?.kind == .noInput && missing?.place == folder("b.csv"))
        let other = try put("c.csv", "visitor_id,event\nv1,view\n")
        let parts = try ExportParts([good, other])
        let guess = try ExportReaders.guess(parts.sample)
        let error = #expect(throws: ExportError.self) { try parts.sources(guess) }
        #expect(error?.place.contains("c.csv") == true, "\(String(describing: error))")
    }

    @Test("Too many open files are told as such")
    func tooManyOpen() throws {
        let path = try put("a.csv", Self.header)
        let error = #expect(throws: ExportError.self) { try ExportInput(path: path, in: .failing(FaultPlan(failing: 0, code: EMFILE))) }
        #expect(error?.remedy.contains("ulimit -n") == true, "\(String(describing: error))")
    }

    @Test("Descriptors do not grow with the number of files, and progress names the file")
    func manyFiles() throws {
        let files = try (0..<60).map { try put("part-\($0).csv", Self.header + Self.rows($0)) }
        func descriptors() throws -> Int { try FileSystem.live.names(in: "/proc/self/fd").count }
        let before = try descriptors()
        let parts = try ExportParts(files)
        let sources = try parts.sources(ExportReaders.guess(parts.sample))
        // Other tests run beside this one.
        #expect(try descriptors() < before + 40, "\(before) before")
        var rejects = RejectCollector()
        var seen: [Int] = []
        let summary = try ExportImporter(ImportSettings()).run(
            sources: sources, to: folder("corpus"), rejects: &rejects,
            progress: { if $0.phase == .reading { seen.append($0.file) } })
        #expect(summary.counts.events == 120 && seen == Array(0..<60))
    }

    @Test("A source that was put off can be read batch by batch, and one that has changed is refused")
    func deferred() throws {
        let files = [try put("a.csv", Self.header + Self.rows(1)), try put("b.csv", Self.header + Self.rows(2))]
        let parts = try ExportParts(files)
        var sources = try parts.sources(ExportReaders.guess(parts.sample))
        var batch = sources[1].mapping.emptyBatch()
        var rejects = RejectCollector()
        #expect(sources[1].progress.bytesRead == 0 && sources[1].progress.bytesTotal ?? 0 > 0)
        #expect(try sources[1].read(into: &batch, rejects: &rejects) && batch.count == 2 && sources[1].progress.bytesRead > 0)
        batch.removeAll()
        #expect(try !sources[1].read(into: &batch, rejects: &rejects))

        let again = try ExportParts(files)
        let changed = try again.sources(ExportReaders.guess(again.sample))
        try FileSystem.live.removeFile(files[1])
        let error = #expect(throws: ImportError.self) {
            try ExportImporter(ImportSettings()).run(sources: changed, to: folder("corpus"), rejects: &rejects)
        }
        guard case .export(let cause) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(cause.place == files[1])
    }

    @Test("Item sequences of several files keep their sessions apart")
    func items() throws {
        let files = [try put("a.txt", "1 2 3\n4 5\n"), try put("b.txt", "1 2\n3 4\n"), try put("c.txt", "")]
        #expect(try run(ExportParts(files)).counts.sessions == 4)
    }
}
