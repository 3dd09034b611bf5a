import DurableFiles
import Foundation
import Testing

@Suite struct SealedFolderTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private let files: [String: [UInt8]] = ["a.json": Array("{}".utf8), "empty": [], "b.bin": (0..<200).map { UInt8($0) }]

    private func seal(_ files: [String: [UInt8]]? = nil, kind: String = "thing", version: Int = 2, replacing: Bool = false) throws -> String
    {
        try SealedFolder.write(files ?? self.files, kind: kind, version: version, to: folder("out"), replacing: replacing)
    }

    private func fault(kind: String = "thing", newest: Int = 2) -> SealedFolder.Fault? {
        do throws(SealedFolder.Fault) {
            _ = try SealedFolder(folder("out"), kind: kind, newestVersion: newest)
            return nil
        } catch { return error }
    }

    private func put(_ bytes: [UInt8], _ name: String) throws {
        try? FileSystem.live.removeTree(folder("out/\(name)"))
        try AtomicFile.write(bytes, to: folder("out/\(name)"))
    }

    @Test func whatWasSealedIsRead() throws {
        let id = try seal()
        let read = try SealedFolder(folder("out") + "/", kind: "thing", newestVersion: 5)
        #expect(read.id == id && id.count == 64 && read.path == folder("out"))
        #expect(read.files.keys.sorted() == ["a.json", "b.bin", "empty"] && read.files["b.bin"]?.bytes == 200)
        for (name, bytes) in files { #expect(try read.contents(name) == bytes) }
        #expect(throws: SealedFolder.Fault.self) { try read.contents("c") }
        // The id is over names and contents, and over nothing else.
        #expect(try seal(replacing: true) == id)
        for change: [String: [UInt8]] in [["a.json": [0x31]], ["c": []]] {
            #expect(try seal(files.merging(change) { $1 }, replacing: true) != id)
        }
        try FileSystem.live.removeTree(folder("out"))
        #expect(try seal(kind: "other") != id)
    }

    @Test func nothingIsReplacedUnasked() throws {
        _ = try seal()
        #expect(throws: FileError.self) { try seal() }
        #expect(try folder.names() == ["out"])
    }

    @Test func onlyFoldersOfItsKindAreReplaced() throws {
        let id = try seal()
        let refused = #expect(throws: FileError.self) { try seal(kind: "other", replacing: true) }
        #expect(refused?.isOccupied == true && refused?.description.contains("does not say that it holds other") == true)
        #expect(try SealedFolder(folder("out"), kind: "thing", newestVersion: 2).id == id)
        // A manifest of something else is not ours either, to replace or to read.
        for text in ["{\"model\": 1}", "no JSON"] {
            try put(Array(text.utf8), "manifest.json")
            #expect(throws: FileError.self) { try seal(replacing: true) }
            #expect(try folder.text("out/manifest.json") == text && folder.names() == ["out"])
        }
        try put(Array("{\"model\": 1}".utf8), "manifest.json")
        #expect(fault() == .notThere(path: folder("out")))
    }

    @Test func otherFoldersAreTold() throws {
        #expect(fault() == .notThere(path: folder("out")))
        _ = try seal()
        #expect(fault(kind: "intents") == .otherKind(path: folder("out"), found: "thing", wanted: "intents"))
        #expect(fault(newest: 1) == .unsupportedVersion(path: folder("out"), found: 2, newestSupported: 1))
        try FileSystem.live.removeFile(folder("out/manifest.json"))
        #expect(fault() == .notThere(path: folder("out")))
        try FileSystem.live.makeDirectory(folder("out/manifest.json"))
        #expect(fault() == .notThere(path: folder("out")))
    }

    @Test func damageIsSeen() throws {
        _ = try seal()
        for (name, bytes) in files {
            for changed in [bytes + [1], Array(bytes.dropLast()), bytes.map { $0 ^ 1 }] where changed != bytes {
                try put(changed, name)
                guard case .damaged(_, name, _) = fault() else {
                    Issue.record("\(name): \(String(describing: fault()))")
                    continue
                }
            }
            try put(bytes, name)
            #expect(fault() == nil)
        }
        try FileSystem.live.removeFile(folder("out/a.json"))
        guard case .damaged(_, "a.json", _) = fault() else {
            Issue.record("missing")
            return
        }
    }

    @Test func hostileManifestsAreRefused() throws {
        _ = try seal()
        let good = try folder.text("out/manifest.json")
        for (found, put) in [
            ("\"a.json\"", "\"../a.json\""), ("\"a.json\"", "\"/etc/hostname\""), ("\"a.json\"", "\".a\""), ("\"a.json\"", "\"\""),
            ("\"bytes\" : 200", "\"bytes\" : -1"), ("\"bytes\" : 200", "\"bytes\" : 9223372036854775807"),
            ("\"bytes\" : 200", "\"bytes\" : 1e300"), ("\"bytes\" : 200", "\"bytes\" : 201"),
            ("\"formatVersion\" : 2", "\"formatVersion\" : 1"),
            ("\"id\"", "\"name\""), ("{", "["),
        ] {
            #expect(good.contains(found), "\(found)")
            let start = try #require(good.range(of: found))
            try self.put(Array(good.replacingCharacters(in: start, with: put).utf8), "manifest.json")
            guard case .damaged(_, "manifest.json", let reason) = fault() else {
                Issue.record("\(put): \(String(describing: fault()))")
                continue
            }
            #expect(!reason.isEmpty)
        }
        for version in ["0", "-3"] {
            try put(Array(good.replacing("\"formatVersion\" : 2", with: "\"formatVersion\" : \(version)").utf8), "manifest.json")
            guard case .unsupportedVersion = fault() else {
                Issue.record("version \(version): \(String(describing: fault()))")
                continue
            }
        }
        try put([UInt8](repeating: 0x20, count: (1 << 20) + 10), "manifest.json")
        #expect(fault() != nil, "a manifest without end")
    }

    @Test func everyFailingOperationLeavesOldOrNew() throws {
        let (old, new) = (["a": [UInt8](repeating: 1, count: 10)], ["a": [UInt8](repeating: 2, count: 10), "b": [3]])
        func seal(_ files: [String: [UInt8]], in fileSystem: FileSystem = .live) throws(FileError) -> String {
            try SealedFolder.write(files, kind: "thing", version: 1, to: folder("out"), replacing: true, in: fileSystem)
        }
        let before = try seal(old)
        let counting = FaultPlan(failing: -1, code: 0)
        let after = try seal(new, in: .failing(counting))
        #expect(counting.operationsSeen > 10)
        for aftermath in [FaultPlan.Aftermath.recover, .dead] {
            for number in 0..<counting.operationsSeen {
                for name in try folder.names() { try FileSystem.live.removeTree(folder(name)) }
                _ = try seal(old)
                let plan = FaultPlan(failing: number, code: EIO, aftermath: aftermath, tearsWrites: true)
                let written = try? seal(new, in: .failing(plan))
                let found = try SealedFolder(folder("out"), kind: "thing", newestVersion: 1).id
                #expect(found == before || found == after, "operation \(number), \(aftermath)")
                if written != nil { #expect(found == after) }
            }
        }
        let reading = FaultPlan(failing: -1, code: 0)
        _ = try SealedFolder(folder("out"), kind: "thing", newestVersion: 1, in: .failing(reading))
        for number in 0..<reading.operationsSeen {
            let plan = FaultPlan(failing: number, code: EIO)
            do throws(SealedFolder.Fault) {
                _ = try SealedFolder(folder("out"), kind: "thing", newestVersion: 1, in: .failing(plan))
            } catch {
                guard case .file = error else {
                    Issue.record("operation \(number): \(error)")
                    continue
                }
            }
        }
    }
}
