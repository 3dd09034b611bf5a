internal import DurableFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Takes: tables put aside.   Gives: one number for each distinct text, in byte order, and for each epoch what its numbers become.
///
/// Memory is that of one epoch's tables, or a piece of each epoch, whatever the number of distinct texts.
final class KeyMerge {
    /// One table after merging.
    struct Merged {
        /// Distinct texts.
        var count: Int
        /// For each epoch where its entries begin in the file of numbers, and how many there are.
        fileprivate(set) var maps: [(start: Int, count: Int)] = []
        fileprivate var start: Int
        fileprivate var firstEnd: Int
    }

    let spill: TableSpill
    private let directory: String
    private let fileSystem: FileSystem
    private let memory: Int
    private let maps: OpenFile
    private var mapEnd = 0
    private let bytes: FileWriter
    private let ends: FileWriter
    private var readers: (bytes: OpenFile, ends: OpenFile)?

    private var mapsPath: String { directory + "/.numbers" }
    private var sortedPath: String { directory + "/.sorted" }
    private var bytesPath: String { directory + "/.keys" }
    private var endsPath: String { directory + "/.ends" }

    /// - Parameter memory: bytes for the pieces of all epochs together.
    init(_ spill: TableSpill, in directory: String, memory: Int, _ fileSystem: FileSystem) throws(FileError) {
        self.spill = spill
        self.directory = directory
        self.fileSystem = fileSystem
        self.memory = memory
        maps = try OpenFile(directory + "/.numbers", .create, in: fileSystem)
        bytes = try FileWriter(creating: directory + "/.keys", in: fileSystem)
        ends = try FileWriter(creating: directory + "/.ends", in: fileSystem)
    }

    /// Merges one table. Entries that begin with the number of an entry of another table, four bytes, most significant first, get its
    /// merged number instead.
    func merge(_ table: Int, prefixedBy prefixes: Merged? = nil) throws(FileError) -> Merged {
        let pieces = try sort(table, prefixes)
        let file = try OpenFile(sortedPath, .read, in: fileSystem)
        defer { file.closeQuietly() }
        let share = max(1 << 12, memory / (2 * pieces.count))
        var merged = Merged(count: 0, start: bytes.position, firstEnd: ends.position / 8)
        var cursors: [KeyCursor] = []
        for (index, piece) in pieces.enumerated() {
            let count = spill.epochs[index].pieces[table].count
            merged.maps.append((mapEnd, count))
            if count > 0 { cursors.append(try KeyCursor(file, piece, MapWriter(maps, mapEnd, min(share, count * 16)), bufferBytes: share)) }
            mapEnd += count * MapWriter.entryBytes
        }
        func precedes(_ left: Int, _ right: Int) -> Bool { ByteStringTable.precedes(cursors[left].key, cursors[right].key) }
        var heap = MergeHeap(cursors.count, precedes)
        var current: [UInt8] = []
        // Entries of the current text: epoch by epoch, so few.
        var group: [(map: MapWriter, number: Int32)] = []
        var order = Int64.max
        func endGroup() throws(FileError) {
            for (map, number) in group { try map.append(number, Int32(truncatingIfNeeded: merged.count - 1), order) }
            group.removeAll(keepingCapacity: true)
            order = .max
        }
        while let top = heap.top {
            let cursor = cursors[top]
            let isSame = current.withUnsafeBytes { ByteStringTable.areEqual($0, cursor.key) }
            if group.isEmpty || !isSame {
                try endGroup()
                current.removeAll(keepingCapacity: true)
                current.append(contentsOf: cursor.key)
                try bytes.write(cursor.key)
                var end = Int64(bytes.position)
                try withUnsafeBytes(of: &end) { end throws(FileError) in try ends.write(end) }
                merged.count += 1
            }
            group.append((cursor.map, cursor.number))
            order = min(order, cursor.order)
            heap.advance(hasMore: try cursor.advance(), precedes)
        }
        try endGroup()
        for cursor in cursors { try cursor.map.flush() }
        try fileSystem.removeFile(sortedPath)
        return merged
    }

    /// Ends the merging; the texts can be read then.
    func finish() throws(FileError) {
        try bytes.finish(sync: false)
        try ends.finish(sync: false)
        readers = (try OpenFile(bytesPath, .read, in: fileSystem), try OpenFile(endsPath, .read, in: fileSystem))
        try fileSystem.removeFile(spill.path)
    }

