#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Cutting delimited text into blocks of whole records.
///
/// Where no quote and no escape is in sight a record ends at every line feed. Elsewhere records are walked over as the reader will, so
/// that a block ends where a record begins whatever stands inside quotes, and a fault is met in the same place.
extension DelimitedReader: BlockSource {
    var linesBefore: Int { line - 1 }

    func blockParser(for block: ExportBlock) -> any BlockParser { DelimitedBlockParser(self, block) }

    mutating func cut(into block: ExportBlock) throws(ExportError) -> Bool {
        block.trailing = nil
        while true {
            if window.end - window.start < limits.blockBytes / 2 { _ = try window.extend() }
            guard window.start < window.end || !window.isLast else { return false }
            if let count = holdsQuotes ? throughLastQuotedRecord() ?? throughLastRecord() : throughLastLine() {
                block.window.load(count, from: window)
                return true
            }
            if try window.extend() { continue }
            return try skipLongRow(into: block)
        }
    }

    private var holdsQuotes: Bool {
        let count = min(window.end - window.start, limits.blockBytes)
        func holds(_ byte: UInt8) -> Bool { byte != 0 && count > 0 && memchr(window.bytes + window.start, Int32(byte), count) != nil }
        return holds(scanner.dialect.quote) || holds(scanner.dialect.escape)
    }

    private func throughLastLine() -> Int? {
        let rest = window.end - window.start
        if window.isLast, rest <= limits.blockBytes { return rest }
        return window.throughLastLineFeed(limit: limits.blockBytes) ?? throughLastRecord()
    }

    /// As ``throughLastRecord()``, from quote to quote instead of field by field. Nil unless every quote in sight begins or ends a field or is
    /// doubled inside one, and no record with quotes is so long that it could have too many columns: what is then left is a line feed
    /// outside of quotes, which always ends a record.
    private func throughLastQuotedRecord() -> Int? {
        let quote = scanner.dialect.quote, delimiter = scanner.dialect.delimiter
        guard scanner.dialect.escape == 0 else { return nil }
        let bytes = window.bytes, start = window.start
        let end = min(window.end, start + limits.blockBytes)
        // Where the record begins that is being looked at, and where looking goes on.
        var record = start
        var place = start
        /// Moves to the last record that begins before `limit`; false when the one with quotes before it is very long.
        func pass(to limit: Int) -> Bool {
            guard let first = memchr(bytes + place, 0x0A, limit - place) else { return true }
            let length = first.assumingMemoryBound(to: UInt8.self) - bytes - record
            guard record == place || length < scanner.maximumColumns else { return false }
            var last = limit - 1
            while bytes[last] != 0x0A { last -= 1 }
            record = last + 1
            return true
        }
        while let found = memchr(bytes + place, Int32(quote), end - place) {
            let opening = found.assumingMemoryBound(to: UInt8.self) - bytes
            guard pass(to: opening), opening == record || bytes[opening - 1] == delimiter else { return nil }
            var closing = opening + 1
            while true {
                guard let next = memchr(bytes + closing, Int32(quote), end - closing) else { return record > start ? record - start : nil }
                closing = next.assumingMemoryBound(to: UInt8.self) - bytes
                guard closing + 1 < end else { return record > start ? record - start : nil }
                guard bytes[closing + 1] == quote else { break }
                closing += 2
                guard closing < end else { return record > start ? record - start : nil }
            }
            let after = bytes[closing + 1]
            guard after == delimiter || after == 0x0A || after == 0x0D else { return nil }
            place = closing + 1
        }
        return pass(to: end) && record > start ? record - start : nil
    }

    /// Bytes of the whole records ahead; nil when not even one ends in the window.
    private func throughLastRecord() -> Int? {
        let start = window.start
        var place = start
        // A fault may have been seen far behind the line it is charged to; the block must hold all that was looked at.
        var reach = start
        var safe = start
        walk: while place < window.end, safe - start < limits.blockBytes {
            switch scanner.scan(window.bytes, from: place, to: window.end, isLast: window.isLast) {
            case .record(let length, _): place += length
            case .needsMore: break walk
            case .fault:
                reach = max(reach, min(scanner.faultEnd + 1, window.end))
                guard let next = nextLine(after: place) else { break walk }
                place = next
            }
            if place >= reach { safe = place }
        }
        return safe > start ? safe - start : nil
    }

    /// Where the physical line after this one begins; nil when its end is not certain yet.
    private func nextLine(after place: Int) -> Int? {
        for index in place..<window.end {
            if window.bytes[index] == 0x0A { return index + 1 }
            guard window.bytes[index] == 0x0D else { continue }
            if index + 1 == window.end { return window.isLast ? index + 1 : nil }
            return window.bytes[index + 1] == 0x0A ? index + 2 : index + 1
        }
        return window.isLast ? window.end : nil
    }

    /// The window is as large as it may be and no record ends in it.
    private mutating func skipLongRow(into block: ExportBlock) throws(ExportError) -> Bool {
        block.window.load(0, from: window)
        let fault: (reason: RejectReason, field: Int?, hint: String)
        switch scanner.scan(window.bytes, from: window.start, to: window.end, isLast: window.isLast) {
        case .fault(let reason, let field): fault = (reason, field, hint(for: reason))
        case .needsMore(let insideQuotes): fault = longRow(insideQuotes: insideQuotes)
        case .record: preconditionFailure("DelimitedReader.cut: a whole record was overlooked")
        }
        block.trailing = Reject(
            fault.reason, file: path, line: 0, column: fault.field.map { $0 + 1 }, byteOffset: window.offset, hint: fault.hint)
        try window.skipLine()
        return true
    }
}

private final class DelimitedBlockParser: BlockParser {
    private var reader: DelimitedReader
    var rows: CodedRows { reader.assembler.rows }

    init(_ source: DelimitedReader, _ block: ExportBlock) { reader = DelimitedReader(source, window: block.window) }

    func parse(goingOn: Bool, rejects: inout RejectCollector) throws(ExportError) -> Int? {
        try reader.readAll(goingOn: goingOn, &rejects)
    }
}
