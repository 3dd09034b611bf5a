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

    /// Calls `body` with blocks of rows in order, without repetitions.
    /// - Parameters:
    ///   - openSessions: puts rows without a session id where they belong.
    ///   - body: is given a block and work that makes the next one ready; it must do that work once, on any thread.
    consuming func forEachBlock<Failure: CarriesFileError>(
        dropping duplicates: DuplicateFilter?, joining openSessions: OpenSessions? = nil, _ crew: ImportCrew,
        _ body: (RowBlock, _ meanwhile: () -> Void) throws(Failure) -> Void
    ) throws(Failure) {
        let (count, stride) = (store.count, stride)
        guard store.isSpilled else {
            let order = order
            return try store.withRows { (rows) throws(Failure) -> Void in
                let permutation = RowPermutation.of(rows, count: count, order, crew)
                let supply = HeldSupply(rows: rows, permutation: permutation, rest: 0..<count)
                try Self.handOn(supply, joining: openSessions, stride, duplicates, body)
            }
        }
        let runs: [Range<Int>]
        do throws(FileError) {
            runs = try writeRuns(crew)
            try fileSystem.removeFile(store.spillPath)
        } catch { throw Failure(error) }
        try merge(runs, duplicates, openSessions, body)
        do { try fileSystem.removeFile(runsPath) } catch { throw Failure(error) }
    }

    private static func handOn<Failure: CarriesFileError>(
        _ supply: some RowSupply, joining openSessions: OpenSessions?, _ stride: Int, _ duplicates: DuplicateFilter?,
        _ body: (RowBlock, _ meanwhile: () -> Void) throws(Failure) -> Void
    ) throws(Failure) {
        guard let openSessions else { return try handOn(supply, stride, duplicates, body) }
        try handOn(OpenSessionSupply(supply, openSessions, stride: stride), stride, duplicates, body)
    }

    /// Hands on one block while another is filled.
    private static func handOn<Failure: CarriesFileError>(
        _ supply: some RowSupply, _ stride: Int, _ duplicates: DuplicateFilter?,
        _ body: (RowBlock, _ meanwhile: () -> Void) throws(Failure) -> Void
    ) throws(Failure) {
        var supply = supply
        var (current, next) = (RowBlock(stride: stride), RowBlock(stride: stride))
        var failure: FileError?
        func prepare(_ block: RowBlock) {
            block.removeAll()
            do throws(FileError) { try supply.fill(block) } catch { failure = error }
            if let duplicates { block.remove(duplicates) }
        }
        prepare(current)
        while failure == nil, current.taken > 0 {
            let following = next
            try body(current) { prepare(following) }
            (current, next) = (next, current)
        }
        if let failure { throw Failure(failure) }
    }

    /// Sorts the spilled rows piece by piece into one file; gives the rows of each piece.
    private func writeRuns(_ crew: ImportCrew) throws(FileError) -> [Range<Int>] {
        let sourceStride = store.layout.stride
        let input = try OpenFile(store.spillPath, .read, in: fileSystem)
        defer { input.closeQuietly() }
        let writer = try FileWriter(creating: runsPath, in: fileSystem)
        let limit = max(16, store.budget / (stride + RowStore.sortingBytes))
        let pieceBytes = min(limit, store.count) * stride
        let piece = UnsafeMutableRawBufferPointer(start: PageMemory.allocate(pieceBytes), count: pieceBytes)
        defer { PageMemory.deallocate(piece.baseAddress!, pieceBytes) }
        // Rows that are still to be resolved come by in blocks.
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: resolver == nil ? 0 : RowBlock.capacity * sourceStride, alignment: 64)
        defer { block.deallocate() }
        var runs: [Range<Int>] = []
        var first = 0
        while first < store.count {
            let rows = min(limit, store.count - first)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: piece[..<(rows * stride)])
            if let resolver {
                for start in Swift.stride(from: 0, to: rows, by: RowBlock.capacity) {
                    let count = min(RowBlock.capacity, rows - start)
                    let block = UnsafeMutableRawBufferPointer(rebasing: block[..<(count * sourceStride)])
                    try input.readWhole(at: (first + start) * sourceStride, into: block)
                    try resolver.resolve(
                        RowPointer(block.baseAddress!), first: first + start, count: count, into: bytes.baseAddress! + start * stride)
                }
            } else {
                try input.readWhole(at: first * stride, into: bytes)
            }
            let base = RowPointer(piece.baseAddress!)
            var block = piece.baseAddress!
            let permutation = RowPermutation.of(HeldRows(in: &block, stride: stride), count: rows, order, crew)
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
        _ runs: [Range<Int>], _ duplicates: DuplicateFilter?, _ openSessions: OpenSessions?,
        _ body: (RowBlock, _ meanwhile: () -> Void) throws(Failure) -> Void
    ) throws(Failure) {
        let file: OpenFile
        var cursors: [RunCursor] = []
        do throws(FileError) {
            file = try OpenFile(runsPath, .read, in: fileSystem)
            // The rest of the memory is for the writers of the columns.
            let rows = max(1, store.budget / 4 / (stride * (runs.count + 1)))
            for run in runs { cursors.append(try RunCursor(file, run, stride: stride, bufferRows: min(rows, run.count))) }
        } catch { throw Failure(error) }
        try Self.handOn(MergedSupply(cursors, order), joining: openSessions, stride, duplicates, body)
    }
}

