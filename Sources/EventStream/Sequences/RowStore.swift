internal import DurableFiles

/// Rows as they are read: in memory up to a limit, then in a file beside the corpus that is being built.
final class RowStore {
    let layout: EventRow
    /// Rows of a block; blocks keep rows in place while more arrive.
    let rowsPerBlock: Int
    /// Most rows held in memory.
    let limit: Int
    private(set) var count = 0
    private(set) var blocks: [UnsafeMutableRawPointer] = []
    private var inMemory = 0
    private let spillPath: String
    private let fileSystem: FileSystem
    private(set) var spill: FileWriter?

    /// Rows of memory that sorting takes beside the rows themselves: two permutations.
    private static let sortingBytes = 8

    init(layout: EventRow, memoryLimit: Int, spillPath: String, in fileSystem: FileSystem) {
        self.layout = layout
        self.spillPath = spillPath
        self.fileSystem = fileSystem
        limit = max(16, memoryLimit / (layout.stride + Self.sortingBytes))
        rowsPerBlock = max(1, min(limit, (1 << 20) / layout.stride))
    }

    deinit { for block in blocks { block.deallocate() } }

    /// A place for one more row.
    @inline(__always)
    func append() throws(FileError) -> UnsafeMutableRawPointer {
        if inMemory == limit { try writeOut() }
        let block = inMemory / rowsPerBlock
        if block == blocks.count { blocks.append(.allocate(byteCount: rowsPerBlock * layout.stride, alignment: 64)) }
        let row = blocks[block] + (inMemory - block * rowsPerBlock) * layout.stride
        inMemory += 1
        count += 1
        return row
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
    func finish() throws(FileError) {
        guard isSpilled else { return }
        try writeOut()
        try spill?.finish(sync: false)
        for block in blocks { block.deallocate() }
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
    }
}
