import DurableFiles
import FaultTestSupport
import Foundation
import IntentTaxonomy
import Testing

/// Suspended intents are not told, wherever the classifier goes, until somebody approves them by name.
@Suite struct SuspensionTests {
    let shop: Samples.Shop
    let folder: TemporaryFolder

    init() throws {
        shop = try Samples.shop.get()
        folder = try TemporaryFolder()
    }

    private static let trained = Result {
        try Samples.shop.get().train { ($0.epochs, $0.folds, $0.student, $0.inputs, $0.calibration) = (4, 2, .linear, .both, .none) }
            .classifier
    }

    private static func suspensions(_ intents: String...) -> IntentSuspensions {
        var suspensions = IntentSuspensions()
        for intent in intents {
            suspensions.suspend(intent, classifier: "c", reason: "precision 0.4", by: "risk", at: "2026-03-01T00:00:00Z")
        }
        return suspensions
    }

    /// Thresholds of a half for buy-bread, buy-cheese, look-around; sets from 0.2 on.
    private func classifier(_ suspensions: IntentSuspensions) throws -> IntentClassifier {
        let trained = try Self.trained.get()
        var settings = trained.settings
        settings.thresholds = [0.5, 0.5, 0.5]
        settings.conformal = ConformalSets(coverage: 0.9, threshold: 0.2)
        return IntentClassifier(
            settings, taxonomy: trained.taxonomy, student: trained.student, facts: trained.facts, card: trained.card,
            suspensions: suspensions, id: "c1a5")
    }

    @Test func suspendedIntentsAreLeftOut() throws {
        let free = try classifier(IntentSuspensions()), held = try classifier(Self.suspensions("buy-cheese"))
        let lines = LabelLines(held, encoder: "e", showsAll: true)
        let two = held.label(session: 0, events: 3, probabilities: [0.9, 0.8, 0.3])
        #expect(two.assigned == [0] && two.possible == [0, 2] && two.abstention == nil)
        let only = held.label(session: 0, events: 3, probabilities: [0.1, 0.8, 0.1])
        #expect(only.assigned.isEmpty && only.possible.isEmpty && only.abstention == .suspended)
        let none = held.label(session: 0, events: 3, probabilities: [0.1, 0.1, 0.1])
        #expect(none.abstention == .belowThresholds)
        let text = lines.line(only, key: "s")
        #expect(text.hasPrefix("{\"session\":\"s\",\"status\":\"abstained\",\"reason\":\"suspended\",\"intents\":[],\"set\":[]"))
        #expect(text.contains(",\"suspended\":[\"buy-cheese\"],\"taxonomy\":"))
        #expect(text.contains("\"groups\":{\"food\":0.1000}") && text.components(separatedBy: "buy-cheese").count == 2, "\(text)")
        // Every line says the same of what is in force, and without suspensions lines are as they always were.
        #expect(lines.line(none, key: "s").contains("\"suspended\":[\"buy-cheese\"]"))
        let plain = LabelLines(free, encoder: "e", showsAll: true).line(
            free.label(session: 0, events: 3, probabilities: [0.9, 0.8, 0.3]), key: "s")
        #expect(!plain.contains("suspended") && plain.contains("buy-cheese"))
    }

    @Test func unknownAndLiftedIntentsHoldNothingBack() throws {
        #expect(try classifier(Self.suspensions("no-such-intent")).withheld.isEmpty)
        var suspensions = Self.suspensions("buy-bread", "buy-cheese")
        #expect(try classifier(suspensions).withheld == [0, 1])
        let lifted = suspensions.lift("buy-bread", .init(by: "The board", at: "2026-04-01T00:00:00Z"))
        #expect(lifted && suspensions.inForce == ["buy-cheese"] && suspensions.entries.count == 2, "nothing is removed")
        let twice = suspensions.lift("buy-bread", .init(by: "The board", at: "2026-04-02T00:00:00Z"))
        #expect(!twice && suspensions.entries[0].lifted?.at == "2026-04-01T00:00:00Z")
        let again = suspensions.suspend("buy-bread", classifier: "d", reason: "again", by: "risk", at: "2026-05-01T00:00:00Z")
        let more = suspensions.suspend("buy-bread", classifier: "e", reason: "twice", by: "risk", at: "2026-06-01T00:00:00Z")
        #expect(again && !more)
        #expect(suspensions.inForce == ["buy-bread", "buy-cheese"] && suspensions.entries.count == 3)
    }

    @Test func theFileGoesWithTheClassifier() throws {
        let trained = try Self.trained.get()
        let id = try trained.write(to: folder("a"))
        #expect(try FileSystem.live.status(of: folder("a") + "/suspensions.json") == nil)
        try Self.suspensions("buy-bread").write(in: folder("a"))
        let read = try IntentClassifier(folder("a"), encoder: shop.encoder)
        #expect(read.id == id && read.suspensions.inForce == ["buy-bread"] && read.withheld == [0])
        // To another place, and over another classifier that had its own.
        try read.packed(approvedBy: nil, place: "p").write(to: folder("b"))
        #expect(try IntentSuspensions(in: folder("b")).inForce == ["buy-bread"])
        try trained.write(to: folder("c"))
        try Self.suspensions("buy-cheese").write(in: folder("c"))
        #expect(try read.write(to: folder("c"), replacing: true) == id)
        #expect(try IntentSuspensions(in: folder("c")).inForce == ["buy-bread", "buy-cheese"])
        // A classifier without any does not free what it replaces.
        try trained.write(to: folder("c"), replacing: true)
        #expect(try IntentClassifier(folder("c"), encoder: shop.encoder).suspensions.inForce == ["buy-bread", "buy-cheese"])
    }

    /// What may withhold something is never passed over.
    @Test(arguments: [
        "", "{", "[]", "{\"entries\":[{\"intent\":\"buy-bread\"}]}",
        "{\"entries\":[{\"intent\":\"buy-bread\",\"classifier\":\"c\",\"reason\":\"r\",\"by\":\"\",\"at\":\"2026\"}]}",
        "{\"entries\":[{\"intent\":\"buy-bread\",\"classifier\":\"c\",\"reason\":\"r\",\"by\":\"b\",\"at\":\"2026\",\"lifted\":{\"by\":\" \",\"at\":\"2026\"}}]}",
        "{\"entries\":[{\"intent\":\"Buy Bread\",\"classifier\":\"c\",\"reason\":\"r\",\"by\":\"b\",\"at\":\"2026\"}]}",
    ])
    func aFileThatCannotBeReadStopsTheClassifier(_ text: String) throws {
        try Self.trained.get().write(to: folder("a"))
        try Data(text.utf8).write(to: URL(filePath: folder("a") + "/suspensions.json"))
        #expect(throws: IntentClassifierError.self) { try IntentClassifier(folder("a"), encoder: shop.encoder) }
        #expect(throws: IntentClassifierError.self) { try Self.trained.get().write(to: folder("a"), replacing: true) }
    }

    @Test func endsAreKeptWhenFilesAreJoined() throws {
        let open = Self.suspensions("buy-bread")
        var lifted = open
        lifted.lift("buy-bread", .init(by: "The board", at: "2026-04-01T00:00:00Z"))
        #expect(open.joined(with: lifted) == lifted && lifted.joined(with: open) == lifted && open.joined(with: open) == open)
        #expect(open.joined(with: Self.suspensions("buy-cheese")).inForce == ["buy-bread", "buy-cheese"])
        #expect(try JSONDecoder().decode(IntentSuspensions.self, from: Data(lifted.bytes)) == lifted)
    }
}
