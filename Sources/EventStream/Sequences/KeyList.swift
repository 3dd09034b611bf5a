internal import DurableFiles

/// Texts found by the numbers that stand for them in rows.
enum KeyList {
    case inMemory(ByteStringTable)
    case onDisk(StoredKeys)

    /// Entries.
    var count: Int {
        switch self {
        case .inMemory(let table): table.count
        case .onDisk(let keys): keys.count
        }
    }

    /// The bytes of an entry, valid until the next call.
    @inline(__always)
    func bytes(of number: Int) throws(FileError) -> UnsafeRawBufferPointer {
        switch self {
        case .inMemory(let table): table[number]
        case .onDisk(let keys): try keys.bytes(of: number)
        }
    }

    /// Bytes of an entry.
    @inline(__always)
    func length(of number: Int) throws(FileError) -> Int {
        switch self {
        case .inMemory(let table): table[number].count
        case .onDisk(let keys): try keys.range(of: number).count
        }
    }
}

/// The distinct texts of one table in two files: their bytes one after another, and where each ends.
final class StoredKeys {
    let count: Int
    private let start: Int
    private let firstEnd: Int
    private let bytes: PagedFile
    private let ends: PagedFile
    private var scratch: UnsafeMutableRawBufferPointer
    private static let cacheBytes = 1 << 16

    /// - Parameters:
    ///   - start: where the bytes of the first begin.
    ///   - firstEnd: how many ends of other tables come before.
    init(count: Int, start: Int, firstEnd: Int, bytes: OpenFile, ends: OpenFile) {
        self.count = count
        self.start = start
        self.firstEnd = firstEnd
        self.bytes = PagedFile(bytes, memory: Self.cacheBytes)
        self.ends = PagedFile(ends, memory: Self.cacheBytes)
        scratch = .allocate(byteCount: 256, alignment: 8)
    }

    deinit { scratch.deallocate() }

    func range(of number: Int) throws(FileError) -> Range<Int> {
        precondition(number >= 0 && number < count, "StoredKeys: entry \(number) of \(count)")
        let begin = number == 0 ? start : Int(try ends.load(8 * (firstEnd + number - 1), as: Int64.self))
        return begin..<Int(try ends.load(8 * (firstEnd + number), as: Int64.self))
    }

    /// The bytes of an entry, valid until the next call.
    func bytes(of number: Int) throws(FileError) -> UnsafeRawBufferPointer {
        let range = try range(of: number)
        if scratch.count < range.count {
            scratch.deallocate()
            scratch = .allocate(byteCount: 2 * range.count, alignment: 8)
        }
        let place = UnsafeMutableRawBufferPointer(rebasing: scratch[..<range.count])
        try bytes.copy(range.lowerBound, into: place)
        return UnsafeRawBufferPointer(place)
    }

    /// The bytes of the first of these entries, as many as fit into the memory and one at least, valid for as long as the value is kept.
    func texts(of numbers: [Int], memory: Int) throws(FileError) -> TextList {
        let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
        var ranges = [Range<Int>](repeating: 0..<0, count: numbers.count)
        for index in order { ranges[index] = try range(of: numbers[index]) }
        let texts = TextList(ranges.map(\.count), memory: memory)
        for index in order where index < texts.count { try bytes.copy(ranges[index].lowerBound, into: texts.place(of: index)) }
        return texts
    }
}

/// Some texts in memory, one after another.
final class TextList: Sequence {
    let count: Int
    private let ends: [Int]
    private let bytes: UnsafeMutableRawBufferPointer

    fileprivate init(_ lengths: [Int], memory: Int) {
        var ends: [Int] = []
        var end = 0
        for length in lengths {
            guard ends.isEmpty || end + length <= memory else { break }
            end += length
            ends.append(end)
        }
        self.ends = ends
        count = ends.count
        bytes = .allocate(byteCount: Swift.max(1, end), alignment: 8)
    }

    deinit { bytes.deallocate() }

    fileprivate func place(of index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
    }

    func makeIterator() -> some IteratorProtocol<UnsafeRawBufferPointer> {
        (0..<count).lazy.map { UnsafeRawBufferPointer(self.place(of: $0)) }.makeIterator()
    }
}
