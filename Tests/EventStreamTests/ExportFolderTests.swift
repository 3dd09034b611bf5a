import DurableFiles
import EventStream
import Testing

/// An export in parts, given by its folder.
@Suite struct ExportFolderTests {
    private let folder: ImportFolder
    init() throws { folder = try ImportFolder() }

    private func put(_ names: String...) throws {
        for name in names {
            var parent = folder.path
            for part in name.split(separator: "/").dropLast() {
                parent += "/" + part
                if try FileSystem.live.status(of: parent) == nil { try FileSystem.live.makeDirectory(parent) }
            }
            try AtomicFile.write(Array("visitor,time,page\nv,1,\(name)\n".utf8), to: folder(name))
        }
    }

    @Test func partsInOrderOfTheirPaths() throws {
        try put("day=2/part-1.csv", "day=10/part-0.csv", "day=2/part-0.csv", "a.csv", "_SUCCESS", ".part.crc", "day=2/_metadata/x")
        let files = ["a.csv", "day=10/part-0.csv", "day=2/part-0.csv", "day=2/part-1.csv"]
        #expect(try ExportReaders.files(of: folder.path) == files.map { folder($0) })
        #expect(try ExportReaders.files(of: folder.path + "/") == files.map { folder($0) })
        #expect(try ExportReaders.files(of: folder("a.csv")) == [folder("a.csv")] && ExportReaders.files(of: "-") == ["-"])
        #expect(try ExportReaders.files(of: folder("absent")) == [folder("absent")], "whoever opens it says that it is not there")
        var mapping = ExportMapping()
        (mapping.visitor, mapping.time) = ("visitor", .init(column: "time", unit: .seconds))
        mapping.fields = [.init(name: "page", kind: .categorical)]
        var rejects = RejectCollector()
        let sources = try ExportReaders.files(of: folder.path).map { try ExportReaders.open($0, mapping: mapping) }
        let summary = try ExportImporter(ImportSettings()).run(sources: sources, to: folder("corpus"), rejects: &rejects)
        #expect(summary.counts.events == 4 && summary.counts.visitors == 1 && rejects.total == 0)
    }

    @Test(arguments: ["_temporary/0/part-0.csv", "day/part-1.csv.tmp", "clicks.csv.crdownload"])
    func whatIsStillArriving(name: String) throws {
        try put("day/part-0.csv", name)
        let error = #expect(throws: ExportError.self) { try ExportReaders.files(of: folder.path) }
        #expect(error?.kind == .noInput && error?.reason == "it is still being written")
    }

    @Test func foldersThatHoldNothing() throws {
        #expect(throws: ExportError.self) { try ExportReaders.files(of: folder.path) }
        try put("_SUCCESS", String(repeating: "d/", count: 18) + "part.csv")
        let error = #expect(throws: ExportError.self) { try ExportReaders.files(of: folder.path) }
        #expect(error?.reason.contains("16 deep") == true)
    }
}
