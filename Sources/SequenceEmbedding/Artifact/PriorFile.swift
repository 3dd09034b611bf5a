internal import DurableFiles
internal import SequenceKernel

/// A ``NextItemPrior`` as tensors.
enum PriorFile {
    static func write(_ prior: NextItemPrior, to path: String, in fileSystem: FileSystem) throws(FileError) {
        var writer = SafetensorsWriter()
        var kept: [UnsafeMutableRawBufferPointer] = []
        defer { for memory in kept { memory.deallocate() } }
        func add(_ name: String, _ type: TensorType, count: Int, _ bytes: UnsafeRawBufferPointer) {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 64)
            copy.copyBytes(from: bytes)
            kept.append(copy)
            writer.add(name, type, shape: [count], bytes: UnsafeRawBufferPointer(rebasing: copy[..<bytes.count]))
        }
        writer.add("popularity", shape: [prior.popularity.count], prior.popularity)
        writer.add("links.strengths", shape: [prior.links.strengths.count], prior.links.strengths)
        writer.add("sharpness", shape: [1], [prior.sharpness])
        writer.add("copy.weights", shape: [prior.copy.weights.count], prior.copy.weights.map { Float($0) })
        prior.links.starts.withUnsafeBytes { add("links.starts", .int32, count: prior.links.starts.count, $0) }
        prior.links.neighbours.withUnsafeBytes { add("links.neighbours", .int32, count: prior.links.neighbours.count, $0) }
        try writer.write(to: path, in: fileSystem)
    }

    static func read(
        _ path: String, _ settings: NextItemSettings, itemCount: Int, in fileSystem: FileSystem
    ) throws(SafetensorsError) -> NextItemPrior {
        let file = try SafetensorsFile(path, in: fileSystem)
        let popularity = try file.floats("popularity")
        let starts = try file.integers("links.starts")
        let neighbours = try file.integers("links.neighbours")
        let strengths = try file.floats("links.strengths")
        let weights = try file.floats("copy.weights")
        let sharpness = try file.floats("sharpness")
        guard popularity.count == itemCount, starts.count == itemCount + 1, starts.first == 0, starts.last == neighbours.count,
            zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }), strengths.count == neighbours.count,
            neighbours.allSatisfy({ $0 >= 0 && $0 < itemCount }), weights.count == CopyModel.size, sharpness.count == 1,
            (strengths + popularity + weights + sharpness).allSatisfy(\.isFinite)
        else { throw .sizeMismatch(tensor: "links.starts", shape: [starts.count], bytes: neighbours.count * 4) }
        return NextItemPrior(
            settings: settings, copy: CopyModel(weights: weights.map { Double($0) }),
            links: ItemLinks(starts: starts.map { Int32($0) }, neighbours: neighbours.map { Int32($0) }, strengths: strengths),
            popularity: popularity, sharpness: sharpness[0])
    }
}
