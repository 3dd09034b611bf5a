import ArrowExchange
import CArrow
import Testing

/// Streams made in Swift and read back through the C structures; no plugin is needed.
struct RoundTripTests {
    /// Batches through an `ArrowArrayStream`.
    static func passing(_ fields: [ArrowField], _ batches: [[ArrowValues]]) throws -> ArrowStream {
        var left = batches[...]
        var stream = ArrowArrayStream()
        ArrowExport.stream(fields, into: &stream) { () throws(ArrowError) in left.popFirst() }
        let taken = try ArrowStream(taking: &stream, place: "test")
        #expect(stream.release == nil, "a stream that was moved is not the giver's any more")
        return taken
    }

    /// The texts of a column, nil where there is none.
    static func texts(_ column: ArrowColumn, times: ArrowTimeText = .iso8601) -> [String?] {
        let text = ArrowText()
        return (0..<column.count).map { row in
            text.clear()
            return column.write(row, to: text, times: times) ? String(decoding: text.bytes, as: UTF8.self) : nil
        }
    }

    /// The texts of the only column of the only batch.
    static func texts(_ field: ArrowField, _ values: ArrowValues, times: ArrowTimeText = .iso8601) throws -> [String?] {
        let stream = try passing([field], [[values]])
        let batch = try #require(try stream.next())
        let result = texts(batch.columns[0], times: times)
        #expect(try stream.next() == nil)
        return result
    }