    /// The texts of a table; each value has a cache of its own.
    func keys(_ merged: Merged) -> KeyList {
        guard let readers else { preconditionFailure("KeyMerge.keys: before finish") }
        return .onDisk(
            StoredKeys(count: merged.count, start: merged.start, firstEnd: merged.firstEnd, bytes: readers.bytes, ends: readers.ends))
    }

    /// What the numbers of one epoch become, and the orders of the texts.
    func load(_ merged: Merged, epoch: Int, into numbers: inout [Int32], orders: inout [Int64]?) throws(FileError) {
        let (start, count) = merged.maps[epoch]
        numbers = []
        if orders != nil { orders = [] }
        numbers = Array(repeating: 0, count: count)
        if orders != nil { orders = Array(repeating: 0, count: count) }
        let rows = max(1, min(count, 1 << 12))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: rows * MapWriter.entryBytes, alignment: 8)
        defer { buffer.deallocate() }
        var done = 0
        while done < count {
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(min(rows, count - done) * MapWriter.entryBytes)])
            try maps.readWhole(at: start + done * MapWriter.entryBytes, into: piece)
            for entry in 0..<(piece.count / MapWriter.entryBytes) {
                let offset = entry * MapWriter.entryBytes
                let number = Int(piece.load(fromByteOffset: offset, as: Int32.self))
                numbers[number] = piece.load(fromByteOffset: offset + 4, as: Int32.self)
                orders?[number] = piece.load(fromByteOffset: offset + 8, as: Int64.self)
            }
            done += piece.count / MapWriter.entryBytes
        }
    }

    /// Removes the files, once nothing is read any more.
    func remove() throws(FileError) {
        for path in [mapsPath, bytesPath, endsPath] { try fileSystem.removeFile(path) }
    }

    /// Writes each epoch's entries in byte order; gives their places.
    private func sort(_ table: Int, _ prefixes: Merged?) throws(FileError) -> [Range<Int>] {
        let input = try OpenFile(spill.path, .read, in: fileSystem)
        defer { input.closeQuietly() }
        let output = try FileWriter(creating: sortedPath, in: fileSystem)
        var places: [Range<Int>] = []
        for (epoch, pieces) in spill.epochs.map(\.pieces).enumerated() {
            let piece = pieces[table]
            let start = output.position
            let memory = UnsafeMutableRawBufferPointer(start: PageMemory.allocate(piece.bytes), count: piece.bytes)
            defer { PageMemory.deallocate(memory.baseAddress!, piece.bytes) }
            try input.readWhole(at: piece.start, into: memory)
            if let prefixes { try replacePrefixes(memory, piece.count, prefixes, epoch) }
            for (_, entry) in Self.order(UnsafeRawBufferPointer(memory), piece.count) {
                try output.write(UnsafeRawBufferPointer(rebasing: memory[entry..<(entry + Self.size(memory.baseAddress! + entry))]))
            }
            places.append(start..<output.position)
        }
        try output.finish(sync: false)
        return places
    }

    private func replacePrefixes(
        _ memory: UnsafeMutableRawBufferPointer, _ count: Int, _ prefixes: Merged, _ epoch: Int
    ) throws(FileError) {
        var numbers: [Int32] = []
        var orders: [Int64]?
        try load(prefixes, epoch: epoch, into: &numbers, orders: &orders)
        var entry = 0
        for _ in 0..<count {
            let place = memory.baseAddress! + entry + TableSpill.headerBytes
            let old = UInt32(bigEndian: place.loadUnaligned(as: UInt32.self))
            place.storeBytes(of: UInt32(bitPattern: numbers[Int(old)]).bigEndian, as: UInt32.self)
            entry += Self.size(memory.baseAddress! + entry)
        }
    }

    private static func size(_ entry: UnsafeMutableRawPointer) -> Int {
        TableSpill.headerBytes + Int(entry.loadUnaligned(fromByteOffset: 4, as: Int32.self))
    }

    /// Where the entries lie, in byte order of their texts.
    private static func order(_ memory: UnsafeRawBufferPointer, _ count: Int) -> [(prefix: UInt64, place: Int)] {
        func text(_ entry: Int) -> UnsafeRawBufferPointer {
            let length = Int(memory.loadUnaligned(fromByteOffset: entry + 4, as: Int32.self))
            return UnsafeRawBufferPointer(start: memory.baseAddress! + entry + TableSpill.headerBytes, count: length)
        }
        // The first eight bytes decide nearly always, and integers compare fast.
        var entries: [(prefix: UInt64, place: Int)] = []
        entries.reserveCapacity(count)
        var place = 0
        for _ in 0..<count {
            let text = text(place)
            entries.append((ByteStringTable.prefix(of: text), place))
            place += TableSpill.headerBytes + text.count
        }
        entries.sort { $0.prefix != $1.prefix ? $0.prefix < $1.prefix : ByteStringTable.precedes(text($0.place), text($1.place)) }
        return entries
    }
}

