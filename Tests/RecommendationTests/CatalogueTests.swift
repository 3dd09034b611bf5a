import Foundation
import Recommendation
import Testing

/// Tiles, customers, and who may see what.
@Suite struct CatalogueTests {
    static func table(_ text: String, _ id: String) throws -> AttributeTable {
        try AttributeTable(DelimitedTable(Array(text.utf8), path: "t.csv", needed: id), id: id)
    }

    static func catalogue(_ text: String) throws -> TileCatalogue {
        try TileCatalogue(DelimitedTable(Array(text.utf8), path: "t.csv", needed: "tile"))
    }

    static let tiles = "tile,kind,price,eligible_segments\ncard,pay,5,\nloan,credit,9,private|business\nfund,,7,private\n"

    @Test func tilesHaveNumbersAndOneHotFeatures() throws {
        let catalogue = try Self.catalogue(Self.tiles)
        #expect(catalogue.names.prefix(5) == ["kind=credit", "kind=pay", "kind=(unknown)", "kind=(missing)", "price"])
        let width = catalogue.names.count
        #expect(catalogue.floats[0..<5].elementsEqual([0, 1, 0, 0, 5]))
        #expect(catalogue.floats[2 * width..<2 * width + 5].elementsEqual([0, 0, 0, 1, 7]))
        #expect(catalogue.number(of: "loan") == 1 && catalogue.number(of: "none") == -1)
        let shown = catalogue.look(up: [0, 1, 2, 0], in: ["fund", "new", "card"], trained: ["card"])
        #expect(shown.numbers == [-1, -1, 0, -1] && shown.unknown == 1 && shown.coldStart == 2)
        #expect(shown.features[4] == 7 && shown.features[width..<2 * width].allSatisfy { $0.isNaN } && shown.features[2 * width + 4] == 5)
    }

    @Test func aLaterCatalogueIsReadAsTheTrainingReadItsOwn() throws {
        let encoder = try Self.catalogue(Self.tiles).encoder
        let later = TileCatalogue(try Self.table("price,tile,kind\n3,card,pay\n4,moon,space\n", "tile"), encoder: encoder)
        #expect(later.names == encoder.names)
        let width = later.names.count
        #expect(later.floats[0..<5].elementsEqual([0, 1, 0, 0, 3]) && later.floats[width..<width + 5].elementsEqual([0, 0, 1, 0, 4]))
    }

