internal import DurableFiles
internal import SequenceKernel

/// Ready-made vectors of a model's fields as tensors: for each field its values' bytes, where they begin, and the vectors.
enum VectorFile {
    static func write(_ vectors: [String: VectorTable], to path: String, in fileSystem: FileSystem) throws(FileError) {
        var writer = SafetensorsWriter()
        var kept: [UnsafeMutableRawBufferPointer] = []
        defer { for memory in kept { memory.deallocate() } }
        func add(_ name: String, _ type: TensorType, count: Int, _ bytes: UnsafeRawBufferPointer) {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 64)
            copy.copyBytes(from: bytes)
            kept.append(copy)
            writer.add(name, type, shape: [count], bytes: UnsafeRawBufferPointer(rebasing: copy[..<bytes.count]))
        }
        for (field, table) in vectors.sorted(by: { $0.key < $1.key }) {
            var bytes: [UInt8] = []
            var offsets: [Int64] = [0]
            for value in table.values {
                bytes.append(contentsOf: value.utf8)
                offsets.append(Int64(bytes.count))
            }
            writer.add("\(field).vectors", shape: [table.values.count, table.width], table.floats)
            offsets.withUnsafeBytes { add("\(field).offsets", .int64, count: offsets.count, $0) }
            bytes.withUnsafeBytes { add("\(field).bytes", .uint8, count: bytes.count, $0) }
        }
        try writer.write(to: path, in: fileSystem)
    }

    static func read(_ path: String, in fileSystem: FileSystem) throws(SafetensorsError) -> [String: VectorTable] {
        let file = try SafetensorsFile(path, in: fileSystem)
        var tables: [String: VectorTable] = [:]
        for entry in file.entries where entry.name.hasSuffix(".vectors") {
            let field = String(entry.name.dropLast(".vectors".count))
            let offsets = try file.integers("\(field).offsets")
            guard let text = file["\(field).bytes"] else { throw .missing(tensor: "\(field).bytes") }
            let bytes = file.bytes(text)
            guard entry.shape.count == 2, offsets.count == entry.shape[0] + 1, offsets.first == 0, offsets.last == bytes.count,
                zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
            else { throw .sizeMismatch(tensor: "\(field).offsets", shape: [offsets.count], bytes: bytes.count) }
            let values = zip(offsets, offsets.dropFirst()).map { String(decoding: bytes[$0..<$1], as: UTF8.self) }
            tables[field] = VectorTable(width: entry.shape[1], values: values, floats: try file.floats(entry.name))
        }
        return tables
    }
}
