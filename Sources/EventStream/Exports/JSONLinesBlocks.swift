/// Cutting JSON Lines into blocks of whole lines.
extension JSONLinesReader: BlockSource {
    var linesBefore: Int { 0 }

    func blockParser(for block: ExportBlock) -> any BlockParser { JSONLinesBlockParser(self, block) }

    mutating func cut(into block: ExportBlock) throws(ExportError) -> Bool {
        let window = cursor.window
        block.trailing = nil
        while true {
            if window.end - window.start < limits.blockBytes / 2 { _ = try window.extend() }
            let rest = window.end - window.start
            if window.isLast, rest == 0 { return false }
            let whole = window.throughLastLineFeed(limit: limits.blockBytes) ?? window.throughLastLineFeed(limit: rest)
            if let count = window.isLast && rest <= limits.blockBytes ? rest : whole ?? (window.isLast ? rest : nil) {
                block.window.load(count, from: window)
                return true
            }
            if try window.extend() { continue }
            block.window.load(0, from: window)
            block.trailing = refusal(.lineTooLong, tooLong, byteOffset: window.offset)
            try window.skipLine()
            return true
        }
    }
}

private final class JSONLinesBlockParser: BlockParser {
    private var reader: JSONLinesReader
    var rows: CodedRows { reader.assembler.rows }

    init(_ source: JSONLinesReader, _ block: ExportBlock) { reader = JSONLinesReader(source, window: block.window) }

    func parse(goingOn: Bool, rejects: inout RejectCollector) throws(ExportError) -> Int? {
        try reader.readAll(goingOn: goingOn, &rejects)
    }
}
