/// The gradients of a step: one dense block a shard, the shared gradient of the tables, and which table rows were touched.
///
/// ```
/// passes write     shard 0 … S-1 (dense)                     scatter notes            joint (tables)
/// applyScatters    notes → table rows; workers share the rows, every row is added in shard order
/// reduce           dense += shard 1, += shard 2 …; squares summed in double, block by block in order
/// update           AdamW; every gradient is zero again while it is in cache
/// ```
final class GradientStore {
    let blocks: GradientBlocks
    let shardCount: Int
    private let weights: ParameterVector
    /// `weights.count` floats; the dense part is also the first shard's block.
    let total: UnsafeMutablePointer<Float>
    private let others: UnsafeMutablePointer<Float>
    private let flags: UnsafeMutablePointer<UInt8>
    private let squares: UnsafeMutablePointer<Double>

    init(_ weights: ParameterVector, shardCount: Int, optimizer: AdamW, tied: Set<String> = []) {
        precondition(shardCount > 0, "GradientStore: \(shardCount) shards")
        self.weights = weights
        self.shardCount = shardCount
        blocks = GradientBlocks(weights, optimizer, tied: tied)
        total = Self.zeros(weights.count)
        others = Self.zeros((shardCount - 1) * weights.denseCount)
        flags = .allocate(capacity: blocks.flagCount + 8)
        flags.initialize(repeating: 0, count: blocks.flagCount + 8)
        squares = .allocate(capacity: blocks.blocks.count + blocks.rowBlocks.count + 1)
        squares.initialize(repeating: 0, count: blocks.blocks.count + blocks.rowBlocks.count + 1)
    }

    deinit {
        UnsafeMutableRawPointer(total).deallocate()
        UnsafeMutableRawPointer(others).deallocate()
        flags.deallocate()
        squares.deallocate()
    }

