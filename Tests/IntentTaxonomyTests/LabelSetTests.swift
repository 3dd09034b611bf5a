import DurableFiles
import EventStream
import Foundation
import IntentTaxonomy
import Testing

/// From rows to annotations, and the folder they are kept in.
@Suite struct LabelSetTests {
    /// Three visitors; `shared` names a session of two of them, `halved` one that the import cut in two.
    static let index = SessionIndex(
        sessions: [("s0", 0), ("s1", 0), ("shared", 0), ("shared", 1), ("halved", 1), ("halved:2", 1), ("s6", 2)],
        visitors: ["v0", "v1", "v2"], hasNativeIDs: true)

    struct Gathered {
        var annotations: [Annotation]
        var contradictions: [Contradiction]
        var reading: LabelImport
    }

    static func gather(
        _ texts: String..., taxonomy: Taxonomy = TaxonomyTests.small, index: SessionIndex = index,
        settings: LabelImport.Settings = LabelImport.Settings()
    ) throws -> Gathered {
        var reading = LabelImport(taxonomy, sessions: index, settings: settings)
        for (number, text) in texts.enumerated() {
            try reading.read(LabelFile(Array(text.utf8), path: "f\(number)", taxonomy: taxonomy))
        }
        let (annotations, contradictions) = reading.finish()
        return Gathered(annotations: annotations, contradictions: contradictions, reading: reading)
    }

    static func row(_ session: String, _ intents: String, annotator: String = "a", more: String = "") -> String {
        "{\"session_id\":\"\(session)\",\"annotator\":\"\(annotator)\",\"intents\":{\(intents)}\(more)}\n"
    }

