import EventStream
import Foundation
import InferenceService
import Recommendation
import Studies
import Testing

/// What a customer will apply for is foretold to the byte as `tessera convert score` foretells it from files.
@Suite struct ConversionAnswerTests {
    let shop: AppShop
    init() throws { shop = try AppShop.made.get() }

    @Test(arguments: [0, 1, 3]) func sameBytes(_ count: Int) throws {
        let files = try FilePath(shop)
        let sessions = Array(shop.sessions[10..<10 + count])
        let time = AppShop.start + 100 * AppShop.hour
        let customer = try reading(#"{"customer_id":"c\"7","age":31,"segment":"business"}"#) { try AttributeTexts(&$0, textBytes: 64) }
        let decision = try AppDecision(id: "s,1", time: time, customer: customer, sessions: sessions, now: 0)
        let tables = AppTables.Files(
            customers: try files.folder.write("segment,customer_id,age\nbusiness,\"c\"\"7\",31\n", to: "customers.csv"),
            decisions: try files.folder.write("decision_id,time_ms,customer_id\n\"s,1\",\(time / 1000),\"c\"\"7\"\n", to: "decisions.csv"),
            links: try files.folder.write(
                "session_id,customer_id\n" + sessions.map { "\($0.session),\"c\"\"7\"\n" }.joined(), to: "links.csv"))
        let line = try files.convert(tables, files.corpus(sessions))
        #expect(try shop.forecast().answer(decision) == line && line.hasPrefix("{\"decision_id\":\"s,1\",\"offer\":"))
    }

    @Test func refused() throws {
        #expect(refusal { _ = try AppDecision(id: "s", time: nil, customer: nil, sessions: [], now: 0) }?.place == "customer")
        #expect(throws: StudyError.self) {
            try ConversionForecast(shop.predictor, shop.predictorInputs, schema: shop.schema, models: PreparedModels())
        }
        // The features of another model.
        var inputs = shop.predictorInputs
        inputs.blocks = [.pages]
        #expect(throws: ConversionError.self) {
            try ConversionForecast(shop.predictor, inputs, schema: shop.schema, models: shop.models)
        }
    }
}
