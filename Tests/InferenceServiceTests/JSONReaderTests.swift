import DurableFiles
import InferenceService
import Testing

/// What RFC 8259 takes and what it does not, and where a fault says that it is.
@Suite struct JSONReaderTests {
    private func fault(_ text: String) -> RequestFault? { fault(Array(text.utf8)) }

    private func fault(_ bytes: [UInt8]) -> RequestFault? {
        bytes.withUnsafeBufferPointer { buffer in
            var reader = JSONReader(buffer)
            do throws(RequestFault) {
                try reader.skip()
                try reader.finish()
                return nil
            } catch { return error }
        }
    }

    @Test(arguments: [
        "{}", "[]", " [ ] ", "\t\r\n{ }\n", "null", "true", "false", "0", "-0", "-1", "10", "0.5", "-0.0e-0", "1E+2", "1e5", "\"\"",
        #""\"\\\/\b\f\n\r\t\u0041""#, #""\ud83d\uDE00""#, #""\u0000""#, "\"\u{7F}ü漢😀\u{2028}\"", #"{"a":1,"b":[true,null],"a":{}}"#,
        "[[],{},[[]]]",
        "[1 ,2\t,\n3]", "123456789012345678901234567890", "5e-324", "1e400", "{\"\":0}", "[\"\u{FEFF}\"]",
    ])
    func valid(text: String) { #expect(fault(text) == nil, "\(text)") }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}",
        "{1:1}", "{\"a\" 1}",
        "{\"a\":1 \"b\":2}", "[1}", "{\"a\":1]", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "undefined", "+1", "-", "01",
        "-01", "1.", ".5", "1e", "1e+",
        "1.e1", "0x10", "1_000", "--1", "1 2", "{}{}", "[]x", "\"", "\"a", "\"\\\"", "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\"",
        #""\ud800""#,
        #""\ud800\u0041""#, #""\udc00""#, #""\ud83dx""#, "\"\n\"", "\"\t\"", "\"\u{0}\"", "// a", "/**/{}", "\u{FEFF}{}", "\u{A0}{}",
        "{\"a\":1}\u{0}", "\u{C}[]",
    ])
    func invalid(text: String) { #expect(fault(text)?.code == .badRequest, "\(text)") }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0xAF], [0xC3], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x98], [0x80],
        ] as [[UInt8]])
    func noUTF8(bytes: [UInt8]) {
        for more: [UInt8] in [[], Array("\\n".utf8)] {
            #expect(fault([0x22] + bytes + more + [0x22])?.code == .badRequest)
            #expect(fault([0x7B, 0x22] + bytes + more + Array("\":1}".utf8))?.code == .badRequest)
        }
    }

    @Test func depthIsBounded() {
        let most = JSONReader.mostDepth
        func deep(_ count: Int) -> String { String(repeating: "[", count: count) + String(repeating: "]", count: count) }
        #expect(fault(deep(most)) == nil && fault(deep(most + 1))?.code == .badRequest)
        #expect(fault(String(repeating: "[", count: 1_000_000))?.code == .badRequest)
        #expect(fault(String(repeating: "{\"a\":", count: 1_000_000))?.code == .badRequest)
    }

    @Test func numbersAreThoseOfTheStandardLibrary() throws {
        for text in ["0.1", "-0", "1e22", "1e23", "5e-324", "1.7976931348623157e308", "9007199254740993", "0.30000000000000004", "1e-400"] {
            #expect(try reading(text) { try $0.number() }.bitPattern == Double(text)!.bitPattern, "\(text)")
        }
        for text in ["1e400", "-1e309"] { #expect(refusal { _ = try reading(text) { try $0.number() } }?.code == .unprocessable) }
        let digits = String(repeating: "9", count: 400)
        #expect(try reading(digits) { try $0.digits() } == digits)
        #expect(fault(digits + "9")?.code == .badRequest)
    }

    @Test func wholeNumbersAreWrittenAsSuch() throws {
        #expect(try reading("-7") { try $0.integer(-7...7) } == -7)
        #expect(try reading("9223372036854775807") { try $0.integer(0...Int64.max) } == .max)
        for text in ["8", "-8", "1.0", "1e0", "9223372036854775808", "\"1\"", "null"] {
            #expect(refusal { _ = try reading(text) { try $0.integer(-7...7) } }?.code == .unprocessable, "\(text)")
        }
    }

    @Test func limitsCountBytesOfTheText() throws {
        #expect(try reading("\"üü\"") { try $0.text(limit: 4) } == "üü")
        #expect(try reading(#""\u00fc\u00fc""#) { try $0.text(limit: 4) } == "üü")
        for text in ["\"üüa\"", #""\u00fc\u00fca""#, "\"abcde\""] {
            let fault = refusal { _ = try reading(text) { try $0.text(limit: 4) } }
            #expect(fault?.code == .unprocessable && fault?.message.contains("4 bytes") == true)
        }
        let name = String(repeating: "n", count: JSONReader.longestName)
        #expect(fault("{\"\(name)\":1}") == nil && fault("{\"\(name)n\":1}")?.code == .unprocessable)
    }

    @Test func aFaultNamesItsPlaceAndNoValue() throws {
        let text = #"{"events":[{"page":"secret"},{"page":{"x":["secret",1,tru]}}]}"#
        let malformed = try #require(fault(text))
        #expect(malformed.place == "events[1].page.x[2]")
        #expect(!malformed.message.contains("secret") && malformed.message.contains("byte"))
        let wrong = refusal { try reading(#"{"a":{"b":[0,"secret"]}}"#, Self.dig) }
        #expect(wrong?.place == "a.b[1]" && wrong?.message.contains("secret") == false)
    }

    private static func dig(_ reader: inout JSONReader) throws {
        try reader.beginObject()
        while try reader.nextName() != nil {
            try reader.beginObject()
            while try reader.nextName() != nil {
                try reader.beginArray()
                while try reader.nextElement() { _ = try reader.number() }
            }
        }
    }

    @Test func rawGivesTheBytesOfAValue() throws {
        let text = #" {"a" : [1, {"b":"]"}] , "c":2}"#
        let range = try reading(text) { reader in
            try reader.beginObject()
            _ = try reader.nextName()
            let range = try reader.raw()
            _ = try reader.nextName()
            #expect(try reader.number() == 2)
            #expect(try reader.nextName() == nil)
            return range
        }
        #expect(String(decoding: Array(text.utf8)[range], as: UTF8.self) == #"[1, {"b":"]"}]"#)
    }
}
