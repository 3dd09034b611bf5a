import DurableFiles
import InferenceService
import SequenceKernel
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

    @Test func decimalsOfAnyLengthAreTheNearestFloats() throws {
        var random = RandomSource(5, 0xDEC1)
        for round in 0..<20_000 {
            let digits = 1 + random.below(19), point = random.below(digits + 1)
            var text = (0..<digits).map { _ in "\(random.below(10))" }.joined()
            if point > 0, point < digits { text.insert(".", at: text.index(text.startIndex, offsetBy: point)) }
            while text.count > 1, text.hasPrefix("0"), !text.hasPrefix("0.") { text.removeFirst() }
            if round % 3 == 0 { text = "-" + text }
            #expect(try reading(text) { try $0.number() }.bitPattern == Double(text)!.bitPattern, "\(text)")
            let whole = text.hasPrefix("-") || text.contains(".") ? nil : Int64(text)
            if let whole { #expect(try reading(text) { try $0.integer(0...Int64.max) } == whole) }
        }
    }

    /// Eight bytes are looked at together: what is special must be seen at each place of them.
    @Test func whatIsSpecialIsSeenAtEveryPlace() throws {
        for length in 0..<20 {
            for place in 0...length {
                let (before, after) = (String(repeating: "a", count: place), String(repeating: "z", count: length - place))
                for (written, meant) in [("\\\"", "\""), ("\\\\", "\\"), ("ü", "ü"), ("\\u00e4", "ä"), ("\u{7F}", "\u{7F}"), ("!", "!")] {
                    #expect(try reading("\"\(before)\(written)\(after)\"") { try $0.text(limit: 100) } == before + meant + after)
                }
                for byte: UInt8 in [0x00, 0x09, 0x0A, 0x1F, 0x80, 0xC3, 0xFF] {
                    let bytes = [0x22] + Array(before.utf8) + [byte] + Array(after.utf8) + [0x22]
                    #expect(fault(bytes)?.code == .badRequest, "\(byte) at \(place) of \(length)")
                }
                #expect(fault("\"\(before)\"\(after)") != nil || after.isEmpty)
            }
        }
    }

    @Test func membersAreFoundByTheirBytes() throws {
        let names = MemberNames(["time", "time_us", "ü", "", "page\"s"].enumerated().map { ($1, $0) })
        func members(_ text: String) throws -> [Int] {
            try reading(text) { reader in
                var found: [Int] = []
                try reader.beginObject()
                while true {
                    switch try reader.nextMember(names.table) {
                    case .end: return found
                    case .unknown: found.append(-1)
                    case .known(let number): found.append(number)
                    }
                    try reader.skip()
                }
            }
        }
        #expect(
            try members(#"{"time_us":1,"time":[],"":2,"ü":{},"tim":0,"times":0,"u\u0308":1,"\u00fc":0,"page\"s":1,"t\u0069me":3}"#)
                == [1, 0, 3, 2, -1, -1, -1, 2, 4, 0])
        #expect(refusal { _ = try members("{\"tim\u{0}\":1}") }?.code == .badRequest)
        let long = String(repeating: "n", count: JSONReader.longestName + 1)
        #expect(refusal { _ = try members("{\"\(long)\":1}") }?.code == .unprocessable)
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
