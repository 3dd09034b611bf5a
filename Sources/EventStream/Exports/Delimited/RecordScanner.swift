/// The characters that structure delimited text. Zero stands for none.
package struct DelimitedDialect: Sendable, Equatable {
    /// Between fields.
    package var delimiter: UInt8
    /// Around fields that hold delimiters, quotes or line ends.
    package var quote: UInt8
    /// Before a character that is data. Without one a quote inside quotes is doubled.
    package var escape: UInt8

    /// A dialect; RFC 4180 unless said otherwise.
    package init(delimiter: UInt8 = UInt8(ascii: ","), quote: UInt8 = UInt8(ascii: "\""), escape: UInt8 = 0) {
        self.delimiter = delimiter
        self.quote = quote
        self.escape = escape
    }
}

/// Finds the fields of one record in memory, eight bytes at a time, and copies nothing.
///
/// A record ends at `\n`, `\r\n` or `\r` outside quotes, each as it comes. A quote opens only at the beginning of a field;
/// elsewhere it is a character. Work is proportional to the bytes, not to the fields.
///
/// One reader owns a scanner and calls it from one place at a time; the checks for overlapping access cost a third of the time
/// and are left out.
package final class RecordScanner {
    /// What was found at the beginning of the bytes.
    package enum Outcome: Equatable {
        /// A record of so many bytes and physical lines, its line end included.
        case record(length: Int, lines: Int)
        /// The record does not end here.
        case needsMore(insideQuotes: Bool)
        /// The record breaks the dialect in the field with this index.
        case fault(RejectReason, field: Int)
    }

    /// One field: its bytes without the quotes around it, relative to the start of the record.
    package struct Field {
        package var start: Int
        package var end: Int
        /// True when quotes stood around it.
        package var isQuoted: Bool
        /// True when escapes inside have still to be removed.
        package var hasEscapes: Bool
    }

    /// The dialect.
    package let dialect: DelimitedDialect
    /// Fields of the last record.
    @exclusivity(unchecked) package private(set) var count = 0
    /// True when the last record may hold bytes above 0x7F.
    @exclusivity(unchecked) package private(set) var mayHoldNonASCII = false
    /// True when the last record holds a zero byte.
    @exclusivity(unchecked) package private(set) var holdsNUL = false
    /// Up to where the bytes were looked at for the last fault.
    @exclusivity(unchecked) package private(set) var faultEnd = 0
    @exclusivity(unchecked) private var fields: UnsafeMutablePointer<Field>
    @exclusivity(unchecked) private var capacity = 64
    let maximumColumns: Int

    /// A scanner for one dialect.
    package init(_ dialect: DelimitedDialect, maximumColumns: Int = 100_000) {
        self.dialect = dialect
        self.maximumColumns = maximumColumns
        fields = .allocate(capacity: capacity)
    }

    deinit { fields.deallocate() }

    /// One field of the last record.
    package subscript(index: Int) -> Field {
        precondition(index >= 0 && index < count, "RecordScanner: field \(index) of \(count)")
        return fields[index]
    }

    /// True when the last record was an empty line.
    package var isBlank: Bool { count == 1 && fields[0].start == fields[0].end && !fields[0].isQuoted }

    /// Scans one record from `start`. `bytes[end]` must be readable and `\n`; seven bytes behind it must be readable.
    package func scan(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, isLast: Bool) -> Outcome {
        if dialect.quote == 0, dialect.escape == 0 { return scanPlain(bytes, start, end, isLast) }
        let delimiter = dialect.delimiter
        let quote = dialect.quote
        let inPlain = ByteSearch(delimiter, 0x0A, 0x0D, dialect.escape)
        var seen: UInt64 = 0
        var hasNUL = false
        var lines = 1
        var i = start
        var n = 0
        count = 0
        while true {
            if n == capacity {
                guard n < maximumColumns else { return fault(.tooManyFields, field: n, at: i) }
                enlarge(holding: n)
            }
            var field = Field(start: i - start, end: 0, isQuoted: false, hasEscapes: false)
            if quote != 0, bytes[i] == quote, i < end {
                field.isQuoted = true
                field.start += 1
                let close = scanQuoted(bytes, i + 1, end, isLast, &field, &lines, &seen, &hasNUL)
                switch close {
                case .closed(let at): (field.end, i) = (at - start, at + 1)
                case .open: return isLast ? fault(.unclosedQuote, field: n, at: end) : .needsMore(insideQuotes: true)
                }
                if i == end, !isLast { return .needsMore(insideQuotes: false) }
                guard i == end || bytes[i] == delimiter || bytes[i] == 0x0A || bytes[i] == 0x0D else {
                    return fault(.badQuoting, field: n, at: i)
                }
            } else {
                scan: while true {
                    i = inPlain.first(in: bytes, from: i, &seen)
                    if i >= end { break }
                    let byte = bytes[i]
                    if byte == delimiter || byte == 0x0A || byte == 0x0D { break scan }
                    if byte == 0 {
                        hasNUL = true
                        i += 1
                    } else {  // the escape
                        field.hasEscapes = true
                        if bytes[i + 1] == 0x0A, i + 1 < end { lines += 1 }
                        i = min(i + 2, end)
                    }
                }
                field.end = i - start
            }
            if i >= end {
                guard isLast else { return .needsMore(insideQuotes: false) }
                fields[n] = field
                finish(n + 1, seen, hasNUL)
                return .record(length: end - start, lines: lines)
            }
            fields[n] = field
            n += 1
            let byte = bytes[i]
            i += 1
            if byte == delimiter { continue }
            if byte == 0x0D {
                if i == end, !isLast { return .needsMore(insideQuotes: false) }
                if i < end, bytes[i] == 0x0A { i += 1 }
            }
            finish(n, seen, hasNUL)
            return .record(length: i - start, lines: lines)
        }
    }

    /// The same where nothing but delimiters and line ends means anything: a word with several of them is looked at once.
    private func scanPlain(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool) -> Outcome {
        let delimiter = dialect.delimiter
        let marks = ByteMarks(delimiter, 0x0A, 0x0D)
        var (seen, hasNUL, n, begin) = (UInt64(0), false, 0, start)
        var i = start
        count = 0
        while true {
            var hits = marks.all(in: bytes, at: i, &seen)
            while hits != 0 {
                let place = i &+ hits.trailingZeroBitCount &>> 3
                hits &= hits &- 1
                if place >= end {
                    guard isLast else { return .needsMore(insideQuotes: false) }
                    fields[n] = Field(start: begin - start, end: end - start, isQuoted: false, hasEscapes: false)
                    finish(n + 1, seen, hasNUL)
                    return .record(length: end - start, lines: 1)
                }
                let byte = bytes[place]
                if byte == 0, delimiter != 0 {
                    hasNUL = true
                    continue
                }
                fields[n] = Field(start: begin - start, end: place - start, isQuoted: false, hasEscapes: false)
                n += 1
                begin = place + 1
                if byte == delimiter {
                    if n == capacity {
                        guard n < maximumColumns else { return fault(.tooManyFields, field: n, at: begin) }
                        enlarge(holding: n)
                    }
                    continue
                }
                if byte == 0x0D {
                    if begin == end, !isLast { return .needsMore(insideQuotes: false) }
                    if begin < end, bytes[begin] == 0x0A { begin += 1 }
                }
                finish(n, seen, hasNUL)
                return .record(length: begin - start, lines: 1)
            }
            i &+= 8
        }
    }

    private func finish(_ fields: Int, _ seen: UInt64, _ hasNUL: Bool) {
        count = fields
        mayHoldNonASCII = seen & 0x8080_8080_8080_8080 != 0
        holdsNUL = hasNUL
    }

    private func fault(_ reason: RejectReason, field: Int, at place: Int) -> Outcome {
        faultEnd = place
        return .fault(reason, field: field)
    }

    private enum Closing { case closed(Int), open }

    private func scanQuoted(
        _ bytes: UnsafePointer<UInt8>, _ from: Int, _ end: Int, _ isLast: Bool, _ field: inout Field, _ lines: inout Int,
        _ seen: inout UInt64, _ hasNUL: inout Bool
    ) -> Closing {
        let quote = dialect.quote
        let escape = dialect.escape
        let inQuotes = ByteSearch(quote, 0x0A, 0x0D, escape)
        var i = from
        while true {
            i = inQuotes.first(in: bytes, from: i, &seen)
            guard i < end else { return .open }
            let byte = bytes[i]
            if byte == 0 {
                hasNUL = true
                i += 1
            } else if byte == escape {
                field.hasEscapes = true
                if bytes[i + 1] == 0x0A, i + 1 < end { lines += 1 }
                i = min(i + 2, end)
            } else if byte == quote {
                guard i + 1 < end else { return isLast ? .closed(i) : .open }
                // Some writers that escape with a backslash double their quotes too, so doubling is always understood.
                guard bytes[i + 1] == quote else { return .closed(i) }
                field.hasEscapes = true
                i += 2
            } else {
                if byte == 0x0A || i + 1 >= end || bytes[i + 1] != 0x0A { lines += 1 }
                i += 1
            }
        }
    }

    /// Removes the escapes of a field in place and gives its new end. To be called once, after the record is known to be whole.
    package func unescape(_ index: Int, in bytes: UnsafeMutablePointer<UInt8>) -> Field {
        var field = fields[index]
        guard field.hasEscapes else { return field }
        let escape = dialect.escape
        // `\N` alone is how databases write NULL; it stays as it is so that the mapping can call it missing.
        let isNull = escape != 0 && field.end - field.start == 2 && bytes[field.start + 1] == UInt8(ascii: "N")
        if !isNull {
            var to = field.start
            var from = field.start
            while from < field.end {
                let byte = bytes[from]
                let skips =
                    from + 1 < field.end
                    && ((escape != 0 && byte == escape) || (field.isQuoted && byte == dialect.quote && bytes[from + 1] == byte))
                if skips { from += 1 }
                bytes[to] = bytes[from]
                to += 1
                from += 1
            }
            field.end = to
        }
        field.hasEscapes = false
        fields[index] = field
        return field
    }

    private func enlarge(holding n: Int) {
        let larger = min(capacity * 4, max(maximumColumns, 64))
        let fresh = UnsafeMutablePointer<Field>.allocate(capacity: larger)
        fresh.update(from: fields, count: n)
        fields.deallocate()
        fields = fresh
        capacity = larger
    }
}

