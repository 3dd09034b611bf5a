internal import DurableFiles

/// Rows in the order of the corpus, in bounded memory.
///
/// What fits into memory is sorted there: counted into visitors, then each visitor on its own, and only where it is out of order.
/// What was spilled is sorted piece by piece into runs, which are merged. Rows that came in order are neither moved nor compared more
/// than once.
struct ExternalSort: ~Copyable {
    private let store: RowStore
    private let order: RowOrder
    private let fileSystem: FileSystem
    private let runsPath: String
    private let resolver: RowResolver?
    /// Bytes of a row as it is sorted.
    private let stride: Int

    /// - Parameter resolver: turns the rows of the store into those that are sorted; only for rows on disk.
    init(_ store: RowStore, order: RowOrder, resolver: RowResolver?, runsPath: String, in fileSystem: FileSystem) {
        self.store = store
        self.order = order
        self.resolver = resolver
        stride = order.layout.stride
        self.runsPath = runsPath
        self.fileSystem = fileSystem
    }

    /// Calls `body` with blocks of rows in order; the pointers are valid during the call.
    consuming func forEachBlock<Failure: CarriesFileError>(
        _ body: (UnsafeBufferPointer<RowPointer>) throws(Failure) -> Void
    ) throws(Failure) {
        let pointers = UnsafeMutableBufferPointer<RowPointer>.allocate(capacity: Self.blockRows)
        defer { pointers.deallocate() }
        guard store.isSpilled else {
            let store = store
            let permutation = Self.permutation(count: store.count, order) { store.row($0) }
            var next = 0
            while next < store.count {
                let rows = min(Self.blockRows, store.count - next)
                for index in 0..<rows { pointers[index] = store.row(permutation.isEmpty ? next + index : Int(permutation[next + index])) }
                try body(UnsafeBufferPointer(rebasing: pointers[..<rows]))
                next += rows
            }
            return
        }
        let runs: [Range<Int>]
        do throws(FileError) {
            runs = try writeRuns()
            try fileSystem.removeFile(store.spillPath)
        } catch { throw Failure(error) }
        try merge(runs, pointers, body)
        do { try fileSystem.removeFile(runsPath) } catch { throw Failure(error) }
    }

    /// Rows handed on at once: enough to be shared among threads, few enough to stay in their caches.
    static let blockRows = 8192

    /// The order of rows as a permutation; empty where they are in order already.
    private static func permutation(count: Int, _ order: RowOrder, _ row: (Int) -> RowPointer) -> [UInt32] {
        var index = 1
        while index < count, !order.precedes(row(index), row(index - 1)) { index += 1 }
        if index >= count { return [] }
        // Counting into visitors is stable, so that rows of a visitor stay in input order: mostly that of time. Where there are many more
        // visitors than rows, neighbours share a place, so that the counts are never larger than the permutation.
        var shift = 0
        while order.visitorPlaces >> shift > max(count, 1 << 16) { shift += 1 }
        var ends = [UInt32](repeating: 0, count: order.visitorPlaces >> shift + 2)
        for index in 0..<count { ends[order.visitorRank(row(index)) >> shift + 1] += 1 }
        for place in 1..<ends.count { ends[place] += ends[place - 1] }
        func precedes(_ left: RowPointer, _ right: RowPointer) -> Bool {
            shift == 0 ? order.precedesInVisitor(left, right) : order.precedes(left, right)
        }
        let permutation = [UInt32](unsafeUninitializedCapacity: count) { places, filled in
            for index in 0..<count {
                let place = order.visitorRank(row(index)) >> shift
                places[Int(ends[place])] = UInt32(index)
                ends[place] += 1
            }
            filled = count
            var start = 0
            for end in ends {
                let range = start..<Int(end)
                start = Int(end)
                if range.count < 2 { continue }
                var isOrdered = true
                for place in range.dropFirst() where precedes(row(Int(places[place])), row(Int(places[place - 1]))) {
                    isOrdered = false
                    break
                }
                if isOrdered { continue }
                var visitor = UnsafeMutableBufferPointer(rebasing: places[range])
                visitor.sort { precedes(row(Int($0)), row(Int($1))) }
            }
        }
        return permutation
    }

