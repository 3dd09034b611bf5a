/// Tells the formats apart from the beginning of a file.
struct FormatSniffer {
    let path: String
    let sample: InputSample

    /// The format; delimited text when it is no other.
    func format(for mapping: ExportMapping) throws(ExportError) -> ExportMapping.Format {
        if mapping.delimiter != nil || mapping.header != nil || mapping.columns != nil { return .csv }
        switch sample.text.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }) {
        case UInt8(ascii: "{"): return .jsonl
        case UInt8(ascii: "["):
            throw ExportError(
                .badData, place: path, reason: "it is one JSON array, which cannot be read row by row",
                remedy: "write one object a line, for instance with `jq -c '.[]'`")
        default: break
        }
        let mayBeItems = mapping.visitor == nil && mapping.session == nil && mapping.time == nil
        return mayBeItems && isItemSequences ? .items : .csv
    }

    /// True when the first line with content has a tab.
    var hasPairs: Bool { lines.first { !$0.isEmpty }?.contains(0x09) ?? false }

    /// Whole numbers with single spaces between, at most one tab before the last: nothing else looks like this line after line.
    private var isItemSequences: Bool {
        var several = false
        var lineCount = 0
        var fitting = 0
        for line in lines.prefix(500) {
            lineCount += 1
            guard isItemSequence(line) else { continue }
            fitting += 1
            several = several || line.contains(0x20)
        }
        return several && fitting * 20 >= lineCount * 19
    }

    private func isItemSequence(_ line: ArraySlice<UInt8>) -> Bool {
        var previous: UInt8 = 0x20
        var tabs = 0
        for byte in line {
            switch byte {
            case 0x30...0x39: break
            case 0x20: guard previous != 0x20, previous != 0x09, tabs == 0 else { return false }
            case 0x09:
                guard previous != 0x20, previous != 0x09 else { return false }
                tabs += 1
            default: return false
            }
            previous = byte
        }
        return tabs < 2
    }

    private var lines: some Sequence<ArraySlice<UInt8>> {
        sample.text.prefix(1 << 16).split(separator: 0x0A, omittingEmptySubsequences: true).lazy.map {
            $0.last == 0x0D ? $0.dropLast() : $0
        }
    }
}
