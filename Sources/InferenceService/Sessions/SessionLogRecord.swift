/// One record of a session log: the whole state of a session at a moment, or that it is gone. The last record of an id holds.
///
/// 40 bytes of head, then id and value. All numbers are little-endian.
///
/// | bytes | what |
/// |---|---|
/// | 0…3 | `TSR1` |
/// | 4…7 | 1 state, 2 gone |
/// | 8…11 | bytes of the id |
/// | 12…15 | bytes of the value |
/// | 16…23 | when the session began, milliseconds since 1970 |
/// | 24…31 | when it was last used, milliseconds since 1970 |
/// | 32…35 | CRC-32C of id and value |
/// | 36…39 | CRC-32C of bytes 0…35 |
package struct SessionLogRecord: Equatable {
    /// Bytes of a record's head.
    package static let headSize = 40
    /// What a file of records begins with.
    package static let fileHead = Array("tessera-session1".utf8)
    private static let mark: UInt32 = 0x3152_5354

    var id: String
    /// Nil where the session is gone.
    var value: [UInt8]?
    var began: Int64
    var used: Int64

    /// That a session is gone, as the log holds it.
    static func gone(_ id: String) -> [UInt8] { SessionLogRecord(id: id, value: nil, began: 0, used: 0).bytes }

    /// Bytes of the record.
    var size: Int { Self.size(id: id, value: value?.count ?? 0) }

    /// Bytes of a record.
    package static func size(id: String, value: Int) -> Int { headSize + id.utf8.count + value }

    /// The record as the log holds it.
    var bytes: [UInt8] {
        var payload = Array(id.utf8)
        payload += value ?? []
        var head: [UInt8] = []
        head.reserveCapacity(Self.headSize)
        Self.append(Self.mark, to: &head)
        Self.append(UInt32(value == nil ? 2 : 1), to: &head)
        Self.append(UInt32(id.utf8.count), to: &head)
        Self.append(UInt32(value?.count ?? 0), to: &head)
        Self.append(UInt64(bitPattern: began), to: &head)
        Self.append(UInt64(bitPattern: used), to: &head)
        Self.append(payload.withUnsafeBytes { Checksum.crc32c($0) }, to: &head)
        Self.append(head.withUnsafeBytes { Checksum.crc32c($0) }, to: &head)
        return head + payload
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// What stands at a place of a log.
    enum Found {
        /// A record, and where the next begins.
        case record(SessionLogRecord, next: Int)
        /// A head that is right over a payload that is not, and where the next record begins.
        case damaged(next: Int)
        /// A record of which the end is missing, or no record at all.
        case nothing
    }

    static func read(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Found {
        guard bytes.count - place >= headSize else { return .nothing }
        func word(_ offset: Int) -> UInt32 { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + offset, as: UInt32.self)) }
        func time(_ offset: Int) -> Int64 {
            Int64(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place + offset, as: UInt64.self)))
        }
        let head = UnsafeRawBufferPointer(rebasing: bytes[place..<(place + 36)])
        guard word(0) == mark, word(36) == Checksum.crc32c(head), word(4) == 1 || word(4) == 2 else { return .nothing }
        let start = place + headSize
        let (idSize, valueSize) = (Int(word(8)), Int(word(12)))
        guard bytes.count - start >= idSize + valueSize else { return .nothing }
        let end = start + idSize + valueSize
        guard Checksum.crc32c(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) == word(32),
            let id = String(validating: bytes[start..<(start + idSize)], as: UTF8.self)
        else { return .damaged(next: end) }
        let value = word(4) == 1 ? Array(bytes[(start + idSize)..<end]) : nil
        return .record(SessionLogRecord(id: id, value: value, began: time(16), used: time(24)), next: end)
    }
}
