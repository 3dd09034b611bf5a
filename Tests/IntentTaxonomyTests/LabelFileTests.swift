import Foundation
import IntentTaxonomy
import Testing

/// Reading label files: three forms, and everything that can be wrong with a row.
@Suite struct LabelFileTests {
    static func read(_ text: String, annotator: String? = nil) throws -> (
        labels: [SuppliedLabel], rejects: [LabelReject], form: LabelFile.Form
    ) {
        let file = try LabelFile(Array(text.utf8), path: "l", taxonomy: TaxonomyTests.small, annotator: annotator)
        var labels: [SuppliedLabel] = []
        var rejects: [LabelReject] = []
        file.rows { row in
            switch row {
            case .label(let label): labels.append(label)
            case .refused(let reject, _): rejects.append(reject)
            }
        }
        return (labels, rejects, file.form)
    }

    static func line(_ members: String) -> String { "{\"session_id\":\"s\",\"annotator\":\"a\",\(members)}\n" }

    @Test func jsonLines() throws {
        let text = """
            {"user_id": "v", "session_id": "s1", "annotator": "a", "annotator_version": "2", "time": "2026-01-01T00:00:00Z", \
            "rationale": "Looks, \\"thinks\\".", "taxonomy_digest": "ab", "intents": {"pay": 0.9, "compare": 1}, "else": [1, {"x": null}]}

            {"session": 17, "annotator": "b", "intents": {}}\r
            """
        let (labels, rejects, form) = try Self.read(text)
        #expect(form == .jsonLines && rejects.isEmpty && labels.count == 2)
        #expect(
            labels[0]
                == SuppliedLabel(
                    session: "s1", visitor: "v", intents: [("pay", 0.9), ("compare", 1)], annotator: "a", annotatorVersion: "2",
                    time: "2026-01-01T00:00:00Z", rationale: "Looks, \"thinks\".", taxonomyDigest: "ab", line: 1, isPart: false))
        #expect(labels[1].session == "17" && labels[1].line == 3 && labels[1].intents.isEmpty && labels[1].visitor == nil)
    }

    @Test func whatIsWrittenIsRead() throws {
        let label = SuppliedLabel(
            session: "s/1", visitor: "v", intents: [("compare", 0.25), ("pay", 1)], annotator: "a", annotatorVersion: "2",
            time: "2026-01-01T00:00:00Z", rationale: "a\nb", taxonomyDigest: "ab")
        #expect(try Self.read(label.jsonLine + "\n").labels == [label])
    }

    @Test(arguments: [",", ";", "\t", "|"]) func aLongTable(_ delimiter: String) throws {
        let text =
            "\u{FEFF}Session_ID,annotator,intent,confidence,rationale\r\ns1,a,pay,0.9,\"says \"\"so\"\"\nand more\"\r\ns1,a,compare,1,\r\ns2,a,,,\r\n"
            .replacing(",", with: delimiter)
        let (labels, rejects, form) = try Self.read(text)
        #expect(form == .long && rejects.isEmpty)
        #expect(labels.map(\.line) == [2, 4, 5] && labels.allSatisfy { $0.isPart })
        #expect(labels[0].rationale == "says \"so\"\nand more" && labels[0].intents.elementsEqual([("pay", 0.9)]) { $0 == $1 })
        #expect(labels[2].intents.isEmpty)
    }

    @Test func aLongTableWithoutConfidenceMeansCertain() throws {
        #expect(try Self.read("session_id,annotator,intent\ns,a,pay\n").labels[0].intents[0].confidence == 1)
    }

    @Test func aWideTable() throws {
        let (labels, rejects, form) = try Self.read("session_id,annotator,pay,Compare,time\ns1,a,0.5,,1750000000\ns2,a,0,1,\n")
        #expect(form == .wide && rejects.isEmpty)
        #expect(labels[0].intents.elementsEqual([("pay", 0.5)]) { $0 == $1 } && labels[0].time == "1750000000")
        #expect(labels[1].intents.elementsEqual([("compare", 1)]) { $0 == $1 })
    }

    @Test func anAnnotatorForAllRows() throws {
        #expect(try Self.read(#"{"session_id":"s","intents":{}}"#, annotator: "me").labels[0].annotator == "me")
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        let reason: LabelRejectReason
        let text: String
        var line = 1
        var testDescription: String { "\(reason.rawValue): \(text.prefix(60))" }
    }

    static let table = "session_id,annotator,intent,confidence,time\n"
    static let refused: [Refused] = [
        Refused(reason: .badJSON, text: "{not json}\n"),
        Refused(reason: .badJSON, text: line(#""intents":{}"#) + "[1]\n", line: 2),
        Refused(reason: .badJSON, text: #"{"session_id":"s","annotator":"a","intents":{}} and more"#),
        Refused(reason: .badJSON, text: #"{"session_id":"s","annotator":"a","intents":{"#),
        Refused(reason: .missingSession, text: #"{"annotator":"a","intents":{}}"#),
        Refused(reason: .missingSession, text: #"{"session_id":"","annotator":"a","intents":{}}"#),
        Refused(reason: .missingAnnotator, text: #"{"session_id":"s","intents":{}}"#),
        Refused(reason: .missingIntents, text: line(#""intent":{}"#)),
        Refused(reason: .missingIntents, text: line(#""intents":["pay"]"#)),
        Refused(reason: .badConfidence, text: line(#""intents":{"pay":"0.5"}"#)),
        Refused(reason: .badConfidence, text: line(#""intents":{"pay":null}"#)),
        Refused(reason: .confidenceOutOfRange, text: line(#""intents":{"pay":1.01}"#)),
        Refused(reason: .confidenceOutOfRange, text: line(#""intents":{"pay":-0.1}"#)),
        Refused(reason: .confidenceOutOfRange, text: line(#""intents":{"pay":80}"#)),
        Refused(reason: .confidenceOutOfRange, text: line(#""intents":{"pay":NaN}"#)),
        Refused(reason: .confidenceOutOfRange, text: line(#""intents":{"pay":Infinity}"#)),
        Refused(reason: .confidenceOutOfRange, text: line(#""intents":{"pay":1e999}"#)),
        Refused(reason: .contradictingDuplicate, text: line(#""intents":{"pay":0.1,"pay":0.9}"#)),
        Refused(reason: .badTime, text: line(#""intents":{},"time":"yesterday""#)),
        Refused(reason: .wrongFieldCount, text: table + "s,a,pay,1\n", line: 2),
        Refused(reason: .badQuoting, text: table + "s,a,\"pay\"x,1,\n", line: 2),
        Refused(reason: .badQuoting, text: table + "s,a,pay,1,\ns,a,\"pay,1,\n", line: 3),
        Refused(reason: .badConfidence, text: table + "s,a,pay,,\n", line: 2),
        Refused(reason: .badConfidence, text: table + "s,a,pay,high,\n", line: 2),
        Refused(reason: .confidenceOutOfRange, text: table + "s,a,pay,nan,\n", line: 2),
        Refused(reason: .missingIntents, text: table + "s,a,,0.5,\n", line: 2),
        Refused(reason: .badTime, text: table + "s,a,pay,1,-5\n", line: 2),
        Refused(reason: .badConfidence, text: "session_id,annotator,pay\ns,a,yes\n", line: 2),
        Refused(reason: .confidenceOutOfRange, text: "session_id,annotator,pay\ns,a,1.5\n", line: 2),
    ]

    @Test(arguments: refused) func rowsAreRefusedByLine(_ refused: Refused) throws {
        let rejects = try Self.read(refused.text).rejects
        #expect(rejects.map(\.reason) == [refused.reason] && rejects.first?.line == refused.line)
    }

    @Test func textThatIsNotUTF8IsRefused() throws {
        let file = try LabelFile(Array((Self.table + "s,a,pay,1,").utf8) + [0xFF, 0x0A], path: "l", taxonomy: TaxonomyTests.small)
        var reasons: [LabelRejectReason] = []
        file.rows { if case .refused(let reject, _) = $0 { reasons.append(reject.reason) } }
        #expect(reasons == [.invalidText])
    }

    @Test(arguments: [
        ("session_id,annotator,payment\nx,y,1\n", "column 3"), ("session_id,annotator,buying\nx,y,1\n", "column 3"),
        ("session_id,annotator\nx,y\n", "no column of intents"), ("session_id,annotator,confidence\nx,y,1\n", "no column `intent`"),
        ("session_id,pay,pay\nx,1,1\n", "column 3 has the name"),
    ]) func headersAreRefused(_ text: String, _ says: String) {
        do {
            _ = try Self.read(text)
            Issue.record("was accepted")
        } catch {
            #expect("\(error)".contains(says) && "\(error)".hasPrefix("l:1:"))
        }
    }

    @Test func aFirstRowThatIsSomebodyIsNeverShown() {
        do {
            _ = try Self.read("jane.doe@example.org,pay,1\nsomeone,pay,1\n")
            Issue.record("was accepted")
        } catch {
            #expect(error as? LabelError == .unknownForm(file: "l") && !"\(error)".contains("jane"))
        }
    }

    @Test func nothingAtAllIsToldSo() {
        #expect(throws: LabelError.nothingLabelled(rejects: 0)) { try Self.read(" \n\n") }
    }

    @Test func noMessageHoldsWhatStandsInAField() throws {
        let secret = "jane.doe@example.org"
        for text in [
            #"{"session_id":"\#(secret)","annotator":"\#(secret)","intents":{"\#(secret)":7}}"#,
            #"{"session_id":"\#(secret)","annotator":"\#(secret)","intents":{"pay":1},"time":"\#(secret)","rationale":"\#(secret)"}"#,
            "\(secret) is not JSON {\n", Self.table + "\(secret),\(secret),\(secret),\(secret),\(secret)\n",
        ] {
            guard let result = try? Self.read("{}\n" + text) else { continue }
            for reject in result.rejects { #expect(!reject.description.contains("jane")) }
        }
    }

    @Test(arguments: [
        ("2026-11-21T09:30:00Z", 1_795_253_400.0), ("2026-11-21T09:30:00+01:00", 1_795_249_800.0),
        ("2026-11-21T09:30:00.500Z", 1_795_253_400.5), ("1750000000", 1_750_000_000.0),
    ]) func timesOfSeveralForms(_ text: String, _ seconds: Double) throws {
        let row = try Self.read(Self.line(#""intents":{},"time":"\#(text)""#))
        #expect(row.rejects.isEmpty)
        #expect(LabelFile.seconds(text) == seconds)
    }

    @Test(arguments: [
        ("{\"a\":[1,-2.5e3,true,false,null,\"x\"]}", true), (" [] ", true), ("{}", true), ("\"\\u00e9\\ud83d\\ude00\"", true),
        ("01", false), ("1.", false), (".5", false), ("+1", false), ("{\"a\":}", false), ("{\"a\":1,}", false), ("[1,]", false),
        ("\"\\ud83d\"", false), ("\"\\x\"", false), ("\"a", false), ("tru", false), ("", false), ("{} {}", false), ("\"\u{1}\"", false),
        ("{a:1}", false), ("[1 2]", false), (String(repeating: "[", count: 40) + String(repeating: "]", count: 40), false),
    ]) func jsonAsTheStandardSays(_ text: String, _ isGood: Bool) {
        #expect((JSONText(Array(text.utf8)[...]) != nil) == isGood)
        // A general decoder is of the same opinion, but for the depth and for commas before a bracket.
        if text.count < 60, !text.contains(",}"), !text.contains(",]") {
            let other = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            #expect((other != nil) == isGood)
        }
    }

    @Test func surrogatesBecomeOneCharacter() {
        #expect(JSONText(Array("\"\\u00e9\\ud83d\\ude00\"".utf8)[...]) == .text("é😀"))
    }
}