    @Test func sessionsAreFound() throws {
        let gathered = try Self.gather(
            Self.row("s6", #""pay":1"#) + Self.row("s0", #""compare":0.5"#) + Self.row("shared", "", more: #","user_id":"v1""#))
        #expect(gathered.annotations.map(\.session) == [0, 3, 6])
        #expect(gathered.annotations.map(\.confidences) == [[0.5, 0], [0, 0], [0, 1]])
        #expect(gathered.reading.rejects.isEmpty && gathered.reading.rows == 3)
    }

    @Test(arguments: [
        ("s9", "", LabelRejectReason.unknownSession), ("s0", #","user_id":"v1""#, .unknownSession), ("shared", "", .ambiguousSession),
        ("halved", "", .cutSession),
    ]) func sessionsThatCannotBeFoundAreRefused(_ session: String, _ more: String, _ reason: LabelRejectReason) throws {
        let gathered = try Self.gather(Self.row(session, #""pay":1"#, more: more))
        #expect(gathered.annotations.isEmpty && gathered.reading.rejects.map(\.reason) == [reason])
        #expect(!gathered.reading.rejects[0].description.contains(session))
    }

    @Test func replacedIdentifiersAreFoundWithTheKey() throws {
        let key = Array("a key of at least sixteen bytes".utf8)
        let pseudonym = SubjectPseudonym(key: key)
        let computed = SessionIndex(
            sessions: [(pseudonym.pseudonym(of: "jane") + ":1", 0), (pseudonym.pseudonym(of: "jane") + ":2", 0)],
            visitors: [pseudonym.pseudonym(of: "jane")], hasNativeIDs: false, key: key)
        #expect(try Self.gather(Self.row("jane:2", ""), index: computed).annotations.map(\.session) == [1])
        // The corpus's own keys are found too.
        #expect(try Self.gather(Self.row(pseudonym.pseudonym(of: "jane") + ":1", ""), index: computed).annotations.map(\.session) == [0])
        let native = SessionIndex(
            sessions: [("s0", 0), (pseudonym.pseudonym(of: "s1"), 0)], visitors: [pseudonym.pseudonym(of: "jane")], hasNativeIDs: true,
            key: key)
        let found = try Self.gather(
            Self.row("s0", "", more: #","user_id":"jane""#) + Self.row("s1", "", more: #","user_id":"jane""#), index: native)
        #expect(found.annotations.map(\.session) == [0, 1])
        let without = SessionIndex(sessions: [(pseudonym.pseudonym(of: "s1"), 0)], visitors: [""], hasNativeIDs: true)
        #expect(try Self.gather(Self.row("s1", ""), index: without).reading.rejects.map(\.reason) == [.unknownSession])
    }

    @Test(arguments: [("fly", LabelRejectReason.unknownIntent), ("buying", .groupIntent)])
    func intentsThatCannotBeMeantAreRefused(_ id: String, _ reason: LabelRejectReason) throws {
        let gathered = try Self.gather(Self.row("s0", #""pay":1,"\#(id)":1"#) + Self.row("s1", ""))
        #expect(gathered.reading.rejects.map(\.reason) == [reason] && gathered.annotations.map(\.session) == [1])
        #expect(gathered.reading.rejects[0].line == 1 && gathered.reading.rejects[0].hint.contains("intent 2 of 2"))
    }

    @Test func aLongTableIsGathered() throws {
        let gathered = try Self.gather(
            "session_id,annotator,intent,confidence\ns0,a,pay,0.5\ns1,a,,\ns0,b,pay,1\ns0,a,compare,0.7\ns0,a,pay,0.5\n")
        #expect(gathered.annotations.map(\.source) == ["a", "b", "a"])
        #expect(gathered.annotations.map(\.confidences) == [[0.7, 0.5], [0, 1], [0, 0]])
        #expect(gathered.reading.repeats == 1 && gathered.reading.rejects.isEmpty)
    }

    @Test func aPartThatIsRefusedTakesTheRestWithIt() throws {
        let gathered = try Self.gather(
            "session_id,annotator,intent,confidence\ns0,a,pay,0.5\ns0,a,compare,7\ns1,a,pay,1\ns0,b,fly,1\ns0,b,pay,1\ns6,a,pay,x\n")
        #expect(gathered.annotations.map(\.session) == [1])
        #expect(
            gathered.reading.rejects.map { "\($0.line) \($0.reason.rawValue)" } == [
                "2 part_refused", "3 confidence_out_of_range", "5 unknown_intent", "6 part_refused", "7 bad_confidence",
            ])
    }

    @Test func exactRepeatsAreDroppedAndContradictionsHeldBack() throws {
        let gathered = try Self.gather(
            Self.row("s0", #""pay":1"#) + Self.row("s0", #""pay":1.0"#) + Self.row("s1", #""pay":1"#), Self.row("s1", #""compare":1"#))
        #expect(gathered.annotations.map(\.session) == [0] && gathered.reading.repeats == 1)
        #expect(gathered.contradictions == [Contradiction(session: 1, source: "a", intents: ["compare", "pay"])])
        let rejects = gathered.reading.rejects
        #expect(rejects.map { "\($0.file):\($0.line)" } == ["f0:3", "f1:1"])
        #expect(rejects.allSatisfy { $0.reason == .contradictingDuplicate })
        #expect(rejects[0].hint.contains("f1:1") && rejects[1].hint.contains("f0:3"))
    }

    @Test func theLatestHoldsIfAsked() throws {
        var settings = LabelImport.Settings()
        settings.latestHolds = true
        let early = Self.row("s0", #""pay":1"#, more: #","time":"2026-01-01T00:00:00Z""#)
        let late = Self.row("s0", #""pay":0.2"#, more: #","time":"2026-01-01T01:30:00+01:00""#)
        #expect(try Self.gather(late + early, settings: settings).annotations.map(\.confidences) == [[0, 0.2]])
        // Without times nothing is later.
        #expect(try Self.gather(late + Self.row("s0", #""pay":1"#), settings: settings).contradictions.count == 1)
        #expect(try Self.gather(late + early).contradictions.count == 1)
    }

    @Test func versionsOfAnAnnotatorAreDifferentOnes() throws {
        let gathered = try Self.gather(
            Self.row("s0", #""pay":1"#, more: #","annotator_version":"1""#) + Self.row("s0", "", more: #","annotator_version":"2""#))
        #expect(gathered.annotations.map(\.source) == ["a@1", "a@2"] && gathered.contradictions.isEmpty)
    }

    @Test func anotherTaxonomyIsRefusedUnlessAccepted() throws {
        let old = String(repeating: "ab", count: 32)
        let text =
            Self.row("s0", #""pay":1"#, more: #","taxonomy_digest":"\#(TaxonomyTests.small.digest)""#)
            + Self.row("s1", #""settle":0.4,"haggle":0.9,"pay":0.2"#, more: #","taxonomy_digest":"\#(old)""#)
        #expect(throws: LabelError.taxonomyDiffers(place: "f0:2", labelled: old, present: TaxonomyTests.small.digest)) {
            try Self.gather(text)
        }
        var settings = LabelImport.Settings()
        settings.acceptedDigests = [old]
        #expect(try Self.gather(text, settings: settings).reading.rejects.map(\.reason) == [.unknownIntent])
        let heirs = TaxonomyTests.changed {
            $0.intents[1].replaces = ["haggle"]
            $0.intents[2].replaces = ["settle"]
        }
        settings.acceptedDigests.insert(TaxonomyTests.small.digest)
        let mapped = try Self.gather(text, taxonomy: heirs, settings: settings)
        #expect(mapped.annotations.map(\.confidences) == [[0, 1], [0.9, 0.4]])
        let split = TaxonomyTests.changed {
            $0.intents[1].replaces = ["settle"]
            $0.intents[2].replaces = ["settle"]
        }
        #expect(try Self.gather(text, taxonomy: split, settings: settings).reading.rejects.map(\.reason) == [.splitIntent])
    }

    static func sample() -> LabelSet {
        LabelSet(
            taxonomy: TaxonomyTests.small,
            annotations: [
                Annotation(
                    session: 2, annotator: "a", annotatorVersion: "1", time: "1750000000", rationale: "é \"q\"", confidences: [0.1, 1]),
                Annotation(session: 2, annotator: "b", confidences: [0, 0]),
            ], contradictions: [Contradiction(session: 5, source: "b", intents: ["pay"])], corpus: "c")
    }

    final class Folder {
        let path: String
        init() throws {
            path = FileManager.default.temporaryDirectory.appending(path: "tessera-labels-\(UInt64.random(in: .min ... .max))").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test func theFolderComesBackTheSameAndHasTheSameBytes() throws {
        let folder = try Folder()
        let set = Self.sample()
        let digest = try set.publish(to: folder.path + "/one")
        #expect(try set.publish(to: folder.path + "/two") == digest)
        for name in ["manifest.json", "taxonomy.json", "labels.jsonl", "contradictions.jsonl"] {
            #expect(
                try FileSystem.live.contents(of: "\(folder.path)/one/\(name)") == FileSystem.live.contents(of: "\(folder.path)/two/\(name)")
            )
        }
        let read = try LabelSet(folder.path + "/one")
        #expect(read.annotations == set.annotations && read.contradictions == set.contradictions && read.taxonomy == set.taxonomy)
        #expect(read.manifest.digest == digest && read.sessionKey(2) == "session 2" && read.sessionKey(5) == "session 5")
        try read.publish(to: folder.path + "/one", replacing: true)
        #expect(try LabelSet(folder.path + "/one") == read)
    }

    @Test func whatIsThereIsNotReplacedUnasked() throws {
        let folder = try Folder()
        try Self.sample().publish(to: folder.path + "/one")
        #expect(throws: LabelError.self) { try Self.sample().publish(to: folder.path + "/one") }
        try Data("x".utf8).write(to: URL(filePath: folder.path + "/mine"))
        #expect(throws: LabelError.self) { try Self.sample().publish(to: folder.path, replacing: true) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["mine", "one"])
    }

    @Test func everyFaultOfTheDiskLeavesNothingBehind() throws {
        let folder = try Folder()
        let counting = FaultPlan(failing: -1, code: 0)
        try Self.sample().publish(to: folder.path + "/whole", in: .failing(counting))
        #expect(counting.operationsSeen > 10)
        for number in 0..<counting.operationsSeen {
            let place = folder.path + "/set"
            do {
                try Self.sample().publish(to: place, in: .failing(FaultPlan(failing: number, code: ENOSPC)))
            } catch {
                #expect("\(error)".contains(folder.path), "operation \(number)")
            }
            // Either it is not there or it is whole: the last operations only force the name to the disk.
            if FileManager.default.fileExists(atPath: place) {
                #expect(try LabelSet(place).annotations == Self.sample().annotations, "operation \(number)")
                try FileManager.default.removeItem(atPath: place)
            }
            // Where the cleaning itself fails a hidden name is left, which the next writer sweeps.
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.filter { !$0.hasPrefix(".") } == ["whole"], "operation \(number)")
        }
    }

    @Test func damageIsSeen() throws {
        let folder = try Folder()
        let place = folder.path + "/set"
        func damaged(_ change: () throws -> Void) throws -> String {
            try? FileManager.default.removeItem(atPath: place)
            try Self.sample().publish(to: place)
            try change()
            do {
                _ = try LabelSet(place)
                return ""
            } catch {
                return "\(error)"
            }
        }
        let labels = URL(filePath: place + "/labels.jsonl")
        #expect(try damaged {} == "")
        #expect(try damaged { try Data().write(to: labels) }.contains("digest differs"))
        #expect(try damaged { try FileManager.default.removeItem(at: labels) }.contains("labels.jsonl is missing"))
        #expect(try damaged { try Data("{".utf8).write(to: URL(filePath: place + "/manifest.json")) }.contains("cannot be read"))
        #expect(
            try damaged {
                try Data("{\"format_version\":99}".utf8).write(to: URL(filePath: place + "/manifest.json"))
            }.contains("format 99"))
        #expect(throws: LabelError.notALabelSet(path: folder.path)) { try LabelSet(folder.path) }
    }

    @Test func labelsOfAnotherTaxonomyAreNotTrainedOn() throws {
        let set = Self.sample()
        try set.check(taxonomy: TaxonomyTests.small, place: "x")
        #expect(throws: LabelError.self) { try set.check(taxonomy: TaxonomyTests.changed { $0.version = "2.0.0" }, place: "x") }
    }

    @Test func refusedRowsAsATable() {
        let text = LabelReject.csv([LabelReject(.badTime, file: "a,b", line: 3, hint: "say \"when\"")])
        #expect(text == "file,line,reason,hint\n\"a,b\",3,bad_time,\"say \"\"when\"\"\"\n")
    }
}
