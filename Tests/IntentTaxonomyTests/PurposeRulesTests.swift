import DurableFiles
import Foundation
import IntentTaxonomy
import SettingsFiles
import Testing

/// Rules are read strictly, and refuse what they name.
@Suite struct PurposeRulesTests {
    static let text = """
        rules: shop
        version: "1.0.0"
        purposes:
          marketing:
            banned:
              fields: [sex, {name: customers.age, why: too near}, "health*"]
              intents: [trouble]
              models: [scorecard, 0123456789ab]
              sensitivities: [sensitive]
            retention_days: {decision: 30, review: 60}
          recommendation: {unrestricted: the page shows what anybody may see}
          collection: {forbidden: nobody asked for it}
        """

    private func read(_ text: String) throws -> PurposeRules { try SettingsFile.read(PurposeRules.self, yaml: text, file: "r.yaml") }

    private func rules() throws -> PurposeRules { try read(Self.text) }

    private func use(_ fields: [(String, String)] = [], intents: [Intent] = [], models: [ModelUse.Model] = []) -> ModelUse {
        ModelUse(
            fields: fields.map { ModelUse.Field($0.0, table: $0.1, reader: "the test", remedy: "leave it out") }, intents: intents,
            groups: ["debt": ["trouble"], "buy": ["money"]], models: models)
    }

    private func names(_ use: ModelUse, _ purpose: Purpose) throws -> [String] {
        try rules().breaches(use, for: purpose).map(\.name)
    }

    @Test func fieldsAreBannedByNameTableAndBeginning() throws {
        let fields = [("sex", "events"), ("SEX", "customers"), ("age", "customers"), ("age", "applicants"), ("health_plan", "events")]
        #expect(try names(use(fields), .marketing) == ["sex", "SEX", "age", "health_plan"])
        #expect(try names(use([("sexes", "events"), ("heal", "events"), ("customers.age2", "x")]), .marketing) == [])
        #expect(try names(use(fields), .recommendation) == [])
        let breach = try #require(try rules().breaches(use([("age", "customers")]), for: .marketing).first)
        #expect(breach.description == "field age: the test reads it of customers, and it is banned for marketing (too near); leave it out")
    }

