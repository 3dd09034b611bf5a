import EventStream
import Testing

@Suite struct ContractTests {
    let folder: ImportFolder
    init() throws { folder = try ImportFolder() }

    private static let now: Int64 = 1_790_000_000_000_000

    private func findings(
        _ events: [TestEvent], rejects: [Reject] = [], _ change: (inout DataContract) -> Void = { _ in }
    ) throws -> [ContractFinding] {
        try importEvents(events, folder) { $0.replacesCorpus = true }
        var contract = DataContract()
        change(&contract)
        return ContractCheck(try Corpus.open(folder("corpus")), contract, rejects: rejects, now: Self.now).findings
    }

    private func event(_ number: Int, _ page: String? = nil, amount: Double? = nil, session: String = "s") -> TestEvent {
        TestEvent(
            session: session, seconds: 1_780_000_000 + Double(number), page: page ?? "page \(number)", amount: amount ?? Double(number),
            user: "u\(number)")
    }

    private func field(_ name: String, _ change: (inout DataContract.Field) -> Void) -> DataContract.Field {
        var field = DataContract.Field(name: name)
        change(&field)
        return field
    }

    @Test func nothingToFind() throws {
        #expect(try findings((0..<20).map { event($0) }).isEmpty)
        #expect(try findings((0..<20).map { event($0) }) { $0.fields = ["page", "amount"].map(DataContract.Field.init) }.isEmpty)
    }

    /// One broken rule each, with its count and what to do.
    @Test func rules() throws {
        let events = (0..<20).map { event($0, $0 < 3 ? "strange" : "home", amount: $0 < 4 ? -1 : $0 < 6 ? .nan : 5) }
        func one(_ field: DataContract.Field) throws -> ContractFinding? { try findings(events) { $0.fields = [field] }.first }
        let values = try #require(try one(field("page") { $0.values = ["home"] }))
        #expect(values.rule == .values && values.count == 3 && values.total == 20 && values.example == "shape xxxxxxx")
        let low = try #require(try one(field("amount") { $0.minimum = 0 }))
        #expect(low.rule == .bounds && low.count == 4 && low.example == "event 0" && low.severity == .error)
        #expect(try one(field("amount") { $0.maximum = 4 })?.count == 14)
        let missing = try #require(try one(field("amount") { $0.missing = 0.05 }))
        #expect(missing.rule == .missing && missing.count == 2 && !missing.remedy.isEmpty)
        #expect(try one(field("amount") { $0.missing = 0.1 }) == nil)
        #expect(try one(field("user") { $0.distinct = 19 })?.rule == .distinct)
        #expect(try one(field("user") { $0.distinct = 20 }) == nil)
        #expect(try one(field("amount") { $0.kind = .categorical })?.rule == .kind)
        #expect(try one(field("nothing") { _ in })?.rule == .absent)
    }

    /// Odd, and no breach: the contract is kept.
    @Test func warnings() throws {
        let found = try findings((0..<20).map { event($0, "home", amount: .nan) })
        #expect(found.map(\.rule) == [.constant, .constant] && found.allSatisfy { $0.severity == .warning })
        let long = try findings([event(0), event(90_000), event(5, session: "t")]) { $0.sessions.mostEvents = 1 }
        #expect(long.map(\.rule) == [.longSessions, .largeSessions] && long[0].example == "session 0" && long[0].count == 1)
    }

    /// Fields that nobody sends are one finding where there are many.
    @Test func emptyFieldsOfAVendorAreOneFinding() throws {
        let lines = (0..<3).map {
            "{\"event_timestamp\": \"170000000\($0)000000\", \"event_name\": \"e\($0)\", \"user_pseudo_id\": \"v\", \"event_date\": \"20231114\", "
                + "\"event_params\": [{\"key\": \"ga_session_id\", \"value\": {\"int_value\": 1700000000}}]}"
        }
        let imported = try VendorImport(lines.joined(separator: "\n"))
        let found = ContractCheck(imported.corpus, DataContract(), rejects: [], now: 1_700_000_100_000_000).findings.filter {
            $0.rule == .constant
        }
        #expect(found.count == 1 && found[0].place == "fields" && found[0].count > 20 && found[0].count < found[0].total)
        #expect(found[0].example.hasPrefix("platform, stream, ") && found[0].example.hasSuffix("…"))
    }