    /// Sorts the spilled rows piece by piece into one file; gives the rows of each piece.
    private func writeRuns() throws(FileError) -> [Range<Int>] {
        let sourceStride = store.layout.stride
        let input = try OpenFile(store.spillPath, .read, in: fileSystem)
        defer { input.closeQuietly() }
        let writer = try FileWriter(creating: runsPath, in: fileSystem)
        let limit = max(16, store.budget / (stride + RowStore.sortingBytes))
        let pieceBytes = min(limit, store.count) * stride
        let piece = UnsafeMutableRawBufferPointer(start: PageMemory.allocate(pieceBytes), count: pieceBytes)
        defer { PageMemory.deallocate(piece.baseAddress!, pieceBytes) }
        // Rows that are still to be resolved come by in blocks.
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: resolver == nil ? 0 : Self.blockRows * sourceStride, alignment: 64)
        defer { block.deallocate() }
        var runs: [Range<Int>] = []
        var first = 0
        while first < store.count {
            let rows = min(limit, store.count - first)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: piece[..<(rows * stride)])
            if let resolver {
                for start in Swift.stride(from: 0, to: rows, by: Self.blockRows) {
                    let count = min(Self.blockRows, rows - start)
                    let block = UnsafeMutableRawBufferPointer(rebasing: block[..<(count * sourceStride)])
                    try input.readWhole(at: (first + start) * sourceStride, into: block)
                    try resolver.resolve(
                        RowPointer(block.baseAddress!), first: first + start, count: count, into: bytes.baseAddress! + start * stride)
                }
            } else {
                try input.readWhole(at: first * stride, into: bytes)
            }
            let base = RowPointer(piece.baseAddress!)
            let permutation = Self.permutation(count: rows, order) { base + $0 * stride }
            if permutation.isEmpty {
                try writer.write(UnsafeRawBufferPointer(bytes))
            } else {
                for index in permutation {
                    try writer.write(UnsafeRawBufferPointer(start: base + Int(index) * stride, count: stride))
                }
            }
            runs.append(first..<(first + rows))
            first += rows
        }
        try writer.finish(sync: false)
        resolver?.finish()
        return runs
    }

    private func merge<Failure: CarriesFileError>(
        _ runs: [Range<Int>], _ pointers: UnsafeMutableBufferPointer<RowPointer>,
        _ body: (UnsafeBufferPointer<RowPointer>) throws(Failure) -> Void
    ) throws(Failure) {
        let block = UnsafeMutableRawPointer.allocate(byteCount: Self.blockRows * stride, alignment: 64)
        defer { block.deallocate() }
        var filled = 0
        let file: OpenFile
        var cursors: [RunCursor] = []
        do throws(FileError) {
            file = try OpenFile(runsPath, .read, in: fileSystem)
            // The rest of the memory is for the writers of the columns.
            let rows = max(1, store.budget / 4 / (stride * (runs.count + 1)))
            for run in runs { cursors.append(try RunCursor(file, run, stride: stride, bufferRows: min(rows, run.count))) }
        } catch { throw Failure(error) }
        // Ties cannot be, as every row has its position.
        func precedes(_ left: Int, _ right: Int) -> Bool { order.precedes(cursors[left].row, cursors[right].row) }
        var heap = MergeHeap(cursors.count, precedes)
        while let run = heap.top {
            let copy = block + filled * stride
            copy.copyMemory(from: cursors[run].row, byteCount: stride)
            pointers[filled] = RowPointer(copy)
            filled += 1
            let hasMore: Bool
            do { hasMore = try cursors[run].advance() } catch { throw Failure(error) }
            heap.advance(hasMore: hasMore, precedes)
            if filled == Self.blockRows {
                try body(UnsafeBufferPointer(rebasing: pointers[..<filled]))
                filled = 0
            }
        }
        if filled > 0 { try body(UnsafeBufferPointer(rebasing: pointers[..<filled])) }
    }
}

/// Reads one sorted run piece by piece.
private final class RunCursor {
    private let file: OpenFile
    private let stride: Int
    private let buffer: UnsafeMutableRawBufferPointer
    private var rest: Range<Int>
    private var held = 0
    private var index = 0

    /// The next row.
    var row: RowPointer { RowPointer(buffer.baseAddress! + index * stride) }

    init(_ file: OpenFile, _ run: Range<Int>, stride: Int, bufferRows: Int) throws(FileError) {
        self.file = file
        self.stride = stride
        rest = run
        buffer = .allocate(byteCount: bufferRows * stride, alignment: 64)
        try fill()
    }

    deinit { buffer.deallocate() }

    /// Goes to the next row; false at the end.
    func advance() throws(FileError) -> Bool {
        index += 1
        if index < held { return true }
        if rest.isEmpty { return false }
        try fill()
        return true
    }

    private func fill() throws(FileError) {
        held = min(buffer.count / stride, rest.count)
        index = 0
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(held * stride)])
        try file.readWhole(at: rest.lowerBound * stride, into: bytes)
        rest = (rest.lowerBound + held)..<rest.upperBound
    }
}

extension OpenFile {
    /// Fills a buffer from a temporary file, which must be long enough.
    func readWhole(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
        guard try read(at: offset, into: buffer) == buffer.count else { throw cutShort }
    }

    /// The error where a temporary file holds less than was written.
    var cutShort: FileError {
        FileError(.read, path, code: 5, advice: "the temporary file was cut short by something else: run again")
    }
}
