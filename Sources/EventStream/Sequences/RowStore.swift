internal import DurableFiles

/// Rows as they are read: in memory up to a limit, then in a file beside the corpus that is being built.
final class RowStore {
    let layout: EventRow
    /// Rows of a block; blocks keep rows in place while more arrive.
    let rowsPerBlock: Int
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

    /// Bytes for each row that sorting takes beside the rows themselves: a permutation and the visitors' places in it.
    static let sortingBytes = 8

    init(layout: EventRow, memoryLimit: Int, spillPath: String, in fileSystem: FileSystem) {
        self.layout = layout
        self.spillPath = spillPath
        self.fileSystem = fileSystem
        self.memoryLimit = memoryLimit
        let limit = max(16, memoryLimit / (layout.stride + Self.sortingBytes))
        rowsPerBlock = max(1, min(limit, (1 << 20) / layout.stride))
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

    /// A row held in memory.
    @inline(__always)
    func row(_ index: Int) -> RowPointer {
        let block = index / rowsPerBlock
        return RowPointer(blocks[block] + (index - block * rowsPerBlock) * layout.stride)
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
