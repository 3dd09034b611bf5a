import CreditRisk
import DurableFiles
import Foundation
import InferenceService
import IntentTaxonomy
import Testing

/// Bundles are whole and what they say they are, or they are not served.
@Suite struct BundleSetTests {
    private func error(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? BundleError)?.description ?? "another error: \(error)" }
        return nil
    }

    @Test func aBundleIsReadAsItWasWritten() throws {
        let served = try ServedShop()
        let folder = try BundleFolder(served.bundle)
        #expect(folder.contents.schema == served.shop.schema && folder.contents.words != nil && folder.contents.rules == nil)
        #expect(folder.contents.tiles == (try FileSystem.live.contents(of: served.shop.folder("tiles.csv"))))
        #expect(folder.contents.description.parts.count == 4 && folder.contents.description.software == "test")
        #expect(folder.has(.ranker) && !folder.has(.credit) && folder.id.utf8.count == 64)
        let again = try served.pack(replacing: true)
        #expect(again == folder.id)
        #expect(try served.pack(purpose: "marketing", replacing: true) != folder.id)
        #expect(throws: FileError.self) { try served.pack(purpose: "credit") }
    }

    @Test(arguments: [
        "bundle.json", "schema.json", "words.json", "tiles.csv", "manifest.json", "encoder/model.safetensors", "encoder/config.json",
        "intents/classifier.safetensors", "ranker/ranker.safetensors", "predictor/softmax.safetensors", "predictor/inputs.json",
    ])
    func aDamagedFileIsFoundAndTheOldBundleGoesOn(name: String) throws {
        let served = try ServedShop()
        let set = try served.bundles(), place = served.bundle + "/" + name
        let old = try #require(set.bundle(nil)), good = try Data(contentsOf: URL(filePath: place))
        for bad in [
            Data(), good.prefix(good.count / 2),
            good.prefix(good.count / 2) + [good[good.count / 2] ^ 1] + good.suffix(from: good.count / 2 + 1),
        ] {
            try bad.write(to: URL(filePath: place))
            #expect(error { _ = try set.reload() }?.contains(served.bundle) == true, "\(name) of \(bad.count) bytes")
            #expect(set.bundle(nil) === old)
            #expect(error { _ = try served.bundles() } != nil)
        }
        try FileManager.default.removeItem(atPath: place)
        #expect(error { _ = try set.reload() } != nil && set.bundle("shop") === old)
        try good.write(to: URL(filePath: place))
        let changes = try set.reload()
        #expect(changes.map(\.id) == [old.id] && !changes[0].isChanged && set.bundle(nil) !== old)
    }

    @Test func aPartOfAnotherIdIsRefused() throws {
        let served = try ServedShop()
        let set = try served.bundles()
        for part in [BundleFolder.Part.encoder, .intents, .ranker, .predictor] {
            var ids = served.ids
            ids[part] = String(repeating: "0", count: 64)
            try served.pack(ids: ids, replacing: true)
            #expect(error { _ = try set.reload() }?.contains("pack it anew") == true, "\(part)")
        }
        try served.pack([.encoder], hasSchema: false, replacing: true)
        #expect(error { _ = try set.reload() }?.contains("schema") == true)
        try served.pack([.intents], replacing: true)
        #expect(error { _ = try set.reload() }?.contains("encoder") == true)
        try served.pack([.encoder], replacing: true)
        #expect(try set.reload().map(\.isChanged) == [true])
    }

    @Test func oneBadBundleKeepsAllAsTheyAre() throws {
        let (one, other) = (try ServedShop(), try ServedShop(parts: [.encoder]))
        let set = try BundleSet(["b": one.bundle, "a": other.bundle]) { _, _ throws(BundleError) in [] }
        #expect(set.all.map(\.name) == ["a", "b"] && set.bundle(nil)?.name == "a" && set.bundle("c") == nil)
        let before = set.all.map(\.id)
        try one.pack(purpose: "marketing", replacing: true)
        try FileManager.default.removeItem(atPath: other.bundle + "/schema.json")
        #expect(error { _ = try set.reload() } != nil && set.all.map(\.id) == before)
        try other.pack([.encoder], replacing: true)
        #expect(try set.reload().map(\.isChanged) == [false, true])
        #expect(error { _ = try BundleSet([:]) { _, _ throws(BundleError) in [] } } != nil)
    }

    @Test func theCatalogueIsTheOneThatWasChecked() async throws {
        let served = try ServedShop()
        // Between the check and the ranker somebody exchanges the file.
        let set = try BundleSet(["shop": served.bundle]) { _, _ throws(BundleError) in
            do { try Data("tile,kind,price\nt-other,card,1\n".utf8).write(to: URL(filePath: served.bundle + "/tiles.csv")) } catch {
                throw BundleError("\(error)")
            }
            return []
        }
        let told = try await served.service(bundles: set).ask("/v1/schema")
        #expect(told.json["tiles"] as? [String] == ["t-card", "t-loan", "t-fund", "t-news", "t-new"], "\(told.text)")
        #expect(error { _ = try served.bundles() }?.contains("tiles.csv") == true)
    }

    @Test func aRankerWithoutACatalogueIsRefused() throws {
        let served = try ServedShop()
        try served.pack(hasTiles: false, replacing: true)
        #expect(error { _ = try served.bundles() }?.contains("without its catalogue of tiles") == true)
    }

    @Test(arguments: ["framework", "huihen", "mgkd"]) func scorecardsAreWarmedUp(preset: String) throws {
        let bank = try CreditAnswerTests.bank.get(), folder = try TemporaryFolder()
        let card = try #require(bank.cards[preset])
        let description = BundleFolder.Description(parts: ["credit": card.id], purpose: nil, software: "test")
        try BundleFolder.write(
            .init(description: description), parts: [.credit: "\(bank.folder)/\(preset)"], to: folder("bundle"), replacing: false)
        let set = try BundleSet(["credit": folder("bundle")]) { _, _ throws(BundleError) in [] }
        #expect(set.bundle(nil)?.version == set.bundle(nil)?.id)
    }

    @Test func whatALedgerSuspendsIsNotTold() throws {
        let served = try ServedShop()
        let set = try BundleSet(["shop": served.bundle]) { classifier, taxonomy throws(BundleError) in
            #expect(classifier == served.shop.classifier.id && taxonomy == served.shop.classifier.settings.taxonomy.digest)
            return ["loan"]
        }
        #expect(set.bundle(nil)?.classifier?.classifier.withheld.isEmpty == false)
        #expect(
            error { _ = try BundleSet(["shop": served.bundle]) { _, _ throws(BundleError) in throw BundleError("no ledger") } }
                == "no ledger")
    }
}