    private static func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
        let memory = LargePages.allocate(max(1, count) * 4)
        let floats = memory.bindMemory(to: Float.self, capacity: max(1, count))
        floats.initialize(repeating: 0, count: max(1, count))
        return floats
    }

    /// The dense gradient of one shard.
    func dense(shard: Int) -> UnsafeMutablePointer<Float> {
        shard == 0 ? total : others + (shard - 1) * weights.denseCount
    }

    /// The shared gradient of the tables.
    var tables: UnsafeMutablePointer<Float> { total + weights.denseCount }

    /// Forgets everything, after a pass that only wanted the loss.
    func clear() {
        total.update(repeating: 0, count: weights.count)
        others.update(repeating: 0, count: (shardCount - 1) * weights.denseCount)
        flags.update(repeating: 0, count: blocks.flagCount)
    }

    /// Adds the shards' notes to the tables' gradient. A row belongs to one worker, which adds in shard order, so neither
    /// threads nor locks show in the sum.
    ///
    /// Where there are enough tables a table is one piece of work, and each note is read once; a model of few tables shares the
    /// rows of each among the workers, who all read its notes.
    func applyScatters(_ passes: [Pass], _ pool: WorkerPool) {
        let tables = blocks.tableOffsets
        let parts = tables.count >= 2 * pool.threads ? 1 : pool.threads
        pool.run(tables.count * parts, Scattering(store: self, passes: passes, parts: parts))
        for pass in passes { pass.scatter?.removeAll() }
    }

    private struct Scattering: SharedWork {
        let store: GradientStore
        let passes: [Pass]
        let parts: Int

        func perform(_ index: Int, worker: Int) {
            let table = store.blocks.tableOffsets[index / parts]
            for pass in passes {
                guard let scatter = pass.scatter else { continue }
                scatter.notes.withUnsafeBufferPointer { notes in
                    for note in notes.indices where notes[note].table.offset == table {
                        store.apply(notes[note], part: index % parts, of: parts)
                    }
                }
            }
        }
    }

    private func apply(_ note: GradientScatter.Note, part: Int, of parts: Int) {
        let rowCount = note.table.shape[0]
        let flag = blocks.flagOffsets[note.table.offset].map { flags + $0 }
        for lookup in 0..<note.count {
            let row = Int(note.rows[lookup])
            precondition(row < rowCount, "GradientScatter: row \(row) of \(note.table.name) \(note.table.shape)")
            // Workers that share a table share its rows by their remainder, as the loop below does.
            if let flag, row >= 0, parts == 1 || row % parts == part { flag[row] = 1 }
        }
        vectorLoops.scatterAddRows(
            note.count, note.table.count / rowCount, note.rows, note.owners, note.scales, note.gradient, note.stride,
            tables + note.table.offset, part, parts)
    }

    /// Adds the shards' dense gradients in shard order and returns the norm over everything, tables included.
    func reduce(_ pool: WorkerPool) -> Double {
        let count = blocks.blocks.count
        pool.run(count + blocks.rowBlocks.count, Reduction(store: self))
        var sum = 0.0
        for index in 0..<count + blocks.rowBlocks.count { sum += squares[index] }
        return sum.squareRoot()
    }

    private struct Reduction: SharedWork {
        let store: GradientStore

        func perform(_ index: Int, worker: Int) {
            let blocks = store.blocks.blocks
            store.squares[index] =
                index < blocks.count
                ? store.reduce(blocks[index]) : store.squares(of: store.blocks.rowBlocks[index - blocks.count])
        }
    }

    private func reduce(_ block: GradientBlocks.Block) -> Double {
        let target = total + block.start
        if !block.isTable {
            for shard in 1..<max(shardCount, 1) {
                let source = dense(shard: shard) + block.start
                vectorLoops.add(block.count, target, source, target)
                source.update(repeating: 0, count: block.count)
            }
        }
        return vectorLoops.sumOfSquares(block.count, target)
    }

    private func squares(of block: GradientBlocks.RowBlock) -> Double {
        var sum = 0.0
        forEachTouched(block) { row in sum += vectorLoops.sumOfSquares(block.width, total + block.start + row * block.width) }
        return sum
    }

    private func forEachTouched(_ block: GradientBlocks.RowBlock, _ body: (Int) -> Void) {
        let flags = flags + block.flag
        var row = 0
        while row < block.rows {
            if row + 8 <= block.rows && UnsafeRawPointer(flags + row).loadUnaligned(as: UInt64.self) == 0 {
                row += 8
                continue
            }
            if flags[row] != 0 { body(row) }
            row += 1
        }
    }

    /// One step of the optimiser over everything; gradients are zero afterwards.
    func update(_ moments: OptimizerMoments, _ step: AdamWStep, _ pool: WorkerPool) {
        pool.run(blocks.blocks.count + blocks.rowBlocks.count, Update(store: self, moments: moments, step: step))
    }

    private struct Update: SharedWork {
        let store: GradientStore
        let moments: OptimizerMoments
        let step: AdamWStep

        func perform(_ index: Int, worker: Int) {
            let blocks = store.blocks.blocks
            if index < blocks.count {
                update(blocks[index].start, count: blocks[index].count, decays: blocks[index].decays)
                return
            }
            let block = store.blocks.rowBlocks[index - blocks.count]
            store.forEachTouched(block) { row in
                update(block.start + row * block.width, count: block.width, decays: block.decays)
            }
            (store.flags + block.flag).update(repeating: 0, count: block.rows)
        }

        private func update(_ start: Int, count: Int, decays: Bool) {
            step.update(
                store.weights.base + start, store.total + start, moments.first + start, moments.second + start, count: count,
                decays: decays)
        }
    }
}

/// Both moments of ``AdamW``, laid out as the weights.
final class OptimizerMoments {
    let first: UnsafeMutablePointer<Float>
    let second: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        self.count = count
        let memory = LargePages.allocate(max(1, count) * 8 + 64)
        first = memory.bindMemory(to: Float.self, capacity: max(1, count) * 2 + 16)
        first.initialize(repeating: 0, count: max(1, count) * 2 + 16)
        // Both halves begin on a cache line.
        second = first + (max(1, count) + 15) & ~15
    }

    deinit { UnsafeMutableRawPointer(first).deallocate() }
}