/// Collects what the numbers of one epoch become: `number i32 · merged number i32 · order i64` for each entry.
private final class MapWriter {
    static let entryBytes = 16
    private let file: OpenFile
    private var offset: Int
    private let buffer: UnsafeMutableRawBufferPointer
    @exclusivity(unchecked) private var filled = 0

    init(_ file: OpenFile, _ offset: Int, _ bytes: Int) {
        self.file = file
        self.offset = offset
        buffer = .allocate(byteCount: max(1, bytes / Self.entryBytes) * Self.entryBytes, alignment: 16)
    }

    deinit { buffer.deallocate() }

    func append(_ number: Int32, _ merged: Int32, _ order: Int64) throws(FileError) {
        if filled == buffer.count { try flush() }
        buffer.storeBytes(of: number, toByteOffset: filled, as: Int32.self)
        buffer.storeBytes(of: merged, toByteOffset: filled + 4, as: Int32.self)
        buffer.storeBytes(of: order, toByteOffset: filled + 8, as: Int64.self)
        filled += Self.entryBytes
    }

    func flush() throws(FileError) {
        guard filled > 0 else { return }
        try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), at: offset)
        offset += filled
        filled = 0
    }
}

/// Reads the sorted entries of one epoch piece by piece.
private final class KeyCursor {
    let map: MapWriter
    private let file: OpenFile
    private var rest: Range<Int>
    @exclusivity(unchecked) private var buffer: UnsafeMutableRawBufferPointer
    @exclusivity(unchecked) private var start = 0
    @exclusivity(unchecked) private var end = 0

    var number: Int32 { buffer.loadUnaligned(fromByteOffset: start, as: Int32.self) }
    var order: Int64 { buffer.loadUnaligned(fromByteOffset: start + 8, as: Int64.self) }
    private var length: Int { Int(buffer.loadUnaligned(fromByteOffset: start + 4, as: Int32.self)) }
    var key: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: buffer.baseAddress! + start + TableSpill.headerBytes, count: length)
    }

    init(_ file: OpenFile, _ piece: Range<Int>, _ map: MapWriter, bufferBytes: Int) throws(FileError) {
        self.file = file
        self.map = map
        rest = piece
        buffer = .allocate(byteCount: max(TableSpill.headerBytes, min(bufferBytes, piece.count)), alignment: 16)
        try open()
    }

    deinit { buffer.deallocate() }

    /// Goes to the next entry; false at the end.
    func advance() throws(FileError) -> Bool {
        start += TableSpill.headerBytes + length
        if start == end && rest.isEmpty { return false }
        try open()
        return true
    }

    private func open() throws(FileError) {
        try hold(TableSpill.headerBytes)
        try hold(TableSpill.headerBytes + length)
    }

    private func hold(_ count: Int) throws(FileError) {
        if end - start >= count { return }
        let left = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
        let target = buffer.count < count ? UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * count, alignment: 16) : buffer
        memmove(target.baseAddress!, left.baseAddress!, left.count)
        if buffer.count < count {
            buffer.deallocate()
            buffer = target
        }
        start = 0
        end = left.count
        let bytes = min(buffer.count - end, rest.count)
        try file.readWhole(at: rest.lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: buffer[end..<(end + bytes)]))
        end += bytes
        rest = (rest.lowerBound + bytes)..<rest.upperBound
        guard end >= count else { throw file.cutShort }
    }
}
