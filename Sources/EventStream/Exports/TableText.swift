/// The records of a delimited table (RFC 4180): quotes hold delimiters and line ends together, and are doubled inside.
package struct TableText: Sequence, IteratorProtocol {
    /// One record, or why it is none.
    package struct Record: Equatable, Sendable {
        /// The line on which it starts, from 1.
        package var line: Int
        /// Its fields; nil where quotes do not match.
        package var fields: [ArraySlice<UInt8>]?
    }

    private let bytes: [UInt8]
    private let delimiter: UInt8
    private var place = 0
    private var line = 1

    /// The records of a text without byte-order mark.
    package init(_ bytes: [UInt8], delimiter: UInt8) { (self.bytes, self.delimiter) = (bytes, delimiter) }

    /// The next record; blank lines are left out.
    package mutating func next() -> Record? {
        while place < bytes.count, bytes[place] == 0x0A || bytes[place] == 0x0D {
            if bytes[place] == 0x0A { line += 1 }
            place += 1
        }
        guard place < bytes.count else { return nil }
        let start = line
        var fields: [ArraySlice<UInt8>] = []
        while true {
            guard let field = field() else {
                skipLine()
                return Record(line: start, fields: nil)
            }
            fields.append(field)
            guard place < bytes.count else { break }
            let byte = bytes[place]
            place += 1
            if byte == delimiter { continue }
            if byte == 0x0D, place < bytes.count, bytes[place] == 0x0A { place += 1 }
            line += 1
            break
        }
        return Record(line: start, fields: fields)
    }

    private func isEnd(_ byte: UInt8) -> Bool { byte == delimiter || byte == 0x0A || byte == 0x0D }

    /// One field, up to the byte that ends it; nil where quotes do not match.
    private mutating func field() -> ArraySlice<UInt8>? {
        guard place < bytes.count, bytes[place] == 0x22 else {
            let start = place
            while place < bytes.count, !isEnd(bytes[place]) { place += 1 }
            return bytes[start..<place]
        }
        place += 1
        var result: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == 0x22 {
                guard place < bytes.count, bytes[place] == 0x22 else {
                    return place == bytes.count || isEnd(bytes[place]) ? result[...] : nil
                }
                place += 1
            } else if byte == 0x0A {
                line += 1
            }
            result.append(byte)
        }
        return nil
    }

    private mutating func skipLine() {
        while place < bytes.count, bytes[place] != 0x0A { place += 1 }
    }
}
