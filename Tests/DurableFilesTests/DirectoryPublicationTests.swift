import DurableFiles
import Glibc
import Testing

@Suite struct DirectoryPublicationTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    func publish(_ text: String, replacing: Bool, in fileSystem: FileSystem = .live) throws(FileError) {
        try DirectoryPublication.publish(at: folder("out"), replacing: replacing, marker: "main", in: fileSystem) {
            (temporary: String) throws(FileError) in
            for name in ["main", "other"] {
                let writer = try FileWriter(creating: temporary + "/" + name, in: fileSystem)
                try writer.write(text)
                try writer.finish(sync: false)
            }
        }
    }

    @Test func publishesAndReplacesOnlyWhenAsked() throws {
        try publish("one", replacing: false)
        let refused = #expect(throws: FileError.self) { try publish("two", replacing: false) }
        #expect(refused?.isOccupied == true)
        #expect(try folder.text("out/other") == "one")
        try publish("three", replacing: true)
        #expect(try folder.text("out/other") == "three")
        #expect(try folder.names() == ["out"])
    }

    @Test func refusesToReplaceWhatItWouldNotHaveMade() throws {
        try FileSystem.live.makeDirectory(folder("out"))
        try publish("over an empty directory", replacing: false)
        try FileSystem.live.removeFile(folder("out/main"))
        let refused = #expect(throws: FileError.self) { try publish("x", replacing: true) }
        #expect(refused?.description.contains("holds no main") == true)
        try FileSystem.live.removeTree(folder("out"))
        try AtomicFile.write([1], to: folder("out"))
        #expect(throws: FileError.self) { try publish("x", replacing: true) }
        #expect(try folder.names() == ["out"])
    }

    @Test func everyFailingOperationLeavesOldOrNew() throws {
        for hasOld in [false, true] {
            let counting = FaultPlan(failing: -1, code: 0)
            if hasOld { try publish("old", replacing: false) }
            try publish("new", replacing: hasOld, in: .failing(counting))
            try FileSystem.live.removeTree(folder("out"))
            for aftermath in [FaultPlan.Aftermath.recover, .dead] {
                for number in 0..<counting.operationsSeen {
                    if hasOld { try publish("old", replacing: false) }
                    let place = "operation \(number), \(aftermath), old: \(hasOld)"
                    // Removing what was replaced and the lock file may fail without a word.
                    try? publish("new", replacing: hasOld, in: .failing(FaultPlan(failing: number, code: EIO, aftermath: aftermath)))
                    let visible = try folder.names().filter { !$0.hasPrefix(".") }
                    #expect(visible == ["out"] || (visible.isEmpty && !hasOld), "\(place)")
                    if visible == ["out"] {
                        let texts = try ["out/main", "out/other"].map { try folder.text($0) }
                        #expect(texts == ["new", "new"] || (hasOld && texts == ["old", "old"]), "\(place)")
                    }
                    // Whatever was left, the next run works.
                    try publish("next", replacing: true)
                    #expect(try folder.text("out/main") == "next", "\(place)")
                    for name in try folder.names() { try FileSystem.live.removeTree(folder(name)) }
                }
            }
        }
    }

    @Test func secondWriterIsTurnedAway() throws {
        let first = try DirectoryPublication(at: folder("out"), replacing: true)
        let second = #expect(throws: FileError.self) { try publish("x", replacing: true) }
        #expect(second?.isBusy == true)
        #expect(second?.description.contains(folder("out")) == true)
        #expect(second?.description.contains("another run is writing here") == true)
        first.abandon()
        #expect(try folder.names().isEmpty)
        try publish("x", replacing: true)
        #expect(try folder.names() == ["out"])
    }

    @Test func aBodyThatThrowsLeavesNothing() throws {
        struct Stop: CarriesFileError {
            init() {}
            init(_ error: FileError) {}
        }
        #expect(throws: Stop.self) {
            try DirectoryPublication.publish(at: folder("out"), replacing: false) { (path: String) throws(Stop) in
                do throws(FileError) { try AtomicFile.write([1], to: path + "/a") } catch { throw Stop(error) }
                throw Stop()
            }
        }
        #expect(try folder.names().isEmpty)
    }

    @Test func aReleasedPublicationLeavesNothing() throws {
        do { _ = try DirectoryPublication(at: folder("out"), replacing: false) }
        #expect(try folder.names().isEmpty)
    }
}