/// Where blocks of rows in order come from.
private protocol RowSupply {
    /// Puts the next rows into an empty block; none at the end.
    mutating func fill(_ block: RowBlock) throws(FileError)
}

/// Rows held in memory.
private struct HeldSupply: RowSupply {
    let rows: HeldRows
    let permutation: [UInt32]
    var rest: Range<Int>

    mutating func fill(_ block: RowBlock) {
        let part = rest.prefix(RowBlock.capacity)
        rest = part.upperBound..<rest.upperBound
        if permutation.isEmpty {
            for index in part { block.append(rows[index]) }
        } else {
            for index in part { block.append(copyOf: rows[Int(permutation[index])]) }
        }
    }
}

/// Sorted runs, merged.
private struct MergedSupply: RowSupply {
    private let cursors: [RunCursor]
    private let order: RowOrder
    private var heap: MergeHeap

    init(_ cursors: [RunCursor], _ order: RowOrder) {
        self.cursors = cursors
        self.order = order
        heap = MergeHeap(cursors.count) { order.precedes(cursors[$0].row, cursors[$1].row) }
    }

    mutating func fill(_ block: RowBlock) throws(FileError) {
        let (cursors, order) = (cursors, order)
        while block.taken < RowBlock.capacity, let run = heap.top {
            block.append(copyOf: cursors[run].row)
            // Ties cannot be, as every row has its position.
            heap.advance(hasMore: try cursors[run].advance()) { order.precedes(cursors[$0].row, cursors[$1].row) }
        }
    }
}

/// Rows of another supply, visitor by visitor, those without a session id where they belong.
private struct OpenSessionSupply<Base: RowSupply>: RowSupply {
    private var base: Base
    private let visitor: OpenSessions
    private let read: RowBlock
    /// How many rows of the block read are taken, and of the visitor's handed on.
    private var taken = 0
    private var given = 0
    /// Whether the rows held go on with a visitor who has too many.
    private var isPassing = false
    private var isAtEnd = false

    init(_ base: Base, _ visitor: OpenSessions, stride: Int) {
        self.base = base
        self.visitor = visitor
        read = RowBlock(stride: stride)
    }

    mutating func fill(_ block: RowBlock) throws(FileError) {
        while block.taken < RowBlock.capacity {
            if given == visitor.heldRows, !(try readVisitor()) { return }
            block.append(copyOf: visitor[given])
            given += 1
        }
    }

    /// Takes the rows of the next visitor; false where there is none.
    private mutating func readVisitor() throws(FileError) -> Bool {
        let goesOn = visitor.isFull
        var first: RowPointer?
        if try hasRow() { first = read.rows[taken] }
        isPassing = goesOn && first.map(visitor.isOfVisitor) ?? false
        visitor.removeAll()
        given = 0
        while !visitor.isFull, try hasRow(), visitor.isOfVisitor(read.rows[taken]) {
            visitor.append(read.rows[taken])
            taken += 1
        }
        if visitor.isFull, try hasRow(), visitor.isOfVisitor(read.rows[taken]) { isPassing = true }
        if !isPassing { visitor.arrange() }
        return visitor.heldRows > 0
    }

    private mutating func hasRow() throws(FileError) -> Bool {
        if taken == read.taken, !isAtEnd {
            read.removeAll()
            taken = 0
            try base.fill(read)
            isAtEnd = read.taken == 0
        }
        return taken < read.taken
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
