import DurableFiles
import Glibc
import Testing

@Suite struct AtomicFileTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func writesThroughSmallBuffersAndReplaces() throws {
        try AtomicFile.write(Array("old".utf8), to: folder("a"))
        try AtomicFile.write(to: folder("a")) { (writer: FileWriter) throws(FileError) in
            try writer.write("new ")
            try writer.write(valuesOf: [UInt8](repeating: 65, count: 1 << 19))
            try writer.write("end")
            try writer.overwrite(Array("NEW".utf8), at: 0)
        }
        let text = try folder.text("a")
        #expect(text.utf8.count == 4 + (1 << 19) + 3)
        #expect(text.hasPrefix("NEW A") && text.hasSuffix("Aend"))
        #expect(try folder.names() == ["a"])
    }

    @Test func bufferEdges() throws {
        let writer = try FileWriter(creating: folder("edges"), bufferSize: 8)
        var expected: [UInt8] = []
        for size in 0..<20 {
            let bytes = (0..<size).map { UInt8($0 + size) }
            expected += bytes
            try writer.write(bytes)
            #expect(writer.position == expected.count)
        }
        try writer.finish()
        #expect(try FileSystem.live.contents(of: folder("edges")) == expected)
    }

    @Test func everyFailingOperationLeavesOldOrNew() throws {
        func run(_ fileSystem: FileSystem) throws(FileError) {
            try AtomicFile.write(to: folder("a"), in: fileSystem) { (writer: FileWriter) throws(FileError) in
                try writer.write("new")
                try writer.flush()
                try writer.write(" text")
            }
        }
        let counting = FaultPlan(failing: -1, code: 0)
        try run(.failing(counting))
        #expect(counting.operationsSeen > 6)
        for aftermath in [FaultPlan.Aftermath.recover, .dead] {
            for number in 0..<counting.operationsSeen {
                try AtomicFile.write(Array("old".utf8), to: folder("a"))
                #expect(throws: FileError.self, "operation \(number)") {
                    try run(.failing(FaultPlan(failing: number, code: ENOSPC, aftermath: aftermath)))
                }
                #expect(["old", "new text"].contains(try folder.text("a")), "operation \(number)")
                let visible = try folder.names().filter { !$0.hasPrefix(".") }
                #expect(visible == ["a"], "operation \(number)")
                if aftermath == .recover { #expect(try folder.names() == ["a"], "operation \(number)") }
                for name in try folder.names() where name.hasPrefix(".") { try FileSystem.live.removeFile(folder(name)) }
            }
        }
    }

    @Test func sweepsOnlyWhatDeadProcessesLeft() throws {
        // Process numbers end at 4 194 304 on Linux, so this one never runs; the second is this process with another start time.
        let dead = [".a.writing-99999999-1-0", ".a.writing-\(getpid())-1-0"]
        let kept = [".a.writing-x", ".a.writing-1-2", ".b.writing-99999999-1-0", "a.writing-99999999-1-0"]
        for name in dead + kept { try AtomicFile.write([1], to: folder(name)) }
        try AtomicFile.write([2], to: folder("a"))
        #expect(try folder.names() == (kept + ["a"]).sorted())
    }

    @Test func errorsNamePlaceReasonAndRemedy() throws {
        let missing = #expect(throws: FileError.self) { try AtomicFile.write([1], to: folder("no/such/file")) }
        #expect(missing?.isMissing == true)
        #expect(missing?.description.contains("No such file") == true)
        try FileSystem.live.makeDirectory(folder("directory"))
        let directory = #expect(throws: FileError.self) { try AtomicFile.write([1], to: folder("directory")) }
        #expect(directory?.description.contains("name a file inside it") == true)
        let full = FileError(.write, "/disk/x", code: ENOSPC)
        // The hidden name a file is written under is nobody's business.
        let hidden = FileError(.write, "/disk/.out.writing-12-34-5/.x.writing-1-2-3", code: ENOSPC)
        #expect(hidden.description.hasPrefix("/disk/out/x: cannot write"))
        #expect(FileError(.write, "./.profile", code: ENOSPC).description.hasPrefix("./.profile: "))
        #expect(full.isDiskFull && full.description.contains("/disk/x: cannot write: ") && full.description.contains("free some space"))
    }

    @Test func mapsFilesOfAnySize() throws {
        try AtomicFile.write([], to: folder("empty"))
        #expect(try MappedFile(folder("empty")).withUnsafeBytes { $0.isEmpty })
        try AtomicFile.write([1, 2, 3], to: folder("three"))
        #expect(try MappedFile(folder("three")).withUnsafeBytes { Array($0) } == [1, 2, 3])
        #expect(throws: FileError.self) { try MappedFile(folder.path) }
        #expect(throws: FileError.self) { try MappedFile(folder("none")) }
    }
}
