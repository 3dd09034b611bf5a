import DurableFiles
import Foundation
import IntentTaxonomy
import SettingsFiles
import Testing

/// What changed between two versions, and the approval block in a file's text.
@Suite struct TaxonomyDifferenceTests {
    static func kinds(_ change: (inout Taxonomy) -> Void) -> [TaxonomyChange] {
        TaxonomyDifference(from: TaxonomyTests.small, to: TaxonomyTests.changed(change)).changes
    }

    @Test func sameContentHasNoChanges() {
        let difference = TaxonomyDifference(from: TaxonomyTests.small, to: TaxonomyTests.small)
        #expect(difference.isEmpty && difference.changes.isEmpty && difference.text == "shop 1.0.0 → 1.0.0: the same content\n")
    }

    @Test func everyKindIsTold() {
        func only(_ kind: TaxonomyChange.Kind, _ says: String, _ change: (inout Taxonomy) -> Void) {
            let changes = Self.kinds(change)
            #expect(changes.map(\.kind) == [kind], "\(changes)")
            #expect(changes.first?.text.contains(says) ?? false, "\(changes)")
        }
        only(.added, "Return") { $0.intents.append(Intent(id: "return", name: "Return", definition: "Brings it back.")) }
        only(.removed, "Pay") { $0.intents.remove(at: 2) }
        only(.renamed, "Pay is now called Check out") { $0.intents[2].name = "Check out" }
        only(.renamed, "Pay has another id") {
            $0.intents[2].id = "checkout"
            $0.intents[2].replaces = ["pay"]
        }
        only(.redefined, "Pay") { $0.intents[2].definition = "Goes to the till." }
        only(.rules, "now excludes: Queues.") { $0.intents[2].exclude = ["Queues."] }
        only(.moved, "from Buying to the top") { $0.intents[2].parent = nil }
        only(.sensitivity, "sensitive → ordinary") { $0.intents[2].sensitivity = .ordinary }
        only(.purposes, "now prohibited for pricing; no longer prohibited for credit") { $0.intents[2].prohibitedFor = [.pricing] }
        only(.owner, "shop owner → nobody") { $0.intents[2].owner = nil }
        only(.examples, "1 came, 1 went") { $0.intents[2].examples = ["Another."] }
        only(.description, "own description") { $0.description = "For more." }
        only(.grouping, "can be assigned now") { $0.intents[0].isGroup = false }
    }

    @Test func mergedAndSplitAreToldOnce() {
        let merged = Self.kinds {
            $0.intents.removeSubrange(1...2)
            $0.intents.append(Intent(id: "shopping", name: "Shopping", definition: "All of it.", replaces: ["compare", "pay"]))
        }
        #expect(merged.map(\.kind) == [.merged] && merged[0].old == ["compare", "pay"] && merged[0].new == ["shopping"])
        #expect(merged[0].text.hasPrefix("Compare and Pay became Shopping"))
        let absorbed = Self.kinds {
            $0.intents.remove(at: 1)
            $0.intents[1].replaces = ["compare"]
        }
        #expect(absorbed.map(\.kind) == [.merged] && absorbed[0].old == ["pay", "compare"] && absorbed[0].new == ["pay"])
        let split = Self.kinds {
            $0.intents.remove(at: 2)
            $0.intents.append(Intent(id: "cash", name: "Cash", definition: "In coins.", replaces: ["pay"]))
            $0.intents.append(Intent(id: "card", name: "Card", definition: "By card.", replaces: ["pay"]))
        }
        #expect(split.map(\.kind) == [.split] && split[0].new == ["cash", "card"] && split[0].text == "Pay is now Cash and Card")
    }

    @Test func wordsAreCompared() {
        let words = WordDifference(from: "goes to the till and pays", to: "goes straight to the till")
        #expect(words.marked == "goes {+straight+} to the till [-and pays-]")
        #expect(WordDifference(from: "a b", to: "c").marked == "[-a b-] {+c+}")
        #expect(WordDifference(from: "", to: "").runs.isEmpty)
    }

