import Foundation
import IntentTaxonomy
import SettingsFiles
import Testing

/// Content of taxonomies: what is wrong with one, its digest, and its approval.
@Suite struct TaxonomyTests {
    static let small = Taxonomy(
        id: "shop", version: "1.0.0", description: "For tests.",
        intents: [
            Intent(id: "buying", name: "Buying", definition: "Everything near the till.", isGroup: true),
            Intent(
                id: "compare", name: "Compare", definition: "Weighs things against each other.", parent: "buying",
                examples: ["Two products, back and forth."], owner: "shop owner"),
            Intent(
                id: "pay", name: "Pay", definition: "Goes to the till and pays.", parent: "buying", examples: ["Till, then thanks."],
                owner: "shop owner", sensitivity: .sensitive, prohibitedFor: [.credit]),
        ])

    static func changed(_ change: (inout Taxonomy) -> Void) -> Taxonomy {
        var taxonomy = small
        change(&taxonomy)
        return taxonomy
    }

    @Test func aGoodOneHasNoIssues() throws {
        #expect(Self.small.issues().isEmpty)
        #expect(try Taxonomy(validating: Self.small) == Self.small)
    }

    struct Fault: CustomTestStringConvertible, Sendable {
        let name: String
        let severity: TaxonomyIssue.Severity
        let path: [String]
        let says: String
        let change: @Sendable (inout Taxonomy) -> Void
        var testDescription: String { name }
    }

    static let faults: [Fault] = [
        Fault(name: "id of the whole", severity: .error, path: ["taxonomy"], says: "small letters") { $0.id = "Shop 1" },
        Fault(name: "version", severity: .error, path: ["version"], says: "three numbers") { $0.version = "1.0" },
        Fault(name: "nothing to assign", severity: .error, path: ["intents"], says: "no intent") { $0.intents = [$0.intents[0]] },
        Fault(name: "id", severity: .error, path: ["intents", "1", "id"], says: "small letters") { $0.intents[1].id = "Compare!" },
        Fault(name: "id twice", severity: .error, path: ["intents", "2", "id"], says: "given twice") { $0.intents[2].id = "compare" },
        Fault(name: "no name", severity: .error, path: ["intents", "1", "id"], says: "name is missing") { $0.intents[1].name = " " },
        Fault(name: "same name", severity: .error, path: ["intents", "2", "name"], says: "same as that of compare") {
            $0.intents[2].name = "compare."
        },
        Fault(name: "same words", severity: .warning, path: ["intents", "2", "name"], says: "same words") {
            $0.intents[1].name = "Pay now"
            $0.intents[2].name = "now pay"
        },
        Fault(name: "no definition", severity: .error, path: ["intents", "1", "id"], says: "definition is missing") {
            $0.intents[1].definition = ""
        },
        Fault(name: "same definition", severity: .error, path: ["intents", "2", "definition"], says: "same as that of compare") {
            $0.intents[2].definition = $0.intents[1].definition.uppercased()
        },
        Fault(name: "empty definition", severity: .warning, path: ["intents", "1", "definition"], says: "repeats the name") {
            $0.intents[1].definition = "Compare"
        },
        Fault(name: "parent that is not there", severity: .error, path: ["intents", "1", "parent"], says: "no intent `sales`") {
            $0.intents[1].parent = "sales"
        },
        Fault(name: "own parent", severity: .error, path: ["intents", "1", "parent"], says: "circle") { $0.intents[1].parent = "compare" },
        Fault(name: "circle", severity: .error, path: ["intents", "0", "parent"], says: "circle") { $0.intents[0].parent = "pay" },
        Fault(name: "rule on both sides", severity: .error, path: ["intents", "1", "exclude"], says: "both includes") {
            $0.intents[1].include = ["Lists."]
            $0.intents[1].exclude = ["lists"]
        },
        Fault(name: "replaced but there", severity: .error, path: ["intents", "1", "replaces"], says: "replaces pay") {
            $0.intents[1].replaces = ["pay"]
        },
        Fault(name: "no examples", severity: .warning, path: ["intents", "1", "id"], says: "no examples") { $0.intents[1].examples = [] },
        Fault(name: "shared example", severity: .warning, path: ["intents", "2", "examples"], says: "one of compare") {
            $0.intents[2].examples = $0.intents[1].examples
        },
        Fault(name: "no owner", severity: .warning, path: ["intents", "1", "id"], says: "nobody owns") { $0.intents[1].owner = nil },
        Fault(name: "empty group", severity: .warning, path: ["intents", "3", "group"], says: "no members") {
            $0.intents.append(Intent(id: "leaving", name: "Leaving", definition: "Goes away.", isGroup: true))
        },
        Fault(name: "ordinary below sensitive", severity: .warning, path: ["intents", "1", "parent"], says: "sensitive parent") {
            $0.intents[0].sensitivity = .sensitive
        },
        Fault(name: "ban listed twice", severity: .warning, path: ["intents", "2", "prohibited_for"], says: "credit is listed twice") {
            $0.intents[2].prohibitedFor = [.credit, .credit]
        },
    ]