    @Test(arguments: ["tile,a\nx,1\nx,2\n", "tile,a\n,1\n", "tile,a\nx\n", "tile,a\n", "name\nx\n", "tile,tile\nx,y\n"])
    func aCatalogueIsRightThroughout(_ text: String) { #expect(throws: TableError.self) { try Self.catalogue(text) } }

    @Test func hugeNumbersAreNone() throws {
        let table = try Self.table("customer_id,code\na,1e200\nb,2e200\nc,5\n", "customer_id")
        let encoder = FeatureEncoder(table, rows: [0, 1, 2], standardises: true)
        // Not numbers throughout, so texts; nothing in the file is infinite.
        #expect(encoder.names.contains("code=1e200"))
        #expect(throws: Never.self) { try JSONEncoder().encode(encoder) }
    }

    /// A tile that lists nobody takes everybody, and excludes nobody.
    @Test func anEmptyListExcludesNobody() throws {
        let rules = try JSONDecoder().decode(
            EligibilityRules.self,
            from: Data(#"{"rules":[{"id":"r","reason":"x","excludes":{"segment":{"inTile":"eligible_segments"}}}]}"#.utf8))
        let customers = try Self.table("customer_id,segment\na,private\n", "customer_id")
        let found = try Eligibility(rules, Self.catalogue(Self.tiles), customers: customers).apply(
            ["card", "loan", "fund", "none"], customer: 0, timeMicroseconds: 0)
        #expect(found.kept == [0, 3] && found.removed.map(\.tile) == ["loan", "fund"])
    }

    @Test func whatOneCustomerAloneHasIsNotKept() throws {
        let table = try Self.table("customer_id,segment\na,x\nb,x\nc,x\nd,jane@doe.example\n", "customer_id")
        let encoder = FeatureEncoder(table, rows: [0, 1, 2, 3], standardises: true, fewestRows: 3)
        #expect(encoder.names == ["segment=x", "segment=(unknown)", "segment=(missing)"])
        #expect(encoder.floats(table, row: 3) == [0, 1, 0] && encoder.floats(table, row: 0) == [1, 0, 0])
        #expect(!String(decoding: try JSONEncoder().encode(encoder), as: UTF8.self).contains("jane"))
    }

    @Test func customersAreLearnedFromTrainingAlone() throws {
        let text = "customer_id,age,segment,flat,late\na,20,x,3,\nb,40,y,3,\nc,1000,z,4,7\nd,,,3,\n"
        var index = CustomerIndex()
        let table = try Self.table(text, "customer_id")
        let features = CustomerFeatures(table, customers: &index, training: [0, 1, 3, 99])
        #expect(features.names == ["age", "segment=x", "segment=y", "segment=(unknown)", "segment=(missing)", "flat"])
        #expect(Array(features.floats([0, 2])) == [-1, 1, 0, 0, 0, 0, 97, 0, 0, 1, 0, 1])
        let missing = features.floats([3, 55])
        #expect(
            missing[0].isNaN && missing[1..<6].elementsEqual([0, 0, 0, 1, 0]) && missing[6].isNaN && missing[10] == 1 && missing[11].isNaN)
        #expect(features.withoutRow([0, 55]) == 1)
        // What lies outside of training changes nothing.
        let other = try Self.table(text.replacing("1000,z", with: "old,w"), "customer_id")
        var otherIndex = CustomerIndex()
        let same = CustomerFeatures(other, customers: &otherIndex, training: [0, 1, 3])
        #expect(same.encoder == features.encoder && same.floats([2])[0].isNaN)
        let kept = try JSONDecoder().decode(FeatureEncoder.self, from: JSONEncoder().encode(features.encoder))
        #expect(kept == features.encoder)
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(FeatureEncoder.self, from: Data("{\"columns\":[{\"name\":\"x\",\"mean\":1,\"deviation\":0}]}".utf8))
        }
    }

    @Test func oddColumnsGiveFiniteFloatsUnderNamesOfTheirOwn() throws {
        let table = try Self.table(
            "customer_id,a,a=b,rate,odd\n1,b,1,0.1,1e-150\n2,(missing),2,0.1,3e-150\n3,b,3,0.1,1e-150\n4,b,1,0.1,1e18\n", "customer_id")
        var index = CustomerIndex()
        let features = CustomerFeatures(table, customers: &index, training: [0, 1, 2])
        #expect(features.names == ["a=(missing)", "a=b", "a=(unknown)", "a=(missing) (2)", "a=b (2)", "rate", "odd"])
        // Three times 0.1 is not 0.3, and yet nothing varies.
        #expect((0..<3).allSatisfy { features.floats([$0])[5] == 0 })
        #expect(features.floats([3])[6] == 1e18)
    }

    @Test func repeatedCustomersAreCounted() throws {
        let table = try Self.table("customer_id,age\na,1\na,2\n,3\nb\n", "customer_id")
        #expect(table.ids == ["a"] && table.texts == [["1"]])
        #expect(table.rejects.counts == [.duplicateIdentity: 1, .missingIdentity: 1, .wrongFieldCount: 1])
    }

    static func rules(_ text: String) throws -> EligibilityRules { try JSONDecoder().decode(EligibilityRules.self, from: Data(text.utf8)) }

    @Test func rulesRemoveWithATrace() throws {
        let rules = try Self.rules(
            """
            {"rules": [
              {"id": "segments", "requires": {"segment": {"inTile": "eligible_segments"}}},
              {"id": "credit", "where": {"kind": {"is": ["credit"]}}, "requires": {"age": {"atLeast": 18, "atMost": 80}},
               "excludes": {"held": {"is": ["loan", "mortgage"]}}, "reason": "Credit is for adults."},
              {"id": "season", "tiles": ["card"], "from": "1970-01-02", "until": "1970-01-03T00:00:00Z"}
            ]}
            """)
        let customers = try Self.table("customer_id,segment,age,held\na,private,30,card|loan\nb,business,17,\nc,,,\n", "customer_id")
        let eligibility = try Eligibility(rules, Self.catalogue(Self.tiles), customers: customers)
        let tiles = ["card", "loan", "fund", "new"]
        func apply(_ customer: Int?, day: Double) -> (kept: [Int], removed: [Eligibility.Removal]) {
            eligibility.apply(tiles, customer: customer, timeMicroseconds: Int64(day * 86_400e6))
        }
        let first = apply(0, day: 1)
        #expect(first.kept == [0, 2, 3])
        #expect(
            first.removed.map { "\($0.tile) \($0.rule) \($0.part): \($0.reason ?? "")" } == [
                "loan credit excludes held: Credit is for adults."
            ])
        let second = apply(1, day: 2)
        #expect(second.kept == [3])
        #expect(
            second.removed.map { "\($0.tile) \($0.rule) \($0.part)" } == [
                "card season until", "loan credit requires age", "fund segments requires segment",
            ])
        // Nothing is known of this one: requirements fail, exclusions do not.
        #expect(
            apply(2, day: 0.5).removed.map { "\($0.tile) \($0.part)" } == [
                "card from", "loan requires segment", "loan requires age", "fund requires segment",
            ])
        #expect(apply(nil, day: 1).kept == [0, 3])
    }

    @Test(arguments: [
        "{\"rules\":[{\"id\":\"a\"}]}", "{\"rules\":[{\"id\":\"a\",\"needs\":{}}]}", "{\"rules\":[{\"id\":\"a\",\"from\":\"soon\"}]}",
        "{\"rules\":[{\"id\":\"a\",\"from\":1},{\"id\":\"a\",\"from\":2}]}", "{\"rules\":[{\"id\":\"a\",\"requires\":{\"x\":{}}}]}",
    ]) func rulesAreReadStrictly(_ text: String) { #expect(throws: (any Error).self) { try Self.rules(text) } }

    @Test(arguments: [
        "{\"rules\":[{\"id\":\"a\",\"tiles\":[\"crad\"],\"from\":1}]}",
        "{\"rules\":[{\"id\":\"a\",\"requires\":{\"sgment\":{\"is\":[\"x\"]}}}]}",
        "{\"rules\":[{\"id\":\"a\",\"where\":{\"sort\":{\"is\":[\"x\"]}},\"from\":1}]}",
        "{\"rules\":[{\"id\":\"a\",\"requires\":{\"segment\":{\"inTile\":\"segments\"}}}]}",
    ]) func rulesThatNameNothingAreRefused(_ text: String) throws {
        let rules = try Self.rules(text)
        let customers = try Self.table("customer_id,segment\na,x\n", "customer_id")
        #expect(throws: TableError.self) { try rules.check(Self.catalogue(Self.tiles), customers: customers) }
        #expect(throws: TableError.self) { try rules.check(Self.catalogue(Self.tiles), customers: nil) }
    }
}
