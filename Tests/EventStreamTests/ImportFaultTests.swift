import DurableFiles
import EventStream
import FaultTestSupport
import Testing

/// Every file operation of an import fails in turn.
@Suite struct ImportFaultTests {
    let inputs: ImportFolder
    init() throws { inputs = try ImportFolder() }

    static let mapping: ExportMapping = {
        var mapping = ExportMapping()
        mapping.visitor = "user"
        mapping.time = .init(column: "time", unit: .seconds)
        mapping.fields = [.init(name: "page", kind: .categorical), .init(name: "amount", kind: .numeric)]
        return mapping
    }()

    /// Rows of a few people, not in order, and two that are refused.
    private static func rows(_ count: Int) -> [(user: String, time: Int, page: String, amount: String)] {
        var random = TestRandom(5)
        return (0..<count).map { row in
            (
                "person-\(row % 5)", 1_700_000_000 + Int.random(in: 0..<100_000, using: &random), "page-\(row % 7)",
                row % 3 == 0 ? "" : "\(row).5"
            )
        }
    }

    private static func csv(_ count: Int) -> [UInt8] {
        let rows = rows(count).map { "\($0.user),\($0.time),\($0.page),\($0.amount)\n" }
        return Array(("user,time,page,amount\n" + rows.joined() + "person-9,never,page-1,1\nperson-9,1700000000\n").utf8)
    }

    private static func jsonLines(_ count: Int) -> [UInt8] {
        let rows = rows(count).map {
            "{\"user\":\"\($0.user)\",\"time\":\($0.time),\"page\":\"\($0.page)\",\"amount\":\($0.amount.isEmpty ? "null" : $0.amount)}\n"
        }
        return Array((rows.joined() + "{\"user\":\"person-9\",\"time\":\"never\",\"page\":\"page-1\"}\n{\n").utf8)
    }

    /// - Parameter blockBytes: with little memory and small blocks the tables are put aside several times.
    private static func importing(
        _ input: String, memory: Int = 1 << 20, blockBytes: Int = 1 << 20, _ mapping: ExportMapping = mapping
    ) -> (String, FileSystem) throws -> Void {
        { folder, fileSystem in
            var limits = ExportLimits()
            limits.blockBytes = blockBytes
            var settings = ImportSettings()
            settings.fileSystem = fileSystem
            settings.replacesCorpus = true
            settings.memoryLimit = memory
            let sink = try RejectFile(path: folder + "/rejects.csv", in: fileSystem)
            var rejects = RejectCollector(sink: sink)
            let source = try ExportReaders.open(ExportInput(path: input, limits: limits, in: fileSystem), mapping: mapping)
            _ = try ExportImporter(settings).run(
                sources: [source], to: folder + "/corpus", rejects: &rejects,
                willPublish: { () throws(ImportError) in
                    do throws(ExportError) { try sink.finish() } catch { throw .export(error) }
                })
        }
    }

    private func faults() throws -> EveryFault {
        let faults = try EveryFault()
        faults.personal = ["person-"]
        return faults
    }

    @Test func delimitedOverAnEarlierCorpusWithRejects() throws {
        try AtomicFile.write(Self.csv(60), to: inputs("new.csv"))
        try AtomicFile.write(Self.csv(20), to: inputs("old.csv"))
        let earlier = Self.importing(inputs("old.csv"))
        let operations = try faults().check("CSV", prepare: { try earlier($0, .live) }, Self.importing(inputs("new.csv")))
        #expect(operations > 150, "\(operations) operations")
    }

    @Test func spilledRowsAreSortedOnDisk() throws {
        try AtomicFile.write(Self.csv(80), to: inputs("new.csv"))
        let operations = try faults().check("sorted on disk", Self.importing(inputs("new.csv"), memory: 1))
        let inMemory = try EveryFault.counted { try Self.importing(inputs("new.csv"))(inputs.path, $0) }
        #expect(operations > inMemory + 5, "\(operations) operations, \(inMemory) without the disk: nothing was spilled")
    }

    @Test func tablesArePutAside() throws {
        try AtomicFile.write(Self.csv(24), to: inputs("new.csv"))
        var mapping = Self.mapping
        mapping.session = "amount"
        mapping.fields = [.init(name: "page", kind: .categorical)]
        let work = Self.importing(inputs("new.csv"), memory: 1, blockBytes: 300, mapping)
        let faults = try faults()
        faults.kinds = [.once, .death]
        let operations = try faults.check("tables put aside", work)
        let together = try EveryFault.counted { try Self.importing(inputs("new.csv"), memory: 1, mapping)(inputs.path, $0) }
        #expect(operations > together + 20, "\(operations) operations, \(together) with one table: nothing was put aside")
    }

    @Test func noCorpusStandsWithoutItsRejects() throws {
        try AtomicFile.write(Self.csv(20), to: inputs("new.csv"))
        let work = Self.importing(inputs("new.csv"))
        let folder = try ImportFolder()
        var number = 0
        var isDone = false
        while !isDone {
            let plan = FaultPlan(failing: number, code: 5, aftermath: .dead)
            try? work(folder.path, .failing(plan))
            isDone = plan.operationsSeen <= number
            let names = try folder.names()
            if names.contains("corpus") { #expect(names.contains("rejects.csv"), "operation \(number)") }
            for name in names { try FileSystem.live.removeTree(folder(name)) }
            number += 1
        }
        #expect(number > 100, "\(number) operations")
    }

    @Test(arguments: ["gz", "jsonl"]) func otherForms(_ form: String) throws {
        let place = inputs("new.\(form)")
        try AtomicFile.write(form == "gz" ? gzipStored(Self.csv(30)) : Self.jsonLines(30), to: place)
        let faults = try faults()
        faults.kinds = [.once, .death]
        #expect(try faults.check(form, Self.importing(place)) > 150)
    }

    @Test func aCorpusIsOpened() throws {
        try AtomicFile.write(Self.csv(30), to: inputs("new.csv"))
        try Self.importing(inputs("new.csv"))(inputs.path, .live)
        let operations = try faults().check("opening") { _, fileSystem in
            try Corpus.open(inputs("corpus"), in: fileSystem).verifyDigest(in: fileSystem)
        }
        #expect(operations > 60)
    }
}
