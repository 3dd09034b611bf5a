import EventStream
import Testing

@Suite struct ExportsTimeTests {
    func read(_ text: String, _ time: EventTime) -> TimeOutcome {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            bytes.count == 0 ? .fault(.badTime) : time.read(TextSlice(bytes.baseAddress!, bytes.count))
        }
    }

    @Test func everyDayFrom1970To2262IsCountedInTurn() {
        var expected: Int64 = 0
        for year in Int64(1970)...2262 {
            let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
            for (month, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
                for day in 1...Int64(length) {
                    let found = daysSince1970(year: year, month: Int64(month + 1), day: day)
                    #expect(found == expected, "\(year)-\(month + 1)-\(day)")
                    if found != expected { return }
                    expected += 1
                }
                #expect(daysSince1970(year: year, month: Int64(month + 1), day: Int64(length + 1)) == nil)
            }
        }
        #expect(expected * 86_400_000_000 == EventTime.upperBound)
    }

    @Test func epochs() {
        let seconds = EventTime.epoch(microsecondsPerUnit: 1_000_000)
        let cases: [(String, EventTime, TimeOutcome)] = [
            ("0", seconds, .microseconds(0)), ("1511544070", seconds, .microseconds(1_511_544_070_000_000)),
            ("1396437437.94", seconds, .microseconds(1_396_437_437_940_000)), ("1.9999996", seconds, .microseconds(2_000_000)),
            ("1.0000004", seconds, .microseconds(1_000_000)), (" 12 ", seconds, .microseconds(12_000_000)),
            ("-0", seconds, .microseconds(0)),
            ("9246182399", seconds, .microseconds(9_246_182_399_000_000)), ("9246182400", seconds, .fault(.timeOutOfRange)),
            ("9246182399.9999999", seconds, .fault(.timeOutOfRange)), ("-1", seconds, .fault(.timeOutOfRange)),
            ("99999999999999999999999999", seconds, .fault(.timeOutOfRange)), ("9223372036854775807", seconds, .fault(.timeOutOfRange)),
            ("1.5e9", seconds, .fault(.badTime)), ("", seconds, .fault(.badTime)), (".5", seconds, .fault(.badTime)),
            ("12x", seconds, .fault(.badTime)),
            ("1511544070123", .epoch(microsecondsPerUnit: 1_000), .microseconds(1_511_544_070_123_000)),
            ("1.5", .epoch(microsecondsPerUnit: 1_000), .microseconds(1_500)),
            ("1511544070123456", .epoch(microsecondsPerUnit: 1), .microseconds(1_511_544_070_123_456)),
            ("1.5", .epoch(microsecondsPerUnit: 1), .microseconds(2)),
            ("9223372036854775807", .epoch(microsecondsPerUnit: 1), .fault(.timeOutOfRange)),
        ]
        for (text, time, expected) in cases { #expect(read(text, time) == expected, "\(text)") }
    }

    @Test func iso8601() {
        let base: Int64 = 1_795_253_400_000_000  // 2026-11-21T09:30:00Z
        let cases: [(String, TimeOutcome)] = [
            ("2026-11-21T09:30:00Z", .microseconds(base)), ("2026-11-21 09:30:00 UTC", .microseconds(base)),
            ("2026-11-21T11:30:00+02:00", .microseconds(base)), ("2026-11-21T11:30:00+0200", .microseconds(base)),
            ("2026-11-21T11:30+02", .microseconds(base)), ("2026-11-21 06:00:00-03:30", .microseconds(base)),
            ("2026-11-21T09:30:00.25Z", .microseconds(base + 250_000)), ("2026-11-21t09:30:00,123456789z", .microseconds(base + 123_456)),
            ("20261121T093000Z", .microseconds(base)), ("2026-11-21T09:30:60Z", .microseconds(base + 60_000_000)),
            ("2026-11-21T09:30:00", .fault(.localTime)), ("2026-11-21", .fault(.localTime)), ("2026-11-31T00:00:00Z", .fault(.badTime)),
            ("2026-02-29T00:00:00Z", .fault(.badTime)), ("2026-11-21T24:00:00Z", .fault(.badTime)),
            ("2026-11-21T09:60:00Z", .fault(.badTime)),
            ("2026-11-21T09:30:00Zx", .fault(.badTime)), ("2026-11-21T", .fault(.badTime)), ("2026-11-21T09:30:00.Z", .fault(.badTime)),
            ("1969-12-31T23:59:59Z", .fault(.timeOutOfRange)), ("1970-01-01T01:00:00+01:00", .microseconds(0)),
            ("1970-01-01T00:00:00+01:00", .fault(.timeOutOfRange)),
            ("2262-12-31T23:59:59.999999Z", .microseconds(EventTime.upperBound - 1)),
            ("2263-01-01T00:00:00Z", .fault(.timeOutOfRange)), ("9999-12-31T23:59:59Z", .fault(.timeOutOfRange)),
            ("yesterday", .fault(.badTime)),
        ]
        for (text, expected) in cases { #expect(read(text, .iso8601(zoneSeconds: nil)) == expected, "\(text)") }
        #expect(read("2026-11-21T10:30:00", .iso8601(zoneSeconds: 3600)) == .microseconds(base))
        #expect(read("2026-11-21T09:30:00Z", .iso8601(zoneSeconds: 3600)) == .microseconds(base))
    }

    @Test func composedTimes() throws {
        let scratch = ScratchDirectory()
        let path = scratch.file(
            "c", "s;y;m;d;h;mi;se\na;2008;4;1;0;0;0\na;2008;02;29;13;5;6.5\na;2007;2;29;0;0;0\na;2008;4;1;24;0;0\na;2008;4;;0;0;0\n")
        var mapping = ExportMapping()
        mapping.session = "s"
        mapping.time = .init(compose: ["y", "m", "d", "h", "mi", "se"], zone: "+01:00")
        let rows = try readAll(path, mapping)
        #expect(rows.times == [1_207_004_400_000_000, 1_204_286_706_500_000] && rows.visitors == ["a", "a"])
        #expect(rows.reasons == [.badTime, .badTime, .missingTime])
        let dates = scratch.file("d", "s,day,clock\na,2008-04-01,00:00\nb,20080401,01:02:03.5\nc,2008-04-01x,00:00\n")
        mapping.time = .init(compose: ["day", "clock"], pattern: [.date, .time], zone: "UTC")
        #expect(try readAll(dates, mapping).times == [1_207_008_000_000_000, 1_207_011_723_500_000])
    }

    @Test func numbersAreReadAsWellAsSlowly() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let digits = String((0..<Int.random(in: 1...20, using: &random)).map { _ in "0123456789".randomElement(using: &random)! })
            let fraction = Bool.random(using: &random) ? "." + String(UInt32.random(in: 0...UInt32.max, using: &random)) : ""
            let power = Bool.random(using: &random) ? "e\(Int.random(in: -30...30, using: &random))" : ""
            let text = (Bool.random(using: &random) ? "-" : "") + digits + fraction + power
            let found = Array(text.utf8).withUnsafeBufferPointer { decimalNumber(TextSlice($0.baseAddress!, $0.count)) }
            #expect(found == Double(text), "seed 7: \(text)")
        }
        for text in ["nan", "inf", "0x10", "1,5", "1e", "e5", ".", "-", "1 2", "1e999", "--1", "1e 5", "1e+"] {
            let found = Array(text.utf8).withUnsafeBufferPointer { decimalNumber(TextSlice($0.baseAddress!, $0.count)) }
            #expect(found == nil, "\(text)")
        }
    }
}
