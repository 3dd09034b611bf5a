internal import ArrowExchange

/// Whole rows of an export, taken out of it so that a thread of its own can read them.
final class ExportBlock {
    /// The bytes; nothing follows them.
    let window: InputWindow
    /// The rows of an export that lies in columns, in place of bytes.
    var columns: ArrowBatch?
    /// A row behind them that no reader can hold: refused where the block was cut, one physical line. Its line number is still open.
    var trailing: Reject?

    init() { window = InputWindow(MemoryBytes([]), capacity: 8, maximumRowBytes: 0) }
}

/// A source whose rows can be read in blocks by several threads: exactly the rows and rejects that reading it from front to back gives.
protocol BlockSource: EventSource {
    /// Physical lines before the first block, 0 without a header.
    var linesBefore: Int { get }
    /// Takes the next rows out of the input; false at its end. Not to be mixed with ``EventSource/read(into:rejects:)``.
    mutating func cut(into block: ExportBlock) throws(ExportError) -> Bool
    /// A reader of blocks; one for each thread.
    func blockParser(for block: ExportBlock) -> any BlockParser
}

/// Reads blocks of one source.
protocol BlockParser: AnyObject {
    /// The rows of the last block.
    var rows: CodedRows { get }
    /// Reads the block from its beginning, or goes on where it stopped. Line numbers in the rejects count from 1 at its beginning. Gives its
    /// physical lines; nil when it stopped because the collector is full.
    func parse(goingOn: Bool, rejects: inout RejectCollector) throws(ExportError) -> Int?
}

extension InputWindow {
    /// The bytes after the last line feed among the next `limit` are left; how many come before. Nil without one.
    func throughLastLineFeed(limit: Int) -> Int? {
        var end = min(self.end, start + limit)
        while end > start {
            if bytes[end - 1] == 0x0A { return end - start }
            end -= 1
        }
        return nil
    }
}
