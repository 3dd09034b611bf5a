/// Memory for plain values that keeps what it has grown to. Pointers into it hold until it grows again. A cache line behind the elements
/// may be read and written, so that short stretches can be copied as a whole vector.
final class GrowingBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    private(set) var pointer: UnsafeMutablePointer<Element>
    private var capacity: Int
    /// Elements in use.
    private(set) var count = 0

    init() {
        capacity = 64
        pointer = Self.memory(64)
    }

    /// A copy of an array.
    convenience init(_ elements: [Element]) {
        self.init()
        resize(elements.count)
        elements.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { pointer.update(from: base, count: source.count) }
        }
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

    private static func memory(_ count: Int) -> UnsafeMutablePointer<Element> {
        UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Element>.stride + 64, alignment: 64)
            .bindMemory(to: Element.self, capacity: count)
    }

    /// Makes it `count` elements long; the old elements stay, new ones are not set.
    func resize(_ count: Int) {
        if count > capacity {
            let grown = Self.memory(max(count, capacity * 3 / 2))
            grown.update(from: pointer, count: self.count)
            UnsafeMutableRawPointer(pointer).deallocate()
            pointer = grown
            capacity = max(count, capacity * 3 / 2)
        }
        self.count = count
    }

    func append(_ element: Element) {
        resize(count + 1)
        pointer[count - 1] = element
    }

    func removeAll() { count = 0 }

    subscript(_ index: Int) -> Element {
        get { pointer[index] }
        set { pointer[index] = newValue }
    }
}
