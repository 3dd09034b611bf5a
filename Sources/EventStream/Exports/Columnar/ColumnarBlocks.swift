internal import ArrowExchange

/// Batches of columns as blocks: the libraries decode one at a time, and each thread makes rows of its own.
extension ColumnarReader: BlockSource {
    var linesBefore: Int { 0 }

    mutating func cut(into block: ExportBlock) throws(ExportError) -> Bool {
        block.columns = try nextBatch()
        rowsCut += block.columns?.count ?? 0
        return block.columns != nil
    }

    func blockParser(for block: ExportBlock) -> any BlockParser { ColumnarBlockParser(self, block) }
}

private final class ColumnarBlockParser: BlockParser {
    private var reader: ColumnarReader
    private let block: ExportBlock
    var rows: CodedRows { reader.assembler.rows }

    init(_ source: ColumnarReader, _ block: ExportBlock) {
        reader = ColumnarReader(rowsOf: source)
        self.block = block
    }

    func parse(goingOn: Bool, rejects: inout RejectCollector) throws(ExportError) -> Int? {
        guard let batch = block.columns else { return 0 }
        return reader.readAll(batch, goingOn: goingOn, &rejects)
    }
}
