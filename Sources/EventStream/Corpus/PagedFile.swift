internal import DurableFiles

/// A file read, and where wanted written, at any place through a few pages of memory.
///
/// Not a mapping: mapped pages count as memory of the process until the system takes them back, these are as many as were asked for.
final class PagedFile {
    private static let pageBytes = 4096

    private let file: OpenFile
    private let pages: Int
    @exclusivity(unchecked) private var memory: UnsafeMutableRawPointer?
    /// The page in each place of the memory, -1 for none, and whether it differs from the file.
    @exclusivity(unchecked) private var held: [Int]
    @exclusivity(unchecked) private var isChanged: [Bool]

    /// - Parameter memory: bytes to be used; at least a page is. They are taken at the first access.
    init(_ file: OpenFile, memory: Int) {
        self.file = file
        pages = max(1, memory / Self.pageBytes)
        held = Array(repeating: -1, count: pages)
        isChanged = Array(repeating: false, count: pages)
    }

    deinit { memory?.deallocate() }

    /// Gives the memory up and forgets what was put there; nothing is to be read after that.
    func release() {
        memory?.deallocate()
        memory = nil
        held = []
        isChanged = []
    }

    /// A value at a multiple of its size; zero behind the end of the file.
    @inline(__always)
    func load<Value: BitwiseCopyable>(_ offset: Int, as: Value.Type) throws(FileError) -> Value {
        try page(offset / Self.pageBytes).load(fromByteOffset: offset % Self.pageBytes, as: Value.self)
    }

    /// Puts a value at a multiple of its size.
    @inline(__always)
    func store<Value: BitwiseCopyable>(_ value: Value, _ offset: Int) throws(FileError) {
        let number = offset / Self.pageBytes
        try page(number).storeBytes(of: value, toByteOffset: offset % Self.pageBytes, as: Value.self)
        isChanged[number % pages] = true
    }

    /// Copies bytes from the file.
    func copy(_ start: Int, into place: UnsafeMutableRawBufferPointer) throws(FileError) {
        var done = 0
        while done < place.count {
            let offset = (start + done) % Self.pageBytes
            let count = min(place.count - done, Self.pageBytes - offset)
            let page = try page((start + done) / Self.pageBytes)
            (place.baseAddress! + done).copyMemory(from: page + offset, byteCount: count)
            done += count
        }
    }

    @inline(__always)
    private func page(_ number: Int) throws(FileError) -> UnsafeMutableRawPointer {
        let slot = number % pages
        if held[slot] == number, let memory { return memory + slot * Self.pageBytes }
        return try fetch(number, slot)
    }

    @inline(never)
    private func fetch(_ number: Int, _ slot: Int) throws(FileError) -> UnsafeMutableRawPointer {
        let memory = self.memory ?? .allocate(byteCount: pages * Self.pageBytes, alignment: 64)
        self.memory = memory
        let page = UnsafeMutableRawBufferPointer(start: memory + slot * Self.pageBytes, count: Self.pageBytes)
        if isChanged[slot] {
            try file.write(UnsafeRawBufferPointer(page), at: held[slot] * Self.pageBytes)
            isChanged[slot] = false
        }
        held[slot] = -1
        let count = try file.read(at: number * Self.pageBytes, into: page)
        (page.baseAddress! + count).initializeMemory(as: UInt8.self, repeating: 0, count: page.count - count)
        held[slot] = number
        return page.baseAddress!
    }
}
