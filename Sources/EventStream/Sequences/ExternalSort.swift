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

    init(_ store: RowStore, order: RowOrder, runsPath: String, in fileSystem: FileSystem) {
        self.store = store
        self.order = order
        self.runsPath = runsPath
        self.fileSystem = fileSystem
    }

    /// Calls `body` with blocks of rows in order; the pointers are valid during the call.
    consuming func forEachBlock<Failure: CarriesFileError>(
        spillPath: String, _ body: (UnsafeBufferPointer<RowPointer>) throws(Failure) -> Void
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
            runs = try writeRuns(from: spillPath)
            try fileSystem.removeFile(spillPath)
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
        // Counting into visitors is stable, so that rows of a visitor stay in input order: mostly that of time.
        var starts = [Int](repeating: 0, count: order.visitorRanks.count + 1)
        for index in 0..<count { starts[order.visitorRank(row(index)) + 1] += 1 }
        for rank in 1..<starts.count { starts[rank] += starts[rank - 1] }
        var next = starts
        let permutation = [UInt32](unsafeUninitializedCapacity: count) { places, filled in
            for index in 0..<count {
                let rank = order.visitorRank(row(index))
                places[next[rank]] = UInt32(index)
                next[rank] += 1
            }
            filled = count
            for rank in 0..<(starts.count - 1) {
                let range = starts[rank]..<starts[rank + 1]
                if range.count < 2 { continue }
                var isOrdered = true
                for place in range.dropFirst() where order.precedesInVisitor(row(Int(places[place])), row(Int(places[place - 1]))) {
                    isOrdered = false
                    break
                }
                if isOrdered { continue }
                var visitor = UnsafeMutableBufferPointer(rebasing: places[range])
                visitor.sort { order.precedesInVisitor(row(Int($0)), row(Int($1))) }
            }
        }
        return permutation
    }

    /// Sorts the spilled rows piece by piece into one file; gives the rows of each piece.
    private func writeRuns(from spillPath: String) throws(FileError) -> [Range<Int>] {
        let stride = store.layout.stride
        let input = try OpenFile(spillPath, .read, in: fileSystem)
        defer { input.closeQuietly() }
        let writer = try FileWriter(creating: runsPath, in: fileSystem)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: store.limit * stride, alignment: 64)
        defer { piece.deallocate() }
        var runs: [Range<Int>] = []
        var first = 0
        while first < store.count {
            let rows = min(store.limit, store.count - first)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: piece[..<(rows * stride)])
            guard try input.read(at: first * stride, into: bytes) == bytes.count else {
                throw FileError(.read, spillPath, code: 5, advice: "the temporary file was cut short by something else: run again")
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
        return runs
    }

    private func merge<Failure: CarriesFileError>(
        _ runs: [Range<Int>], _ pointers: UnsafeMutableBufferPointer<RowPointer>,
        _ body: (UnsafeBufferPointer<RowPointer>) throws(Failure) -> Void
    ) throws(Failure) {
        let stride = store.layout.stride
        let block = UnsafeMutableRawPointer.allocate(byteCount: Self.blockRows * stride, alignment: 64)
        defer { block.deallocate() }
        var filled = 0
        let file: OpenFile
        var cursors: [RunCursor] = []
        do throws(FileError) {
            file = try OpenFile(runsPath, .read, in: fileSystem)
            let rows = max(1, store.budget / (stride * (runs.count + 1)))
            for run in runs { cursors.append(try RunCursor(file, run, stride: stride, bufferRows: min(rows, run.count))) }
        } catch { throw Failure(error) }
        // A heap of the runs by their next rows; ties cannot be, as every row has its position.
        var heap = Array(cursors.indices)
        func comesFirst(_ left: Int, _ right: Int) -> Bool { order.precedes(cursors[left].row, cursors[right].row) }
        func sink(_ start: Int) {
            var place = start
            while true {
                var smallest = place
                for child in [2 * place + 1, 2 * place + 2] where child < heap.count && comesFirst(heap[child], heap[smallest]) {
                    smallest = child
                }
                if smallest == place { return }
                heap.swapAt(place, smallest)
                place = smallest
            }
        }
        for place in Swift.stride(from: heap.count / 2, through: 0, by: -1) { sink(place) }
        while let run = heap.first {
            let copy = block + filled * stride
            copy.copyMemory(from: cursors[run].row, byteCount: stride)
            pointers[filled] = RowPointer(copy)
            filled += 1
            let hasMore: Bool
            do { hasMore = try cursors[run].advance() } catch { throw Failure(error) }
            if !hasMore {
                heap[0] = heap[heap.count - 1]
                heap.removeLast()
            }
            sink(0)
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
        guard try file.read(at: rest.lowerBound * stride, into: bytes) == bytes.count else {
            throw FileError(.read, file.path, code: 5, advice: "the temporary file was cut short by something else: run again")
        }
        rest = (rest.lowerBound + held)..<rest.upperBound
    }
}
