/// The model's floats cut into fixed stretches: the units of work of clipping and of the optimiser, and the order in which the
/// norm is summed. They depend on the declarations only, never on the threads.
struct GradientBlocks {
    /// Neighbouring floats that are treated alike.
    struct Block {
        /// First float in the order of ``ParameterVector/base``.
        let start: Int
        let count: Int
        let decays: Bool
        let isTable: Bool
    }

    /// Some rows of a table of which only touched rows are updated.
    struct RowBlock {
        let start: Int
        let rows: Int
        let width: Int
        let decays: Bool
        /// Where these rows' flags begin.
        let flag: Int
    }

    /// Floats in a block: small enough to share work evenly and to stay in the second cache for four arrays.
    static let blockSize = 8_192

    private(set) var blocks: [Block] = []
    private(set) var rowBlocks: [RowBlock] = []
    /// One flag a row of the tables in ``rowBlocks``.
    private(set) var flagCount = 0
    /// Where the flags of a table begin, by the table's offset.
    private(set) var flagOffsets: [Int: Int] = [:]
    /// Where each table begins among the tables.
    private(set) var tableOffsets: [Int] = []

    /// `tied` names tables whose gradient is also written outside of scatters: all their rows are always updated.
    init(_ weights: ParameterVector, _ optimizer: AdamW, tied: Set<String> = []) {
        var runs: [Block] = []
        for parameter in weights.parameters.sorted(by: { Self.start($0, weights) < Self.start($1, weights) }) {
            let start = Self.start(parameter, weights)
            let decays = parameter.decays || optimizer.decayEverything
            let isTable = parameter.kind == .table
            if isTable { tableOffsets.append(parameter.offset) }
            if isTable && !tied.contains(parameter.name) && optimizer.updatesTouchedRowsOnly(parameter) {
                addRows(parameter, start: start, decays: decays)
            } else if let last = runs.last, last.decays == decays, last.isTable == isTable, (start - last.start - last.count) < 16 {
                // The gap is the padding to the next cache line: zero weights with zero gradients stay zero.
                runs[runs.count - 1] = Block(
                    start: last.start, count: start + parameter.count - last.start, decays: decays, isTable: isTable)
            } else {
                runs.append(Block(start: start, count: parameter.count, decays: decays, isTable: isTable))
            }
        }
        for run in runs {
            for start in stride(from: 0, to: run.count, by: Self.blockSize) {
                blocks.append(
                    Block(
                        start: run.start + start, count: min(Self.blockSize, run.count - start), decays: run.decays,
                        isTable: run.isTable))
            }
        }
    }

    private mutating func addRows(_ table: Parameter, start: Int, decays: Bool) {
        let rows = table.shape[0]
        let width = table.count / rows
        flagOffsets[table.offset] = flagCount
        let perBlock = max(64, Self.blockSize / width * 8)
        for row in stride(from: 0, to: rows, by: perBlock) {
            rowBlocks.append(
                RowBlock(
                    start: start + row * width, rows: min(perBlock, rows - row), width: width, decays: decays, flag: flagCount + row))
        }
        flagCount += rows
    }

    private static func start(_ parameter: Parameter, _ weights: ParameterVector) -> Int {
        parameter.kind == .dense ? parameter.offset : weights.denseCount + parameter.offset
    }
}
