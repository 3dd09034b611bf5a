internal import DurableFiles

/// Byte strings of a corpus: the entries of a field, or the ids of sessions or visitors.
public struct StringDictionary: Sendable {
    private let offsets: Column<Int64>
    private let bytes: Column<UInt8>

    /// Entries.
    public var count: Int { offsets.count - 1 }

    /// One entry; bytes that are not UTF-8 are replaced by U+FFFD. Traps outside the dictionary.
    public subscript(index: Int) -> String {
        withExtendedLifetime(bytes) { String(decoding: utf8(index), as: UTF8.self) }
    }

    /// The bytes of one entry, valid for as long as this value is kept. Traps outside the dictionary.
    public func utf8(_ index: Int) -> UnsafeRawBufferPointer {
        precondition(index >= 0 && index < count, "StringDictionary: entry \(index) of \(count)")
        let range = Int(offsets.memory[index])..<Int(offsets.memory[index + 1])
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes.memory)[range])
    }

    /// Entries in memory of their own.
    init(_ entries: [String]) {
        var ends: [Int64] = [0]
        var text: [UInt8] = []
        for entry in entries {
            text += entry.utf8
            ends.append(Int64(text.count))
        }
        (offsets, bytes) = (Column(ends), Column(text))
    }

    /// Maps `STEM.offsets.npy` and `STEM.bytes.npy`.
    init(_ stem: String, count: Int?, in fileSystem: FileSystem) throws(CorpusError) {
        let path = stem + ".offsets.npy"
        offsets = try Column(path, count: count.map { $0 + 1 }, in: fileSystem)
        bytes = try Column(stem + ".bytes.npy", count: nil, in: fileSystem)
        try offsets.checkOffsets(upTo: bytes.count, path)
    }
}

extension Column<Int64> {
    /// Checks that the elements rise from 0 to `end`.
    func checkOffsets(upTo end: Int, _ path: String) throws(CorpusError) {
        var previous: Int64 = 0
        guard memory.first == 0 else { throw .damaged(file: path, expected: "offsets from 0", found: "another beginning") }
        for (index, offset) in memory.enumerated() {
            guard offset >= previous else {
                throw .damaged(file: path, expected: "offsets that do not fall", found: "a lower one at element \(index)")
            }
            previous = offset
        }
        guard previous == Int64(end) else { throw .damaged(file: path, expected: "offsets up to \(end)", found: "\(previous)") }
    }
}