    @Test(arguments: faults) func faultsAreFound(_ fault: Fault) {
        let taxonomy = Self.changed(fault.change)
        let issues = taxonomy.issues()
        #expect(
            issues.contains { $0.severity == fault.severity && $0.path == fault.path && $0.reason.contains(fault.says) },
            "found: \(issues)")
        #expect(issues.allSatisfy { !$0.remedy.isEmpty })
        if fault.severity == .error { #expect(throws: TaxonomyError.self) { try Taxonomy(validating: taxonomy) } }
    }

    @Test func allErrorsAreToldAtOnce() {
        let taxonomy = Self.changed {
            $0.intents[1].definition = ""
            $0.intents[2].parent = "nowhere"
        }
        #expect(taxonomy.issues().filter { $0.severity == .error }.count == 2)
    }

    @Test(arguments: [
        ("card-apply", true), ("booking_ready", true), ("a1", true), ("", false), ("-a", false), ("a-", false), ("a--b", false),
        ("a-_b", false), ("1a", false), ("A", false), ("a b", false), ("ä", false), (String(repeating: "a", count: 65), false),
    ]) func ids(_ id: String, _ isGood: Bool) { #expect(Intent.isWellFormed(id: id) == isGood) }

    @Test func theTreeIsRead() {
        #expect(Self.small.leaves.map(\.id) == ["compare", "pay"])
        #expect(Self.small.children(of: nil).map(\.id) == ["buying"])
        #expect(Self.small.children(of: "buying").map(\.id) == ["compare", "pay"])
        #expect(Self.small.ancestors(of: "pay") == ["buying"])
        #expect(Self.small["pay"]?.name == "Pay" && Self.small["gone"] == nil)
    }

    /// The digest of tools/reference/taxonomy_digest.py, which hashes the same content with Python.
    @Test func digestIsThatOfPython() {
        #expect(Self.small.digest == "5c8bcc910009ff5b9048f756a45de311666ec4d3b2a8438624122890e81979ed")
    }

    @Test func digestMovesWithEveryWordAndNotWithTheApproval() {
        var approved = Self.small
        approved.approval = Approval(by: "Committee", at: "2026-01-01T00:00:00Z", digest: Self.small.digest)
        #expect(approved.digest == Self.small.digest)
        for change in [
            { $0.version = "1.0.1" }, { $0.intents[1].definition += " " }, { $0.intents.swapAt(1, 2) },
            { $0.intents[1].sensitivity = .sensitive },
        ] as [(inout Taxonomy) -> Void] {
            #expect(Self.changed(change).digest != Self.small.digest)
        }
    }

    @Test func approvalHoldsForTheContentItNames() {
        var taxonomy = Self.small
        #expect(taxonomy.approvalState == .unapproved && !taxonomy.isApproved)
        taxonomy.approval = Approval(by: "Committee", at: "2026-01-01T00:00:00Z", digest: taxonomy.digest)
        #expect(taxonomy.approvalState == .approved && taxonomy.isApproved)
        taxonomy.intents[1].definition += " Or not."
        #expect(taxonomy.approvalState == .changed && !taxonomy.isApproved)
    }

    @Test func yamlComesBackTheSame() throws {
        let yaml = try SettingsFile.yaml(Self.small)
        #expect(try SettingsFile.read(Taxonomy.self, yaml: yaml, file: "t.yaml") == Self.small)
    }

    @Test func misspeltBansAreRefusedByLine() {
        let yaml = "taxonomy: shop\nversion: 1.0.0\nintents:\n  - id: pay\n    prohibited_for: [markting]\n"
        do {
            _ = try SettingsFile.read(Taxonomy.self, yaml: yaml, file: "t.yaml")
            Issue.record("was accepted")
        } catch {
            #expect("\(error)".contains("5") && "\(error)".contains("marketing, recommendation, credit"))
        }
    }
}
