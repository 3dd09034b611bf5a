import EventStream
import Foundation
import Testing

@Suite struct ExportsMappingTests {
    let scratch = ScratchDirectory()

    func fault(_ change: (inout ExportMapping) -> Void) -> String? {
        do throws(ExportError) {
            try plainMapping(change).validate()
            return nil
        } catch {
            #expect(error.kind == .badMapping)
            return error.place
        }
    }

    @Test("The escape is another character than the quote, named or not")
    func escapeIsNotTheQuote() {
        #expect(fault { $0.escape = "\"" } == "mapping, `escape`")
        #expect(fault { ($0.quote, $0.escape) = ("'", "'") } == "mapping, `escape`")
        #expect(fault { ($0.quote, $0.escape) = ("'", "\"") } == nil)
        #expect(fault { ($0.quote, $0.escape) = ("", "") } == nil)
    }

    @Test func contradictionsAreNamed() {
        #expect(fault { _ in } == nil)
        #expect(fault { $0.delimiter = ";;" } == "mapping, `delimiter`")
        #expect(fault { $0.delimiter = "é" } == "mapping, `delimiter`")
        #expect(fault { ($0.delimiter, $0.quote) = ("'", "'") } == "mapping, `delimiter`")
        #expect(fault { $0.columns = ["a", "a"] } == "mapping, `columns`")
        #expect(fault { ($0.visitor, $0.format) = (nil, .csv) } == "mapping, `visitor`")
        #expect(fault { $0.fields.append($0.fields[0]) } == "mapping, `fields`")
        #expect(fault { $0.fields[0].outcome = .numeric } == "mapping, `fields: p`")
        #expect(fault { $0.order = ["o", "o"] } == "mapping, `order`")
        #expect(fault { $0.time?.zone = "Europe/Berlin" } == "mapping, `time: zone`")
        #expect(fault { $0.time?.unit = nil } == "mapping, `time: unit`")
        #expect(fault { $0.time?.column = nil } == "mapping, `time`")
        #expect(fault { $0.time = .init(compose: ["y", "m"], zone: "UTC") } == "mapping, `time: pattern`")
        #expect(
            fault { $0.time = .init(compose: ["y", "m", "d"], pattern: [.year, .month, .hour], zone: "UTC") } == "mapping, `time: pattern`")
        #expect(fault { $0.time = .init(compose: ["y", "m", "d"], zone: "") } == "mapping, `time: zone`")
        #expect(fault { $0.format = .items } == "mapping, `format`")
    }

    @Test("The customer's column is a key beside the visitor's, and no field of one's own")
    func theCustomerIsNoField() throws {
        var mapping = plainMapping { $0.customer = "customer_id" }
        #expect(mapping.fields.last == .init(name: "customer", column: "customer_id", kind: .identity))
        let text = try JSONEncoder().encode(mapping)
        #expect(String(decoding: text, as: UTF8.self).contains("\"customer\":\"customer_id\""))
        #expect(!String(decoding: text, as: UTF8.self).contains("identity"))
        #expect(try JSONDecoder().decode(ExportMapping.self, from: text) == mapping)
        mapping.customer = nil
        #expect(mapping == plainMapping { _ in } && mapping.customer == nil)
        #expect(fault { $0.customer = "customer_id" } == nil)
        #expect(fault { $0.customer = "" } == "mapping, `customer`")
        #expect(fault { $0.fields.append(.init(name: "who", kind: .identity)) } == "mapping, `fields`")
        #expect(
            fault {
                $0.fields.append(.init(name: "customer", kind: .categorical))
                $0.customer = "customer_id"
            } == "mapping, `fields: customer`")
        #expect(
            fault { mapping in
                let fields = mapping.fields
                mapping = ExportMapping()
                (mapping.format, mapping.fields, mapping.customer) = (.items, [fields[0]], "c")
            } == "mapping, `format`")
    }

    func guess(_ name: String, _ text: String) -> Result<MappingGuess, ExportError> {
        do throws(ExportError) { return .success(try ExportReaders.guess(ExportInput(path: scratch.file(name, text)))) } catch {
            return .failure(error)
        }
    }

    @Test func commonNamesAreGuessed() throws {
        let text =
            "visitor_id,Session ID,ts,step,page_title,page_url,price,category_id,event_name,email,empty\n"
            + (0..<60).map {
                "v\($0),s\($0),\(1_600_000_000_000 + $0),\($0),Our loans and rates,https://bank.example/\($0),\($0).5,\($0),view,x@y.example,\n"
            }.joined()
        let guess = try guess("common", text).get()
        let mapping = guess.mapping
        #expect(mapping.visitor == "visitor_id" && mapping.session == "Session ID" && mapping.order == ["step"])
        #expect(mapping.time == .init(column: "ts", unit: .milliseconds) && mapping.format == .csv && mapping.header == true)
        let kinds = Dictionary(uniqueKeysWithValues: mapping.fields.map { ($0.name, $0.kind) })
        #expect(
            kinds == ["page_title": .text, "page_url": .url, "price": .numeric, "category_id": .categorical, "event_name": .categorical])
        #expect(guess.reasons.contains { $0.contains("email") && $0.contains("left out") })
        #expect(try readAll(scratch.file("again", text), mapping).count == 60)
    }

    @Test func jsonLinesAreGuessedByPath() throws {
        let text = (0..<60).map {
            #"{"user":{"id":"u\#($0 % 5)"},"event_time":"2026-01-01T00:00:\#(10 + $0 % 50)Z","device":{"category":"mobile"},"tags":[1]}"#
                + "\n"
        }.joined()
        let mapping = try guess("j", text).get().mapping
        #expect(mapping.visitor == "user.id" && mapping.time == .init(column: "event_time", unit: .iso8601))
        #expect(mapping.fields == [.init(name: "device.category", kind: .categorical)])
    }

    @Test func whatIsAmbiguousIsRefusedWithALine() {
        let cases: [(String, String, String)] = [
            ("two", "user_id,timestamp,event_time\nu,1600000000,1600000001\n", "time: { column: timestamp, unit: s }"),
            ("local", "user_id,timestamp\nu,2026-01-01 10:00:00\n", "time: { column: timestamp, unit: iso8601, zone: UTC }"),
            ("unit", "user_id,ts\nu,12\nu,15\n", "unit: s"),
            ("parts", "user_id;year;month;day\nu;2008;4;1\n", "compose: [year, month, day]"),
            ("nobody", "a,b\n1x,2\n", "visitor: COLUMN"), ("when", "user_id,page\nu,a\n", "session: COLUMN"),
            ("bare", "1,2\n3,4\n", "columns:"),
            ("datetime", "user_id,date,time\nu,2026-01-01,10:00\n", "pattern: [date, time]"),
        ]
        for (name, text, line) in cases {
            guard case .failure(let error) = guess(name, text) else {
                Issue.record("\(name) was guessed")
                continue
            }
            #expect(error.kind == .ambiguous && error.remedy.contains(line), "\(name): \(error)")
        }
    }
}