    @Test func itReadsWell() {
        let new = TaxonomyTests.changed {
            $0.version = "2.0.0"
            $0.intents[1].definition = "Weighs two things against each other."
            $0.intents.append(Intent(id: "return", name: "Return", definition: "Brings something back."))
        }
        #expect(
            TaxonomyDifference(from: TaxonomyTests.small, to: new).text
                == """
                shop 1.0.0 → 2.0.0: 1 redefined, 1 added

                Redefined
                  compare — Compare
                      Weighs [-things-] {+two things+} against each other.

                Added
                  return — Return
                      Brings something back.

                Labels: 1 intents keep theirs as they are. Those of intents that were removed, split or redefined, or got other
                rules, have to be read again; for added ones every session has.
                The new version is not approved.

                """.replacing("[-things-] {+two things+}", with: "{+two+} things"))
    }

    @Test func aForgottenVersionIsTold() {
        let difference = TaxonomyDifference(from: TaxonomyTests.small, to: TaxonomyTests.changed { $0.intents[1].definition = "Else." })
        #expect(difference.forgotVersion && difference.text.contains("give it a new one"))
    }

    @Test func modelsAreFoundByDigest() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-use-\(UInt64.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        let new = TaxonomyTests.changed { $0.version = "1.1.0" }
        func model(_ name: String, _ text: String) throws {
            let place = folder.appending(path: name)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: place.appending(path: TaxonomyUse.file))
        }
        func head(_ id: String, _ digest: String) -> String { #"{"taxonomy":{"id":"\#(id)","version":"1","digest":"\#(digest)"},"k":1}"# }
        try model("old", head("shop", TaxonomyTests.small.digest))
        try model("new", head("shop", new.digest))
        try model("older", head("shop", "00"))
        try model("foreign", head("bank", "00"))
        try model("broken", "{")
        try FileManager.default.createDirectory(at: folder.appending(path: "empty"), withIntermediateDirectories: true)
        let difference = TaxonomyDifference(from: TaxonomyTests.small, to: new)
        let uses = try TaxonomyUse.find(in: folder.path, comparing: difference)
        #expect(uses.map { URL(filePath: $0.model).lastPathComponent } == ["broken", "new", "old", "older"])
        #expect(uses.map(\.standing) == [.unreadable, .new, .old, .other])
        #expect(try TaxonomyUse.find(in: folder.appending(path: "old").path, comparing: difference).map(\.standing) == [.old])
        #expect(throws: FileError.self) { try TaxonomyUse.find(in: folder.path + "/nowhere", comparing: difference) }
    }

    static let approval = Approval(
        by: #"The "Board" \ A"#, at: "2026-01-01T00:00:00Z", digest: String(repeating: "a", count: 64), note: "é\nb")
    static let file = "# A comment.\ntaxonomy: shop # and one more\nversion: 1.0.0\nintents:\n  - id: pay\n"

    @Test(arguments: [
        file, file + "\n\n", file + "approval: {by: x, at: y, digest: z}\n", file + "approval:\n  by: x\n  at: y\n  digest: z\n\n# End.\n",
        String(file.dropLast()),
    ]) func theBlockIsWrittenAndTheRestKept(_ text: String) throws {
        let once = try ApprovalBlock.replacing(in: text, by: Self.approval)
        #expect(once.hasPrefix("# A comment.\ntaxonomy: shop # and one more\nversion: 1.0.0\nintents:\n  - id: pay\n"))
        #expect(try SettingsFile.read(Taxonomy.self, yaml: once, file: "t").approval == Self.approval)
        #expect(try ApprovalBlock.replacing(in: once, by: Self.approval) == once)
        #expect(text.contains("# End.") == once.contains("# End."))
    }

    @Test func aBlockInTheMiddleIsRefused() {
        #expect(throws: TaxonomyError.approvalNotLast(line: 5)) {
            try ApprovalBlock.replacing(in: "taxonomy: a\napproval:\n  by: x\n\nversion: 1.0.0\n", by: Self.approval)
        }
    }
}
