import EventStream
import Testing

/// The fast scanner against a slow one written from the rules, character by character, at every possible boundary of portions.
@Suite struct ExportsScannerTests {
    enum Row: Equatable {
        case fields([[UInt8]], line: Int, offset: Int)
        case fault(RejectReason, line: Int, offset: Int)
    }

    /// Reads through a window that starts tiny and is fed `portion` bytes at a time.
    func fast(_ bytes: [UInt8], _ dialect: DelimitedDialect, capacity: Int, portion: Int) throws -> [Row] {
        let window = InputWindow(MemoryBytes(bytes, portion: portion), capacity: capacity, maximumRowBytes: 1 << 20)
        let scanner = RecordScanner(dialect)
        var rows: [Row] = []
        var line = 1
        while window.start < window.end || !window.isLast {
            switch scanner.scan(window.bytes, from: window.start, to: window.end, isLast: window.isLast) {
            case .record(let length, let lines):
                let base = window.bytes + window.start
                if !scanner.isBlank {
                    let fields = (0..<scanner.count).map { index in
                        let field = scanner.unescape(index, in: base)
                        return Array(UnsafeBufferPointer(start: base + field.start, count: field.end - field.start))
                    }
                    rows.append(.fields(fields, line: line, offset: window.offset))
                }
                window.consume(length)
                line += lines
            case .needsMore:
                let extended = try window.extend()
                #expect(extended)
                if !extended { return rows }
            case .fault(let reason, _):
                rows.append(.fault(reason, line: line, offset: window.offset))
                try window.skipLine()
                line += 1
            }
        }
        return rows
    }

    /// One character at a time over the whole text.
    func slow(_ bytes: [UInt8], _ dialect: DelimitedDialect) -> [Row] {
        var rows: [Row] = []
        var at = 0
        var line = 1
        func lineEnd(_ i: Int) -> Int {
            bytes[i] == 13 && i + 1 < bytes.count && bytes[i + 1] == 10 ? 2 : bytes[i] == 13 || bytes[i] == 10 ? 1 : 0
        }
        while at < bytes.count {
            var i = at
            var lines = 1
            var fields: [[UInt8]] = []
            var field: [UInt8] = []
            var sawQuote = false
            var fault: RejectReason?
            record: while true {
                field = []
                if i < bytes.count, dialect.quote != 0, bytes[i] == dialect.quote {
                    sawQuote = true
                    i += 1
                    while true {
                        guard i < bytes.count else {
                            fault = .unclosedQuote
                            break record
                        }
                        if dialect.escape != 0, bytes[i] == dialect.escape {
                            guard i + 1 < bytes.count else {
                                fault = .unclosedQuote
                                break record
                            }
                            field.append(bytes[i + 1])
                            if bytes[i + 1] == 10 { lines += 1 }
                            i += 2
                        } else if bytes[i] == dialect.quote {
                            guard i + 1 < bytes.count, bytes[i + 1] == dialect.quote else { break }
                            field.append(bytes[i])
                            i += 2
                        } else {
                            let length = lineEnd(i)
                            if length > 0 { lines += 1 }
                            field += bytes[i..<i + max(length, 1)]
                            i += max(length, 1)
                        }
                    }
                    i += 1
                    if i < bytes.count, bytes[i] != dialect.delimiter, lineEnd(i) == 0 {
                        fault = .badQuoting
                        break record
                    }
                } else {
                    while i < bytes.count, bytes[i] != dialect.delimiter, lineEnd(i) == 0 {
                        if dialect.escape != 0, bytes[i] == dialect.escape, i + 1 < bytes.count {
                            if bytes[i + 1] == 10 { lines += 1 }
                            i += 1
                        }
                        field.append(bytes[i])
                        i += 1
                    }
                }
                fields.append(field)
                guard i < bytes.count else { break }
                let end = lineEnd(i)
                i += max(end, 1)
                if end > 0 { break }
            }
            if let fault {
                rows.append(.fault(fault, line: line, offset: at))
                while at < bytes.count, lineEnd(at) == 0 { at += 1 }
                if at < bytes.count { at += lineEnd(at) }
                line += 1
            } else {
                if !(fields == [[]] && !sawQuote) { rows.append(.fields(fields, line: line, offset: at)) }
                at = i
                line += lines
            }
        }
        return rows
    }

    static let dialects: [DelimitedDialect] = [
        .init(), .init(delimiter: UInt8(ascii: ";"), quote: UInt8(ascii: "'")), .init(delimiter: 9, quote: 0),
        .init(delimiter: UInt8(ascii: "|"), escape: UInt8(ascii: "\\")), .init(delimiter: 9, quote: 0, escape: UInt8(ascii: "\\")),
    ]

    @Test(arguments: 0..<5) func agreesOnRandomText(dialect index: Int) throws {
        let dialect = Self.dialects[index]
        // Few different bytes, so that quotes, escapes and line ends meet each other all the time.
        let letters: [UInt8] =
            [dialect.delimiter, dialect.delimiter, 10, 13, UInt8(ascii: "a"), UInt8(ascii: "b"), 0xC3]
            + (dialect.quote == 0 ? [0x22] : [dialect.quote, dialect.quote, dialect.quote]) + (dialect.escape == 0 ? [] : [dialect.escape])
        for seed in 0..<1_500 {
            var random = SeededGenerator(seed: UInt64(seed))
            let bytes = (0..<Int.random(in: 1...60, using: &random)).map { _ in letters.randomElement(using: &random)! }
            // `\N` alone stays as it is; the slow reader does not know that rule and the letters hold no N.
            let expected = slow(bytes, dialect)
            let capacity = Int.random(in: 8...70, using: &random)
            let portion = Int.random(in: 1...70, using: &random)
            let found = try fast(bytes, dialect, capacity: capacity, portion: portion)
            #expect(found == expected, "seed \(seed), capacity \(capacity), portion \(portion), bytes \(bytes)")
            if found != expected { return }
        }
    }

    @Test(arguments: 0..<5) func everyBoundaryGivesTheSame(dialect index: Int) throws {
        let dialect = Self.dialects[index]
        let d = String(UnicodeScalar(dialect.delimiter))
        let q = dialect.quote == 0 ? "" : String(UnicodeScalar(dialect.quote))
        let text =
            "a\(d)b\r\n\(q)x\(q)\(d)\(q)y\(q)\r\(d)\n\(q)l1\r\nl2\(q)\(d)\(q)\(q)\(q)q\(q)\r\n\nlonger than eight bytes\(d)é\(d)\r\nend"
        let bytes = Array(text.utf8)
        let expected = slow(bytes, dialect)
        for capacity in 8...bytes.count + 8 {
            for portion in 1...bytes.count {
                let found = try fast(bytes, dialect, capacity: capacity, portion: portion)
                #expect(found == expected, "capacity \(capacity), portion \(portion)")
                if found != expected { return }
            }
        }
    }

    @Test func escapesAreRemoved() throws {
        let backslash = DelimitedDialect(delimiter: 9, quote: 0, escape: UInt8(ascii: "\\"))
        let rows = try fast(Array("a\\\tb\tc\\\\\t\\N\t\\\n\n".utf8), backslash, capacity: 8, portion: 3)
        #expect(rows == [.fields(["a\tb", "c\\", "\\N", "\n"].map { Array($0.utf8) }, line: 1, offset: 0)])
    }
}