    @Test func numbersTextsAndNulls() throws {
        #expect(
            try Self.texts(ArrowField("n", .integer(bytes: 8, signed: true), isNullable: true), .int64([1, nil, .min, .max]))
                == ["1", nil, "-9223372036854775808", "9223372036854775807"])
        #expect(
            try Self.texts(ArrowField("d", .float(bytes: 8), isNullable: true), .float64([0.1, nil, 123, .nan, -2.5, 1e300]))
                == ["0.1", nil, "123", nil, "-2.5", "1e+300"])
        #expect(try Self.texts(ArrowField("f", .float(bytes: 4)), .float32([0.1, 16_777_216, -0.5])) == ["0.1", "16777216", "-0.5"])
        #expect(
            try Self.texts(ArrowField("t", .utf8, isNullable: true), .utf8(["", nil, "größer", "a\"b"])) == ["", nil, "größer", "a\"b"])
        #expect(
            try Self.texts(
                ArrowField("c", .utf8, isNullable: true, dictionaryIndex: .integer(bytes: 4, signed: true)),
                .dictionary([1, nil, 0, 1], words: ["app", "web"])) == ["web", nil, "app", "web"])
    }

    /// The quick way to write numbers of few places gives the shortest text, too.
    @Test func numbersOfFewPlacesAreWrittenAsSwiftDoes() throws {
        var random = Steps(state: 11)
        var values: [Double] = [
            0.0001, 0.00001, -0.1, 99_999_999_999.9999, 999_999_999_999.9999, 1e15 + 0.5, 0.1 + 0.2, .leastNonzeroMagnitude,
        ]
        for _ in 0..<20_000 {
            let number = Double(Int64.random(in: -1_000_000_000...1_000_000_000, using: &random))
            values.append(number / [1, 10, 100, 1000, 10_000, 100_000].randomElement(using: &random)!)
            values.append(Double.random(in: -1e6...1e6, using: &random))
        }
        let texts = try Self.texts(ArrowField("d", .float(bytes: 8)), .float64(values))
        for (value, text) in zip(values, texts) {
            // A whole number is written without a point, so that an id some tool made a float is the id.
            #expect(text == (value == value.rounded() ? "\(Int64(value))" : "\(value)"))
        }
    }

    @Test func textsAndInstantsLieWhereTheySay() throws {
        let fields = [
            ArrowField("t", .utf8, isNullable: true), ArrowField("i", .timestamp(.nanoseconds, zone: "UTC"), isNullable: true),
            ArrowField("n", .timestamp(.seconds, zone: "")),
        ]
        let zoned = ArrowType.timestamp(.nanoseconds, zone: "UTC"), local = ArrowType.timestamp(.seconds, zone: "")
        let values: [ArrowValues] = [
            .utf8(["ab", nil, "", "é"]), .fixed(zoned, ArrowBuffer([Int64(1_999), -1, 0, .max]), count: 4),
            .fixed(local, ArrowBuffer([Int64(1), 2, 3, 4]), count: 4),
        ]
        let stream = try Self.passing(fields, [values])
        let batch = try #require(try stream.next())
        let texts = try #require(batch.columns[0].texts)
        let found = (0..<4).map { row in
            texts.isNull(row)
                ? nil
                : String(
                    decoding: UnsafeBufferPointer(start: texts.bytes + texts.start(row), count: texts.start(row + 1) - texts.start(row)),
                    as: UTF8.self)
        }
        #expect(found == ["ab", nil, "", "é"])
        let instants = try #require(batch.columns[1].instants)
        #expect((0..<4).map { instants.microseconds($0) } == [1, nil, 0, .max / 1000], "before 1970 there is none")
        #expect(batch.columns[2].instants == nil, "a time without a zone is no instant")
        #expect(batch.columns[0].instants == nil && batch.columns[1].texts == nil)
    }

    @Test func slicesHonourOffsetAndBitmap() throws {
        let values: [Int64?] = (0..<40).map { $0 % 3 == 0 ? nil : Int64($0) }
        let column = ArrowValues.int64(values)
        for start in [0, 1, 7, 8, 9, 31] {
            let sliced = try Self.texts(
                ArrowField("n", .integer(bytes: 8, signed: true), isNullable: true), column.slice(start..<start + 9))
            #expect(sliced == values[start..<start + 9].map { $0.map { "\($0)" } }, "from row \(start)")
        }
        let words = ArrowValues.utf8((0..<20).map { $0 % 4 == 1 ? nil : String(repeating: "x", count: $0) })
        #expect(try Self.texts(ArrowField("t", .utf8, isNullable: true), words.slice(4..<7)) == ["xxxx", nil, "xxxxxx"])
        // A slice of a slice.
        #expect(try Self.texts(ArrowField("t", .utf8, isNullable: true), words.slice(4..<12).slice(2..<4)) == ["xxxxxx", "xxxxxxx"])
    }

    @Test func timesOfAllUnits() throws {
        func stamp(_ unit: ArrowType.TimeUnit, _ zone: String, _ value: Int64, _ times: ArrowTimeText = .iso8601) throws -> String? {
            let type = ArrowType.timestamp(unit, zone: zone)
            return try Self.texts(ArrowField("t", type), .fixed(type, ArrowBuffer([value]), count: 1), times: times)[0]
        }
        #expect(try stamp(.seconds, "UTC", 1_795_253_400) == "2026-11-21T09:30:00Z")
        #expect(try stamp(.milliseconds, "", 1_795_253_400_250) == "2026-11-21T09:30:00.250")
        #expect(try stamp(.microseconds, "Europe/Berlin", 1_795_253_400_250_001) == "2026-11-21T09:30:00.250001Z")
        #expect(try stamp(.nanoseconds, "UTC", 1_795_253_400_000_000_001) == "2026-11-21T09:30:00.000000001Z")
        #expect(try stamp(.microseconds, "UTC", -1) == "1969-12-31T23:59:59.999999Z")
        #expect(try stamp(.milliseconds, "UTC", 951_782_400_000) == "2000-02-29T00:00:00Z")
        #expect(try stamp(.milliseconds, "", 1_795_253_400_250, .epoch(microsecondsPerUnit: 1_000_000)) == "1795253400.250000")
        #expect(try stamp(.nanoseconds, "", 1_795_253_400_250_000_000, .epoch(microsecondsPerUnit: 1)) == "1795253400250000")
        #expect(try stamp(.seconds, "", .max, .epoch(microsecondsPerUnit: 1)) == "9223372036854775807", "out of range, not wrapped")
        #expect(try Self.texts(ArrowField("d", .date32), .fixed(.date32, ArrowBuffer([Int32(20_778)]), count: 1)) == ["2026-11-21"])
        #expect(
            try Self.texts(ArrowField("u", .timestamp(.microseconds, zone: "UTC"), isNullable: true), .timestamps([0, nil]))
                == ["1970-01-01T00:00:00Z", nil])
    }

    @Test func everyWidthOfNumbers() throws {
        func read<Value: BitwiseCopyable>(_ type: ArrowType, _ values: [Value]) throws -> [String?] {
            try Self.texts(ArrowField("n", type), .fixed(type, ArrowBuffer(values), count: values.count))
        }
        #expect(try read(.integer(bytes: 1, signed: true), [Int8.min, .max]) == ["-128", "127"])
        #expect(try read(.integer(bytes: 2, signed: true), [Int16.min, .max]) == ["-32768", "32767"])
        #expect(try read(.integer(bytes: 4, signed: true), [Int32.min, .max]) == ["-2147483648", "2147483647"])
        #expect(try read(.integer(bytes: 1, signed: false), [UInt8.max]) == ["255"])
        #expect(try read(.integer(bytes: 2, signed: false), [UInt16.max]) == ["65535"])
        #expect(try read(.integer(bytes: 4, signed: false), [UInt32.max]) == ["4294967295"])
        #expect(try read(.integer(bytes: 8, signed: false), [UInt64.max]) == ["18446744073709551615"])
        #expect(try read(.float(bytes: 2), [UInt16(0x3E00), 0xC000, 0x0001, 0x7E00]) == ["1.5", "-2", "5.9604645e-08", nil])
        let decimals = ArrowValues.fixed(.decimal(precision: 10, scale: 2), ArrowBuffer([Int64(-5), -1, 12_345, 0]), count: 2)
        #expect(try Self.texts(ArrowField("d", .decimal(precision: 10, scale: 2)), decimals) == ["-0.05", "123.45"])
        #expect(
            try Self.texts(ArrowField("b", .boolean), .fixed(.boolean, ArrowBuffer(bits: [true, false, true]), count: 3))
                == ["true", "false", "true"])
    }

    @Test func nestedParameters() throws {
        let value = ArrowField(
            "value", .structure,
            children: [
                ArrowField("string_value", .utf8, isNullable: true),
                ArrowField("int_value", .integer(bytes: 8, signed: true), isNullable: true),
            ])
        let entry = ArrowField("element", .structure, children: [ArrowField("key", .utf8), value])
        let field = ArrowField("event_params", .list, isNullable: true, children: [entry])
        let values = ArrowValues.list(
            [0, 2, 2, 3],
            of: .structure(
                [
                    .utf8(["page_location", "ga_session_id", "page_location"]),
                    .structure([.utf8(["/a", nil, "/b"]), .int64([nil, 7, nil])], count: 3),
                ], count: 3), validity: [true, false, true])
        let expected: [String?] = [
            #"[{"key":"page_location","value":{"string_value":"/a","int_value":null}},"#
                + #"{"key":"ga_session_id","value":{"string_value":null,"int_value":7}}]"#,
            nil, #"[{"key":"page_location","value":{"string_value":"/b","int_value":null}}]"#,
        ]
        #expect(try Self.texts(field, values) == expected)
        #expect(try Self.texts(field, values.slice(1..<3)) == Array(expected[1...]))
    }

    @Test func vectorsKeepTheirBits() throws {
        let bits: [UInt32] = [0x3F80_0000, 0x0000_0001, 0x8000_0000, 0x7FC0_0001, 0x3DCC_CCCD, 0xFF80_0000]
        let buffer = ArrowBuffer(bits)
        let stream = try Self.passing(
            [.floats("embedding", 2)], [[.floats(buffer, rows: 3, size: 2)], [.floats(buffer, rows: 1, size: 2, offset: 1)]])
        #expect(stream.fields == [.floats("embedding", 2)])
        let whole = try #require(try stream.next())
        let floats = try #require(whole.columns[0].floats())
        #expect(floats.map(\.bitPattern) == bits)
        #expect(floats.baseAddress == UnsafePointer(buffer.memory.baseAddress!.assumingMemoryBound(to: Float.self)), "no copy was made")
        let part = try #require(try stream.next())
        #expect(part.columns[0].floats()?.map(\.bitPattern) == Array(bits[2..<4]))
    }

    @Test func emptyBatchesAndNoBatches() throws {
        let fields = [ArrowField("n", .integer(bytes: 8, signed: true)), ArrowField("t", .utf8)]
        let stream = try Self.passing(fields, [[.int64([]), .utf8([])], [.int64([1]), .utf8(["x"])]])
        #expect(try stream.next()?.count == 0)
        #expect(try stream.next()?.count == 1)
        #expect(try stream.next() == nil)
        #expect(try Self.passing(fields, []).next() == nil)
    }

    @Test func buffersAreReleased() throws {
        weak var watched: ArrowBuffer?
        try {
            let buffer = ArrowBuffer([Int64(1), 2])
            watched = buffer
            let stream = try Self.passing(
                [ArrowField("n", .integer(bytes: 8, signed: true))],
                [
                    [.fixed(.integer(bytes: 8, signed: true), buffer, count: 2)],
                    [.fixed(.integer(bytes: 8, signed: true), buffer, count: 1)],
                ])
            _ = try stream.next()
        }()
        #expect(watched == nil, "a batch that was read and one that never was")
    }

    @Test func faultsOfTheGiver() throws {
        var stream = ArrowArrayStream()
        ArrowExport.stream([ArrowField("n", .utf8)], into: &stream) { () throws(ArrowError) in
            throw .damaged(place: "there", reason: "torn")
        }
        let taken = try ArrowStream(taking: &stream, place: "here")
        do throws(ArrowError) {
            _ = try taken.next()
            Issue.record("the fault was swallowed")
        } catch { #expect(error.reason.contains("torn")) }
        // A batch that is not of its schema never reaches the other side.
        let wrong = try Self.passing([ArrowField("n", .utf8)], [[.int64([1])]])
        #expect(throws: ArrowError.self) { _ = try wrong.next() }
    }

    @Test func unreadFormatsAreNamed() throws {
        for format in ["z", "+r", "tiD", "+ud:0,1", "w:16", "vz", "d:40,2,256", "?"] {
            #expect(ArrowType(format: format) == .unsupported(format))
        }
        for format in [
            "n", "b", "c", "S", "L", "e", "g", "u", "U", "vu", "tdD", "tdm", "tsu:UTC", "tsn:", "+l", "+L", "+w:64", "+s", "+m", "d:10,2",
        ] {
            #expect(ArrowType(format: format).format == format)
        }
        let field = ArrowField("a", .structure, children: [ArrowField("b", .list, children: [ArrowField("c", ArrowType(format: "z"))])])
        #expect(field.firstUnsupported?.column == "a.b.c" && field.firstUnsupported?.format == "z")
    }
}

/// Numbers by chance, the same in every run (Knuth's linear congruential generator, upper bits).
private struct Steps: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        func half() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 32
        }
        let high = half() << 32
        return high | half()
    }
}
