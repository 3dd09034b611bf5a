internal import DurableFiles

/// Rows as they are read: in memory up to a limit, then in a file beside the corpus that is being built.
final class RowStore {
    let layout: EventRow
    /// Rows of a block, a power of two; blocks keep rows in place while more arrive.
    let rowsPerBlock: Int
    private let blockShift: Int
    /// Most rows held in memory: what the tables beside them leave of the memory, but never less than an eighth.
    var limit: Int { max(16, budget / (layout.stride + Self.sortingBytes)) }
    /// Bytes for rows and what sorts them.
    var budget: Int { max(memoryLimit - tableBytes, memoryLimit / 8) }
    /// Bytes of the tables that the rows point into.
    var tableBytes = 0
    private let memoryLimit: Int
    private(set) var count = 0
    private(set) var blocks: [UnsafeMutableRawPointer] = []
    private var inMemory = 0
    let spillPath: String
    private let fileSystem: FileSystem
    private(set) var spill: FileWriter?

    /// Bytes for each row that sorting takes beside the rows themselves: a permutation, the rows' visitors and their places in it.
    static let sortingBytes = 12

    init(layout: EventRow, memoryLimit: Int, spillPath: String, in fileSystem: FileSystem) {
        self.layout = layout
        self.spillPath = spillPath
        self.fileSystem = fileSystem
        self.memoryLimit = memoryLimit
        let limit = max(16, memoryLimit / (layout.stride + Self.sortingBytes))
        let most = max(1, min(limit, (1 << 20) / layout.stride))
        blockShift = Int.bitWidth - 1 - most.leadingZeroBitCount
        rowsPerBlock = 1 << blockShift
    }

    deinit { for block in blocks { free(block) } }

    private func free(_ block: UnsafeMutableRawPointer) { PageMemory.deallocate(block, rowsPerBlock * layout.stride) }

    /// Places for some more rows, one after another, at least one and at most `rows`.
    func append(upTo rows: Int) throws(FileError) -> UnsafeMutableRawBufferPointer {
        if inMemory >= limit { try writeOut() }
        let block = inMemory / rowsPerBlock
        if block == blocks.count { blocks.append(PageMemory.allocate(rowsPerBlock * layout.stride)) }
        let used = inMemory - block * rowsPerBlock
        let taken = max(1, min(rows, rowsPerBlock - used, limit - inMemory))
        inMemory += taken
        count += taken
        return UnsafeMutableRawBufferPointer(start: blocks[block] + used * layout.stride, count: taken * layout.stride)
    }

    /// Calls `body` with where the rows are that are held in memory.
    func withRows<Result, Failure: Error>(_ body: (HeldRows) throws(Failure) -> Result) throws(Failure) -> Result {
        try blocks.withUnsafeBufferPointer { (blocks) throws(Failure) -> Result in
            try body(HeldRows(blocks: blocks.baseAddress, shift: blockShift, stride: layout.stride))
        }
    }

    /// True when some rows are in the file; then all are, once ``finish()`` was called.
    var isSpilled: Bool { spill != nil }

    /// Writes the rest where a part was already written.
    /// - Parameter spilling: whether all are to be written in any case.
    func finish(spilling: Bool) throws(FileError) {
        guard isSpilled || spilling else { return }
        try writeOut()
        try spill?.finish(sync: false)
        for block in blocks { free(block) }
        blocks = []
    }

    private func writeOut() throws(FileError) {
        if spill == nil { spill = try FileWriter(creating: spillPath, in: fileSystem) }
        var rest = inMemory
        for block in blocks where rest > 0 {
            let rows = min(rest, rowsPerBlock)
            try spill?.write(UnsafeRawBufferPointer(start: block, count: rows * layout.stride))
            rest -= rows
        }
        inMemory = 0
        // The tables have grown meanwhile, and the rows have less room now.
        let needed = limit / rowsPerBlock + 1
        while blocks.count > needed { free(blocks.removeLast()) }
    }
}

/// Where rows held in memory are.
struct HeldRows: @unchecked Sendable {
    fileprivate let blocks: UnsafePointer<UnsafeMutableRawPointer>?
    fileprivate let shift: Int
    /// Bytes of a row.
    let stride: Int

    fileprivate init(blocks: UnsafePointer<UnsafeMutableRawPointer>?, shift: Int, stride: Int) {
        self.blocks = blocks
        self.shift = shift
        self.stride = stride
    }

    /// Rows one after another in one block, whose address lies at `block`.
    init(in block: UnsafePointer<UnsafeMutableRawPointer>, stride: Int) {
        self.init(blocks: block, shift: Int.bitWidth - 2, stride: stride)
    }

    /// A row by its number. Not checked.
    @inline(__always)
    subscript(_ index: Int) -> RowPointer {
        let block = index >> shift
        return RowPointer(blocks![block] + (index - block << shift) * stride)
    }
}