    @Test func intentsAreBannedByIdGroupSensitivityAndTheirOwnWord() throws {
        let debt = Intent(id: "debt", name: "Debt", definition: "Owes.")
        let buy = Intent(id: "buy", name: "Buy", definition: "Buys.", prohibitedFor: [.recommendation])
        let grief = Intent(id: "grief", name: "Grief", definition: "Lost somebody.", sensitivity: .sensitive)
        #expect(try names(use(intents: [debt, buy, grief]), .marketing) == ["debt", "grief"])
        let guarded = PurposeGuard([.recommendation], rules: try rules(), place: "r.yaml")
        #expect(guarded.breaches(use(intents: [debt, buy, grief])).map(\.name) == ["buy"])
        #expect(guarded.bannedIntents(use(intents: [debt, buy, grief])) == ["buy"])
        #expect(PurposeGuard([.credit]).breaches(use(intents: [debt, buy])).isEmpty, "without rules, the taxonomy's word alone")
        #expect(
            PurposeGuard([.recommendation]).breaches(use(intents: [buy])).map(\.reason) == ["the taxonomy prohibits it for recommendation"])
    }

    @Test func modelsAreBannedByKindAndId() throws {
        let models = [
            ModelUse.Model(.scorecard, place: "s"), .init(.intents, id: "0123456789abcdef", place: "i"),
            .init(.intents, id: "0123", place: "j"),
        ]
        #expect(try names(use(models: models), .marketing) == ["s", "i"])
    }

    @Test func purposesThatAreForbiddenOrNotNamedAreRefused() throws {
        #expect(
            try rules().breaches(use(), for: .collection).map(\.description) == [
                "collection: no model may be used for it: nobody asked for it; choose another purpose"
            ])
        #expect(try rules().breaches(use(), for: .pricing).count == 1)
        do throws(PurposeError) {
            try PurposeGuard([.pricing], rules: try? rules(), place: "r.yaml").check(use())
            Issue.record("nobody wrote a rule for pricing")
        } catch {
            #expect(error.description.hasPrefix("r.yaml: pricing: the rules do not name this purpose; "))
        }
    }

    @Test func modelsServeWhatTheyWereTrainedFor() throws {
        let record = PurposeRecord([.marketing, .recommendation], rules: try rules().reference)
        let own = use(models: [.init(.encoder, id: "e", place: "m", record: record)])
        #expect(PurposeGuard([.marketing]).breaches(own).isEmpty)
        #expect(
            PurposeGuard([.credit]).breaches(own).map(\.reason) == [
                "it was trained for marketing and recommendation and is to serve credit"
            ])
        let unnamed = PurposeGuard([]).breaches(own)
        #expect(unnamed.map(\.remedy) == ["name it: --purpose marketing"])
        #expect(PurposeGuard([]).breaches(use(models: [.init(.encoder, place: "m")])).isEmpty)
        #expect(PurposeGuard([]).record.isEmpty && PurposeGuard([.marketing]).record.isEmpty)
        #expect(PurposeGuard([.marketing], rules: try rules()).record.keys.sorted() == [PurposeRecord.file])
    }

    @Test func recordsAreReadWithTheirModel() throws {
        let path = NSTemporaryDirectory() + "purpose-\(UInt64.random(in: .min ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let record = PurposeRecord([.credit], rules: try rules().reference)
        try SealedFolder.write(["a.txt": [1], PurposeRecord.file: record.json], kind: "test", version: 1, to: path, replacing: false)
        #expect(try PurposeRecord.read(ofModelAt: path + "/") == record)
        try Data(#"{"purposes":["marketing"]}"#.utf8).write(to: URL(filePath: path + "/" + PurposeRecord.file))
        #expect(throws: PurposeError.record(model: path, reason: "its bytes are not those that were written")) {
            try PurposeRecord.read(ofModelAt: path)
        }
        // A file that the manifest does not name says nothing.
        try SealedFolder.write(["a.txt": [1]], kind: "test", version: 1, to: path, replacing: true)
        try Data(record.json).write(to: URL(filePath: path + "/" + PurposeRecord.file))
        #expect(try PurposeRecord.read(ofModelAt: path) == nil)
        #expect(throws: PurposeError.self) { try PurposeRecord.read(ofModelAt: path + "/none") }
    }

    @Test func bansThatNameNothingAreTold() throws {
        let own = use([("sex", "events")], intents: [Intent(id: "debt", name: "Debt", definition: "Owes.")])
        #expect(try rules().idleBans(own).map(\.name) == ["customers.age", "health*"])
        #expect(try rules().idleBans(use()).isEmpty, "nothing was given to compare with")
    }

    @Test func theDigestIsOfTheContent() throws {
        let own = try rules()
        #expect(try read("# comment\n" + Self.text).digest == own.digest && own.digest.count == 64)
        #expect(try read(Self.text.replacing("too near", with: "too close")).digest != own.digest)
        #expect(try read(SettingsFile.yaml(own)) == own, "written and read again")
    }

    /// What is refused, and where it stands.
    @Test(arguments: [
        ("banned: {}", ["purposes", "credit", "banned"]), ("banned: {fields: []}", ["purposes", "credit", "banned", "fields"]),
        ("banned: {fields: [\"*\"]}", ["purposes", "credit", "banned", "fields", "0"]),
        ("banned: {fields: [a, \"b*c\"]}", ["purposes", "credit", "banned", "fields", "1"]),
        ("banned: {fields: [a, a]}", ["purposes", "credit", "banned", "fields", "1"]),
        ("banned: {intents: [Not An Id]}", ["purposes", "credit", "banned", "intents", "0"]),
        ("banned: {models: [network]}", ["purposes", "credit", "banned", "models", "0"]),
        ("banned: {sensitivities: []}", ["purposes", "credit", "banned", "sensitivities"]),
        ("banned: {sensitivities: [secret]}", ["purposes", "credit", "banned", "sensitivities", "0"]),
        ("banned: {sensitivities: [sensitive, sensitive]}", ["purposes", "credit", "banned", "sensitivities", "1"]),
        ("forbidden: \" \"", ["purposes", "credit", "forbidden"]), ("unrestricted: \"\"", ["purposes", "credit", "unrestricted"]),
        ("forbidden: why\n    unrestricted: why", ["purposes", "credit", "unrestricted"]),
        ("unrestricted: why\n    retention_days: {decision: 0}", ["purposes", "credit", "retention_days", "decision"]),
        ("unrestricted: why\n    retention_days: {decisions: 9}", ["purposes", "credit", "retention_days", "decisions"]),
    ]) func strictly(_ rule: String, _ path: [String]) throws {
        let text = "rules: shop\nversion: \"1.0.0\"\npurposes:\n  credit:\n    \(rule)\n"
        let decoded = Result { try RulesWithoutLines.decode(text) }
        guard case .failure(PurposeError.rules(let found, let reason, let remedy)) = decoded else {
            Issue.record("read, or refused as something else: \(decoded)")
            return
        }
        #expect(found == path && !reason.isEmpty && !remedy.isEmpty)
    }

    @Test func otherFilesAreRefused() throws {
        for (text, needle) in [
            (Self.text.replacing("marketing:", with: "marketng:"), "there is no purpose of this name"),
            (Self.text.replacing("fields:", with: "feilds:"), "feilds"), (Self.text.replacing("rules: shop", with: "rules: A Shop"), "id"),
            (Self.text.replacing("\"1.0.0\"", with: "\"1.0\""), "three numbers"), ("rules: shop\nversion: \"1.0.0\"\n", "no purpose"),
            (
                Self.text.replacing("collection: {forbidden: nobody asked for it}", with: "collection: {retention_days: {decision: 3}}"),
                "it does not say what is banned"
            ),
        ] {
            #expect(throws: SettingsFileError.self) { try read(text) }
            do { _ = try read(text) } catch { #expect("\(error)".contains(needle), "\(error)") }
        }
    }

    /// The rules beside the taxonomy know its intents, and what a bank must not use.
    @Test func theShippedRulesHold() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let shipped = try SettingsFile.read(PurposeRules.self, from: root.appending(path: "taxonomy/rules.yaml").path)
        let taxonomy = try SettingsFile.read(Taxonomy.self, from: root.appending(path: "taxonomy/retail-bank.yaml").path)
        #expect(Set(shipped.purposes.keys) == Set(Purpose.allCases))
        let use = ModelUse.intents(taxonomy.assignable.map(\.id), of: taxonomy, remedy: "")
        let sensitive = Set(taxonomy.assignable.filter { $0.sensitivity == .sensitive }.map(\.id))
        #expect(!sensitive.isEmpty)
        #expect(PurposeGuard([.marketing], rules: shipped).bannedIntents(use).isSuperset(of: sensitive))
        #expect(try names(shipped, ["marital_status", "age", "sex"]) == ["marital_status", "sex"])
        #expect(shipped.purposes[.credit]?.retentionDays[.decision] ?? 0 >= 761, "25 months of 12 CFR 1002.12(b)")
    }

    private func names(_ rules: PurposeRules, _ fields: [String]) throws -> [String] {
        rules.breaches(use(fields.map { ($0, "applicants") }), for: .credit).map(\.name)
    }
}

/// Reads rules so that their own error comes through, which `SettingsFile` turns into a line.
enum RulesWithoutLines {
    static func decode(_ text: String) throws -> PurposeRules {
        struct Carrier: Decodable {
            let result: Result<PurposeRules, any Error>
            init(from decoder: any Decoder) throws { result = Result { try PurposeRules(from: decoder) } }
        }
        return try SettingsFile.read(Carrier.self, yaml: text, file: "r.yaml").result.get()
    }
}