/// Finds the first of four bytes or a zero, eight at a time: subtracting one from every byte of a word borrows into the high bit
/// exactly where the byte was zero, up to the first such place, which is the one wanted.
struct ByteSearch {
    private let a: UInt64, b: UInt64, c: UInt64, d: UInt64

    init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        func everywhere(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
        (self.a, self.b, self.c, self.d) = (everywhere(a), everywhere(b), everywhere(c), everywhere(d))
    }

    /// The place of the first hit; `seen` collects the words passed. Needs a hit somewhere and seven readable bytes behind it.
    @inline(__always)
    func first(in bytes: UnsafePointer<UInt8>, from start: Int, _ seen: inout UInt64) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var i = start
        while true {
            let word = UInt64(littleEndian: UnsafeRawPointer(bytes + i).loadUnaligned(as: UInt64.self))
            let (x, y, z, w) = (word ^ a, word ^ b, word ^ c, word ^ d)
            let borrowed = ((x &- ones) & ~x) | ((y &- ones) & ~y) | ((z &- ones) & ~z) | ((w &- ones) & ~w) | ((word &- ones) & ~word)
            seen |= word
            let hits = borrowed & 0x8080_8080_8080_8080
            if hits != 0 { return i &+ hits.trailingZeroBitCount &>> 3 }
            i &+= 8
        }
    }
}

/// Finds all places of three bytes and of zero among eight, exactly: adding 0x7F to the low seven bits of a byte sets its high bit unless
/// they are all zero.
struct ByteMarks {
    private let a: UInt64, b: UInt64, c: UInt64

    init(_ a: UInt8, _ b: UInt8, _ c: UInt8) {
        func everywhere(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
        (self.a, self.b, self.c) = (everywhere(a), everywhere(b), everywhere(c))
    }

    /// The high bits of the bytes that were found; `seen` collects the words passed.
    @inline(__always)
    func all(in bytes: UnsafePointer<UInt8>, at place: Int, _ seen: inout UInt64) -> UInt64 {
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        let word = UInt64(littleEndian: UnsafeRawPointer(bytes + place).loadUnaligned(as: UInt64.self))
        seen |= word
        func others(_ x: UInt64) -> UInt64 { ((x & low) &+ low) | x }
        return ~(others(word ^ a) & others(word ^ b) & others(word ^ c) & others(word)) & ~low
    }
}
