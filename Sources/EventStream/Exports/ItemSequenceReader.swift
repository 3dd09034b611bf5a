/// Reads one session a line: items in order, optionally a tab and the item that followed. Every item is an event without time;
/// the number of the line is the session.
struct ItemSequenceReader: EventSource {
    let mapping: ExportMapping
    let hasPairs: Bool
    private let input: ExportInput?
    private let path: String
    private let limits: ExportLimits
    private let sessionPrefix: String
    private let separator: UInt8
    private var cursor: LineCursor

    /// A reader at the beginning of `window`. Sessions of the second and later files carry the number of the file.
    init(
        window: InputWindow, path: String, mapping: ExportMapping, hasPairs: Bool, limits: ExportLimits, fileNumber: Int,
        input: ExportInput?
    ) {
        self.mapping = mapping
        self.hasPairs = hasPairs
        self.input = input
        self.path = path
        self.limits = limits
        sessionPrefix = fileNumber > 1 ? "\(fileNumber):" : ""
        separator = mapping.fields[0].separator?.utf8.first ?? 0x20
        cursor = LineCursor(window, maximumBytes: limits.maximumRowBytes)
    }

    var progress: ExportProgress { input?.progress ?? ExportProgress(bytesRead: cursor.offset, bytesTotal: nil) }

    mutating func read(into batch: inout EventBatch, rejects: inout RejectCollector) throws(ExportError) -> Bool {
        precondition(batch.count == 0 && batch.fields.count == 1, "EventSource.read: the batch is not an empty one of this mapping")
        guard case .strings(var items) = batch.fields[0] else {
            preconditionFailure("EventSource.read: the item field of the batch is numeric")
        }
        batch.fields[0] = .strings(ByteColumn())
        defer { batch.fields[0] = .strings(items) }
        let before = rejects.total
        while batch.count + (rejects.total - before) < limits.batchRows {
            switch try cursor.next() {
            case .end: return batch.count > 0 || rejects.total > before
            case .tooLong: refuse(.lineTooLong, "the line is longer than \(limits.maximumRowBytes) bytes", &rejects)
            case .text(let start, let count):
                let line = UnsafeBufferPointer(start: cursor.window.bytes + start, count: count)
                if line.allSatisfy({ $0 == 0x20 }) { continue }
                if let (reason, hint) = fault(line) {
                    refuse(reason, hint, &rejects)
                } else {
                    take(line, &items, &batch)
                }
            }
        }
        return true
    }

    private func fault(_ line: UnsafeBufferPointer<UInt8>) -> (RejectReason, String)? {
        if line.contains(0) { return (.nulByte, "the line holds a zero byte") }
        if !isUTF8(line.baseAddress!, 0, line.count) {
            return (.invalidText, "the bytes are not text in \(mapping.encoding.rawValue); see `encoding` in the mapping")
        }
        let tabs = line.count { $0 == 0x09 }
        guard tabs == (hasPairs ? 1 : 0) else {
            return (
                .badPair,
                hasPairs ? "expected items, one tab and the item that follows" : "expected items without a tab, as in the first line"
            )
        }
        return emptyOrSuperfluousItem(line)
    }

    /// Between separators other than spaces stands an item; so it does before and after the tab, and only one after it.
    private func emptyOrSuperfluousItem(_ line: UnsafeBufferPointer<UInt8>) -> (RejectReason, String)? {
        let mayRepeat = separator == 0x20
        var isInItem = false
        var items = 0
        var isAfterTab = false
        for i in 0...line.count {
            let byte = i < line.count ? line[i] : 0x09
            if byte == 0x09 || byte == separator {
                if !isInItem, byte == 0x09 ? items == 0 || !mayRepeat : !mayRepeat { return (.emptyItem, "an item is empty") }
                isInItem = false
                guard byte == 0x09 else { continue }
                if isAfterTab, items > 1 { return (.badPair, "expected one item after the tab") }
                items = 0
                isAfterTab = true
            } else if !isInItem {
                isInItem = true
                items += 1
            }
        }
        return nil
    }

    /// Spaces may repeat and stand at the ends; any other separator stands between two items.
    private mutating func take(_ line: UnsafeBufferPointer<UInt8>, _ items: inout ByteColumn, _ batch: inout EventBatch) {
        let session = Array((sessionPrefix + String(cursor.number)).utf8)
        var start = 0
        for i in 0...line.count where i == line.count || line[i] == separator || line[i] == 0x09 {
            if i > start {
                items.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(line)[start..<i]))
                session.withUnsafeBytes { batch.session.append($0) }
                batch.visitor.appendMissing()
                batch.timeMicroseconds.append(.min)
                batch.count += 1
            }
            start = i + 1
        }
    }

    private func refuse(_ reason: RejectReason, _ hint: String, _ rejects: inout RejectCollector) {
        rejects.record(Reject(reason, file: path, line: cursor.number, byteOffset: cursor.offset, hint: hint))
    }
}
