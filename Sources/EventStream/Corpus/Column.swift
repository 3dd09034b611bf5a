internal import DurableFiles

/// One array of a corpus, in mapped memory or in memory of its own.
///
/// In a hot loop of another module take ``withUnsafeBufferPointer(_:)`` once, outside the loop.
public struct Column<Element: NumPyElement>: Sendable, RandomAccessCollection {
    /// Keeps the memory: a mapped file, or an array of our own.
    private let owner: any AnyObject & Sendable
    private nonisolated(unsafe) let values: UnsafeBufferPointer<Element>

    /// Elements.
    public var count: Int { values.count }
    /// 0.
    public var startIndex: Int { 0 }
    /// ``count``.
    public var endIndex: Int { values.count }

    /// One element; traps outside the column.
    public subscript(index: Int) -> Element {
        precondition(index >= 0 && index < values.count, "Column: element \(index) of \(values.count)")
        return values[index]
    }

    /// The memory, for the time of the closure.
    public func withUnsafeBufferPointer<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(owner) {} }
        return try body(values)
    }

    /// The memory for as long as the column itself is kept.
    var memory: UnsafeBufferPointer<Element> { values }

    /// Maps an array and checks type, shape and size.
    /// - Parameter count: elements it must have; nil where any number will do.
    init(_ path: String, count expected: Int?, in fileSystem: FileSystem) throws(CorpusError) {
        let file: MappedFile
        do { file = try MappedFile(path, in: fileSystem) } catch { throw .file(error) }
        let header: NumPyHeader
        switch NumPyHeader.parse(file.bytes) {
        case .success(let parsed): header = parsed
        case .failure(let fault): throw .damaged(file: path, expected: "a one-dimensional NumPy array", found: fault.found)
        }
        guard header.descriptor == Element.descriptor else {
            throw .damaged(file: path, expected: "elements of type \(Element.descriptor)", found: header.descriptor)
        }
        guard header.shape.count == 1, let count = header.shape.first else {
            throw .damaged(file: path, expected: "one dimension", found: "\(header.shape.count) dimensions")
        }
        let (size, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard !overflows, file.bytes.count - header.size == size else {
            throw .damaged(
                file: path, expected: "\(count) elements of \(MemoryLayout<Element>.stride) bytes after its header",
                found: "\(file.bytes.count - header.size) bytes")
        }
        if let expected, expected != count { throw .damaged(file: path, expected: "\(expected) elements", found: "\(count)") }
        guard header.size.isMultiple(of: MemoryLayout<Element>.alignment) else {
            throw .damaged(file: path, expected: "elements aligned to their size", found: "a header of \(header.size) bytes")
        }
        owner = file
        let start = file.bytes.baseAddress.map { $0 + header.size }
        values = UnsafeBufferPointer(start: start?.assumingMemoryBound(to: Element.self), count: count)
    }

    /// A copy of some elements in memory of its own.
    init(_ elements: some Collection<Element>) {
        let memory = OwnMemory<Element>(elements)
        owner = memory
        values = UnsafeBufferPointer(memory.values)
    }
}

/// Elements that live as long as the object.
private final class OwnMemory<Element: NumPyElement>: @unchecked Sendable {
    let values: UnsafeMutableBufferPointer<Element>

    init(_ elements: some Collection<Element>) {
        values = .allocate(capacity: elements.count)
        _ = values.initialize(from: elements)
    }

    deinit { values.deallocate() }
}
