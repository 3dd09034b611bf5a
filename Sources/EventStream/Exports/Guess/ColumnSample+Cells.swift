extension ColumnSample {
    /// What stands within its cells of JSON, by the path within the cell.
    /// - Parameter paths: which; nil for all there are.
    func parts(paths: [String]? = nil, limits: ExportLimits) -> [(path: String, sample: ColumnSample)] {
        func withCell(_ value: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
            guard let first = value.first(where: { $0 != 0x20 }), first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return }
            (value + [UInt8](repeating: 0x0A, count: InputWindow.padding)).withUnsafeBufferPointer {
                body(UnsafeBufferPointer(rebasing: $0[..<value.count]))
            }
        }
        var found = paths ?? []
        if paths == nil {
            let lister = JSONLineParser(paths: [], maximumNesting: limits.maximumNesting)
            var known = Set<String>()
            for value in values where found.count < 1_000 {
                withCell(value) { cell in for path in lister.paths(inCell: cell) where known.insert(path).inserted { found.append(path) } }
            }
        }
        guard !found.isEmpty else { return [] }
        let parser = JSONLineParser(paths: found, maximumNesting: limits.maximumNesting)
        let row = RowTexts(count: found.count)
        var parts = found.map { ColumnSample(name: $0.hasPrefix("[") ? name + $0 : "\(name).\($0)", values: []) }
        for value in values {
            for index in found.indices { parts[index].values.append([]) }
            withCell(value) { cell in
                guard parser.parse(cell: cell, into: row) == nil else { return }
                for index in found.indices where row.texts[index].count > 0 {
                    let text = row.texts[index]
                    parts[index].values[parts[index].values.count - 1] = Array(UnsafeBufferPointer(start: text.bytes, count: text.count))
                }
            }
        }
        return Array(zip(found, parts)).map { (path: $0.0, sample: $0.1) }
    }
}
