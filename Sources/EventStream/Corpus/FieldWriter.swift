internal import DurableFiles

/// Writes one field.
class FieldWriter {
    func write(_ rows: UnsafeBufferPointer<RowPointer>) throws(FileError) {}
    func finish() throws(FileError) {}
}

final class NumberWriter: FieldWriter {
    private let values: ColumnWriter<Double>
    private let offset: Int

    init(_ stem: String, offset: Int, in fileSystem: FileSystem) throws(FileError) {
        values = try ColumnWriter(stem + ".values.npy", in: fileSystem)
        self.offset = offset
    }

    override func write(_ rows: UnsafeBufferPointer<RowPointer>) throws(FileError) {
        try values.append(count: rows.count) { place in
            for index in 0..<rows.count { place[index] = rows[index].load(fromByteOffset: offset, as: Double.self) }
        }
    }

    override func finish() throws(FileError) { try values.finish() }
}

/// Numbers entries anew by first appearance in the corpus, so that the dictionary does not tell the order of the input.
final class CodeWriter: FieldWriter {
    private let stem: String
    private let fileSystem: FileSystem
    private let codes: ColumnWriter<Int32>
    private let keys: KeyList
    private let offset: Int
    private var renumbered: [Int32]
    private var entries: [Int32] = []

    /// Bytes of memory for each entry.
    static let entryBytes = 8

    init(_ stem: String, _ keys: KeyList, offset: Int, in fileSystem: FileSystem) throws(FileError) {
        self.stem = stem
        self.fileSystem = fileSystem
        self.keys = keys
        self.offset = offset
        codes = try ColumnWriter(stem + ".codes.npy", in: fileSystem)
        renumbered = Array(repeating: 0, count: keys.count + 1)
    }

    override func write(_ rows: UnsafeBufferPointer<RowPointer>) throws(FileError) {
        try codes.append(count: rows.count) { place in
            for index in 0..<rows.count {
                let old = rows[index].number(offset)
                var code = renumbered[old]
                if code == 0 && old != 0 {
                    entries.append(Int32(truncatingIfNeeded: old))
                    code = Int32(truncatingIfNeeded: entries.count)
                    renumbered[old] = code
                }
                place[index] = code
            }
        }
    }

    override func finish() throws(FileError) {
        try codes.finish()
        let dictionary = try StringWriter(stem + ".dictionary", in: fileSystem)
        for old in entries {
            try dictionary.append(keys.bytes(of: Int(old) - 1))
            try dictionary.end()
        }
        try dictionary.finish()
    }
}

/// Does as ``CodeWriter`` in a given memory however many entries there are: the new numbers, and the old ones in their order, lie in files.
final class PagedCodeWriter: FieldWriter {
    private let stem: String
    private let fileSystem: FileSystem
    private let codes: ColumnWriter<Int32>
    private let keys: StoredKeys
    private let offset: Int
    private let renumbered: PagedFile
    private let entries: FileWriter
    private let memory: Int
    @exclusivity(unchecked) private var count = 0

    private var renumberedPath: String { stem + ".renumbered" }
    private var entriesPath: String { stem + ".entries" }

    init(_ stem: String, _ keys: StoredKeys, offset: Int, memory: Int, in fileSystem: FileSystem) throws(FileError) {
        self.stem = stem
        self.fileSystem = fileSystem
        self.keys = keys
        self.offset = offset
        self.memory = memory
        codes = try ColumnWriter(stem + ".codes.npy", in: fileSystem)
        renumbered = PagedFile(try OpenFile(stem + ".renumbered", .create, in: fileSystem), memory: memory)
        entries = try FileWriter(creating: stem + ".entries", in: fileSystem)
    }

    override func write(_ rows: UnsafeBufferPointer<RowPointer>) throws(FileError) {
        for row in rows {
            let old = row.number(offset)
            guard old != 0 else {
                try codes.append(0)
                continue
            }
            var code = try renumbered.load(4 * old, as: Int32.self)
            if code == 0 {
                count += 1
                code = Int32(truncatingIfNeeded: count)
                try renumbered.store(code, 4 * old)
                var entry = Int32(truncatingIfNeeded: old)
                try withUnsafeBytes(of: &entry) { entry throws(FileError) in try entries.write(entry) }
            }
            try codes.append(code)
        }
    }

    override func finish() throws(FileError) {
        try codes.finish()
        try entries.finish(sync: false)
        renumbered.release()
        try fileSystem.removeFile(renumberedPath)
        let list = try OpenFile(entriesPath, .read, in: fileSystem)
        defer { list.closeQuietly() }
        let dictionary = try StringWriter(stem + ".dictionary", in: fileSystem)
        // Some at once, so that they can be read in the order in which they lie there, instead of each from a place of its own.
        let buffer = UnsafeMutableBufferPointer<Int32>.allocate(capacity: min(max(1, memory / 64), max(1, count)))
        defer { buffer.deallocate() }
        var done = 0
        var room = buffer.count
        while done < count {
            let piece = UnsafeMutableBufferPointer(rebasing: buffer[..<min(room, count - done)])
            try list.readWhole(at: 4 * done, into: UnsafeMutableRawBufferPointer(piece))
            let texts = try keys.texts(of: piece.map { Int($0) - 1 }, memory: memory / 4)
            for text in texts {
                try dictionary.append(text)
                try dictionary.end()
            }
            done += texts.count
            // Where texts are so long that only some of them fit, the places of the others would be looked up again in every round.
            room = min(buffer.count, 2 * texts.count)
        }
        try dictionary.finish()
        try fileSystem.removeFile(entriesPath)
    }
}
