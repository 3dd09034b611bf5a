internal import CSQLite

/// The canonical bytes of one entry, in memory that is used again for the next.
///
/// ```
/// 32 bytes   the hash of the entry before (of the first: what identifies the ledger)
///  1 byte    1, the version of this form
/// 14 fields  each a length (UInt32, little-endian) and its bytes:
///            sequence, time, kind (Int64), purpose, actor (UTF-8), subject, model, taxonomy, software (UTF-8), consent (Int64),
///            input digest, sealed input, output, evidence
/// ```
///
/// Numbers are 8 bytes, little-endian, signed. A field that is absent has the length 2³² - 1 and no bytes. The hash of the entry is the
/// SHA-256 of all of it. As every field has a length, no two entries share their bytes.
final class EntryBytes {
    /// The version of the form.
    static let version: UInt8 = 1
    /// The fields, in the order of the table's columns.
    static let columns = [
        "seq", "time", "kind", "purpose", "actor", "subject", "model", "taxonomy", "software", "consent", "input_digest", "sealed_input",
        "output", "evidence",
    ]
    /// The columns of integers, as bits.
    private static let integers: UInt32 = 0b10_0000_0111
    private static let texts: UInt32 = 0b01_0001_1000
    private static let sealedInput = 11
    private static let start = 33

    private var storage: UnsafeMutableRawPointer
    private var capacity: Int
    private var count = 0
    private var fields = 0
    private let places: UnsafeMutablePointer<(start: Int, count: Int)>

    init() {
        capacity = 4096
        storage = .allocate(byteCount: capacity, alignment: 16)
        places = .allocate(capacity: Self.columns.count)
    }

    deinit {
        storage.deallocate()
        places.deallocate()
    }

    /// All bytes, the hash before first.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage, count: count) }

    // MARK: Putting together

    /// Fills with an entry, as it will be appended.
    func fill(_ entry: LedgerEntry, sequence: Int64, after previous: [UInt8]) {
        begin(after: previous)
        add(sequence)
        add(entry.time)
        add(entry.kind.rawValue)
        add(entry.purpose)
        add(entry.actor)
        add(entry.subject)
        add(entry.model)
        add(entry.taxonomy)
        add(entry.software)
        add(entry.consent.rawValue)
        add(entry.inputDigest)
        if let sealed = entry.sealedInput { add(sealed) } else { addAbsent() }
        add(entry.output)
        add(entry.evidence)
    }

    /// Fills from a row that holds ``columns`` and the hash before, without copying through values.
    /// - Parameter sequence: another place to pretend for the entry.
    /// - Parameter previous: another hash to pretend before it.
    /// - Returns: false where a column does not hold what it should; such an entry's hash is of no meaning.
    func fill(_ row: SQLiteStatement, sequence: Int64? = nil, after previous: [UInt8]? = nil) -> Bool {
        var isSound = true
        if let previous {
            begin(after: previous)
        } else {
            let previous = row.raw(Int32(Self.columns.count))
            isSound = previous.count == 32
            begin(after: previous)
        }
        let handle = row.handle
        for column in 0..<Self.columns.count {
            let type = sqlite3_column_type(handle, Int32(column))
            if Self.integers & 1 << column != 0 {
                isSound = isSound && type == SQLITE_INTEGER
                add(column == 0 ? sequence ?? sqlite3_column_int64(handle, 0) : sqlite3_column_int64(handle, Int32(column)))
            } else if type == SQLITE_NULL {
                isSound = isSound && column == Self.sealedInput
                addAbsent()
            } else {
                isSound = isSound && type == (Self.texts & 1 << column != 0 ? SQLITE_TEXT : SQLITE_BLOB)
                add(row.raw(Int32(column)))
            }
        }
        return isSound
    }

    private func begin(after previous: [UInt8]) { previous.withUnsafeBytes { begin(after: $0) } }

    private func begin(after previous: UnsafeRawBufferPointer) {
        let taken = min(previous.count, 32)
        if let base = previous.baseAddress { storage.copyMemory(from: base, byteCount: taken) }
        for place in taken..<32 { storage.storeBytes(of: 0, toByteOffset: place, as: UInt8.self) }
        storage.storeBytes(of: Self.version, toByteOffset: 32, as: UInt8.self)
        count = Self.start
        fields = 0
    }

    private func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: storage, byteCount: count)
        storage.deallocate()
        storage = larger
    }

    private func add(_ bytes: UnsafeRawBufferPointer) {
        reserve(4 + bytes.count)
        storage.storeBytes(of: UInt32(truncatingIfNeeded: bytes.count).littleEndian, toByteOffset: count, as: UInt32.self)
        if let base = bytes.baseAddress { (storage + count + 4).copyMemory(from: base, byteCount: bytes.count) }
        places[fields] = (count + 4, bytes.count)
        fields += 1
        count += 4 + bytes.count
    }

    private func add(_ number: Int64) { withUnsafeBytes(of: number.littleEndian) { add($0) } }
    private func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }
    private func add(_ text: String) {
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    private func addAbsent() {
        reserve(4)
        storage.storeBytes(of: UInt32.max, toByteOffset: count, as: UInt32.self)
        places[fields] = (count + 4, -1)
        fields += 1
        count += 4
    }

    // MARK: Handing over

    /// Binds the fields to parameters 1 to 14 of an insertion; they are borrowed until it is reset.
    func bind(to statement: SQLiteStatement) throws(LedgerError) {
        for column in 0..<Self.columns.count {
            let place = places[column]
            let parameter = Int32(column + 1)
            if Self.integers & 1 << column != 0 {
                try statement.bind(Int64(littleEndian: storage.loadUnaligned(fromByteOffset: place.start, as: Int64.self)), at: parameter)
            } else if place.count < 0 {
                try statement.bindNull(at: parameter)
            } else {
                try statement.bind(
                    borrowed: UnsafeRawBufferPointer(start: storage + place.start, count: place.count),
                    asText: Self.texts & 1 << column != 0, at: parameter)
            }
        }
    }
}
