internal import DurableFiles

/// Tables put aside on disk when their memory is used up, so that reading goes on with empty ones.
///
/// The rows read with the same tables are an epoch: their numbers mean entries of these tables and no others. ``KeyMerge`` finds numbers
/// that hold for all rows. An entry is kept as `number i32 · bytes i32 · order i64` and its bytes.
final class TableSpill {
    /// The entries of one table in one epoch.
    struct Piece {
        var start: Int
        var bytes: Int
        var count: Int
    }

    struct Epoch {
        var rows: Range<Int>
        /// One for each table.
        var pieces: [Piece]
    }

    /// Bytes before those of an entry.
    static let headerBytes = 16

    let path: String
    private(set) var epochs: [Epoch] = []
    private let file: FileWriter

    init(_ path: String, in fileSystem: FileSystem) throws(FileError) {
        self.path = path
        file = try FileWriter(creating: path, in: fileSystem)
    }

    /// Puts tables aside.
    /// - Parameters:
    ///   - tables: nil where there is none at this place.
    ///   - rows: the rows whose numbers mean these entries; they follow those of the epoch before.
    ///   - order: what an entry is ordered by beside its bytes, given table and number; the least of all epochs will count.
    func put(_ tables: [ByteStringTable?], rows: Range<Int>, order: (Int, Int) -> Int64) throws(FileError) {
        var pieces: [Piece] = []
        for (place, table) in tables.enumerated() {
            let start = file.position
            for number in 0..<(table?.count ?? 0) {
                guard let bytes = table?[number] else { continue }
                try Self.write(number, order(place, number), bytes, to: file)
            }
            pieces.append(Piece(start: start, bytes: file.position - start, count: table?.count ?? 0))
        }
        epochs.append(Epoch(rows: rows, pieces: pieces))
    }

    func finish() throws(FileError) { try file.finish(sync: false) }

    @inline(__always)
    static func write(_ number: Int, _ order: Int64, _ bytes: UnsafeRawBufferPointer, to file: FileWriter) throws(FileError) {
        var header = (Int32(truncatingIfNeeded: number), Int32(truncatingIfNeeded: bytes.count), order)
        try withUnsafeBytes(of: &header) { header throws(FileError) in try file.write(header) }
        try file.write(bytes)
    }
}
