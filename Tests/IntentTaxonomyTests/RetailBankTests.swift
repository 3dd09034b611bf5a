import Foundation
import IntentTaxonomy
import SettingsFiles
import SyntheticBank
import Testing

/// The taxonomy that ships, beside the simulator whose needs it names.
@Suite struct RetailBankTests {
    static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "taxonomy/retail-bank.yaml")

    static func read() throws -> Taxonomy { try SettingsFile.read(Taxonomy.self, from: file.path) }

    @Test func oneIntentForEachHiddenNeed() throws {
        let intents = try Self.read().assignable
        #expect(intents.count == 35)
        #expect(Set(intents.map(\.id)) == Set(NeedCatalogue.all.map(\.id)))
        for need in NeedCatalogue.all {
            let intent = try #require(intents.first { $0.id == need.id })
            #expect(intent.name == need.name && intent.parent == need.family)
        }
    }

    @Test func nothingIsWrongWithItAndItIsApproved() throws {
        let taxonomy = try Self.read()
        #expect(taxonomy.issues().isEmpty)
        #expect(taxonomy.isApproved)
    }

    @Test func everyIntentIsDescribedInFull() throws {
        for intent in try Self.read().assignable {
            #expect(!intent.include.isEmpty && !intent.exclude.isEmpty && !intent.examples.isEmpty && intent.owner != nil, "\(intent.id)")
        }
    }

    @Test func whoeverIsPointedToIsThere() throws {
        let taxonomy = try Self.read()
        var pointed = 0
        for intent in taxonomy.assignable {
            for rule in intent.exclude {
                for part in rule.split(separator: "(").dropFirst() {
                    let id = String(part.prefix { $0 != ")" })
                    pointed += 1
                    #expect(taxonomy[id] != nil && id != intent.id, "\(intent.id): \(id)")
                }
            }
        }
        #expect(pointed > 30)
    }

    @Test func distressIsNotTurnedAgainstPeople() throws {
        let taxonomy = try Self.read()
        let sensitive = taxonomy.assignable.filter { $0.sensitivity == .sensitive }
        #expect(Set(["overdraft-help", "debt-consolidation", "report-fraud", "make-complaint"]).isSubset(of: sensitive.map(\.id)))
        for intent in sensitive { #expect(Set([.marketing, .credit]).isSubset(of: intent.prohibitedFor), "\(intent.id)") }
    }
}
