import EventStream

/// Parquet and Arrow files, whatever they hold: rows and refusals are the same in batches of any size and in blocks on several threads, and
/// damage is an error. Without the Arrow plugin every file is refused for that.
enum Columnar {
    /// Every way to a value: plain, of a struct, of a list, as words, the first of several.
    private static let mapping: ExportMapping = {
        var mapping = ExportMapping()
        // As a vendor's mapping: columns that a file lacks are empty.
        mapping.format = .jsonl
        mapping.visitor = "u"
        mapping.time = .init(column: "t", unit: .iso8601, zone: "UTC")
        mapping.fields = [
            .init(name: "p", kind: .categorical), .init(name: "x", kind: .numeric), .init(name: "words", column: "w.*", kind: .text),
            .init(name: "second", column: "w.1", kind: .categorical), .init(name: "either", columns: ["s.p", "p"], kind: .url),
            .init(name: "n", column: "s.n", kind: .numeric),
        ]
        return mapping
    }()

    static let read: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        let file = MemoryFile(bytes)
        let whole = Exports.read(file, mapping, Exports.limits())
        let parts = Exports.read(file, mapping, Exports.limits(batchRows: 3))
        // Where damage lies in the middle the libraries word it by how far they were.
        promise((whole.error == nil) == (parts.error == nil), "batches of 3: \(parts.error ?? "well"), not \(whole.error ?? "well")")
        guard whole.error == nil else { return }
        promise(whole == parts, "batches of 3 give other rows")
        let alone = Imports.run(file.path, mapping, Exports.limits(), threads: 1, memory: 1 << 20, inBlocks: false)
        let shared = Imports.run(file.path, mapping, Exports.limits(batchRows: 2), threads: 3, memory: 1 << 20, inBlocks: true)
        promise(alone == shared, "in blocks of 2 rows: \(shared), not \(alone)")
    }
}