    @Test func times() throws {
        let events = (0..<20).map { event($0) }
        let early = try findings(events) { $0.times.from = "2026-05-28T20:26:45Z" }
        // The first event is at 20:26:40.
        #expect(early.map(\.rule) == [.times] && early[0].count == 5 && early[0].example == "event 0")
        #expect(try findings(events) { $0.times.to = "2026-05-28T20:26:45Z" }.map(\.count) == [15])
        #expect(try findings([event(0), event(10_000_000 + 86_500)]).contains { $0.rule == .times && $0.what.contains("a day from now") })
    }

    @Test func rows() throws {
        let twice = (0..<20).map { event($0) } + [event(3), event(4)]
        let found = try findings(twice)
        #expect(found.map(\.rule) == [.duplicates] && found[0].count == 2 && found[0].total == 22)
        #expect(try findings(twice) { $0.rows.duplicates = 0.1 }.isEmpty)
    }

    /// What looks like somebody's, and what only has the form.
    @Test(arguments: [
        ("https://bank.example/start?mail=anna.b%40host.example&x=1", PersonalData.email), ("write to a@b.co", .email),
        ("4111 1111 1111 1111", .card), ("pay?n=5500005555555559", .card), ("DE89 3704 0044 0532 0130 00", .iban),
        ("x=GB82WEST12345698765432;", .iban), ("IBAN DE89370400440532013000 bitte", .iban), ("DE89 3704 0044 0532 0130 00 danke", .iban),
        ("call +44 20 7946 0958", .phone), ("tel:+442079460958", .phone), ("0044 20 7946 0958", .phone), ("4111111111111112", .cardLength),
    ]) func personalDataIsFound(_ text: String, _ sort: PersonalData) {
        #expect(Array(text.utf8).withUnsafeBytes { PersonalData.found(in: $0) } == sort)
    }

    @Test(arguments: [
        "home", "a@b", "user@", "@host.example", "2026-11-21 09:30:00", "1795000000000", "20261121093000", "order 4711", "v1.2.3@4", "+49",
        "12345678",
        "https://bank.example/a/b-c?d=12", "", "1700000000123456",
    ]) func otherTextIsNot(_ text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { PersonalData.found(in: $0) } == nil)
    }

    /// Findings say how many and of which shape, and never the value; one number in ten that only looks like a card's does not count.
    @Test func personalFields() throws {
        let found = try findings((0..<20).map { event($0, $0 == 7 ? "anna9@host.example" : nil) })
        #expect(found.map(\.rule) == [.personal] && found[0].count == 1 && found[0].example == "shape xxxx9@xxxx.xxxxxxx")
        #expect(try findings((0..<20).map { event($0, "anna9@host.example \($0)") }) { $0.personal = false }.isEmpty)
        let meant = field("page") { $0.personal = true }
        #expect(try findings((0..<20).map { event($0, "anna9@host.example \($0)") }) { $0.fields = [meant] }.isEmpty)
        #expect(try findings((0..<40).map { event($0, "\(4_000_000_000_000_000 + $0 * 7)") }).isEmpty)
        let cards = ["4111111111111111", "5500005555555559"]
        #expect(try findings((0..<20).map { event($0, $0 < 4 ? cards[$0 % 2] : nil) }).map(\.count) == [4])
    }

    @Test func contracts() throws {
        var contract = DataContract()
        #expect(contract.fault == nil)
        contract.rows.refused = 1.5
        #expect(contract.fault?.entry == "rows.refused")
        contract.rows.refused = 0
        contract.times.from = "yesterday"
        #expect(contract.fault?.entry == "times.from")
        contract.times.from = "2026-01-01"
        contract.times.to = "2025-01-01"
        #expect(contract.fault?.entry == "times.to")
        contract.times.to = nil
        contract.fields = [DataContract.Field(name: "a"), DataContract.Field(name: "a")]
        #expect(contract.fault?.entry == "fields[1]")
        contract.fields = [field("a") { ($0.minimum, $0.maximum) = (2, 1) }]
        #expect(contract.fault?.entry == "fields[0].minimum")
    }
}
