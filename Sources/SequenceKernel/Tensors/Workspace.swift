/// Scratch memory of one worker: floats and integers handed out one after another and taken back all at once.
///
/// A step begins with ``reset()`` and asks for what it needs; after the largest step has been seen nothing is allocated any
/// more. Handed-out memory is 64-byte aligned and not cleared.
public final class Workspace: @unchecked Sendable {
    private var block: UnsafeMutableRawPointer
    private var used = 0
    private var overflow: [UnsafeMutableRawPointer] = []
    private var overflowBytes = 0

    /// How often memory had to be asked for; constant in the steady state.
    public private(set) var allocationCount = 0

    /// Starts with room for `floats` floats.
    public init(floats: Int = 1 << 16) {
        capacity = max(64, floats * 4)
        block = LargePages.allocate(capacity)
    }

    deinit {
        block.deallocate()
        for extra in overflow { extra.deallocate() }
    }

    /// Takes back everything. If the last step did not fit, the memory grows to what it needed.
    public func reset() {
        reset(atLeast: 0)
    }

    /// Bytes that fit without more memory.
    private(set) var capacity: Int

    /// The same; there is then room for `least` bytes. Workers who share work keep the same room, so that chance does not decide when the
    /// one who has not yet had the largest piece must ask for more.
    func reset(atLeast least: Int) {
        if !overflow.isEmpty {
            for extra in overflow { extra.deallocate() }
            overflow.removeAll(keepingCapacity: true)
            block.deallocate()
            capacity = (capacity + overflowBytes) * 5 / 4
            overflowBytes = 0
            block = LargePages.allocate(capacity)
            allocationCount += 1
        }
        if capacity < least {
            block.deallocate()
            capacity = least
            block = LargePages.allocate(capacity)
            allocationCount += 1
        }
        used = 0
    }

    /// A place to come back to with ``release(to:)``.
    public var mark: Int { used }

    /// Takes back what was handed out since `mark`.
    public func release(to mark: Int) { used = mark }

    private func bytes(_ count: Int) -> UnsafeMutableRawPointer {
        let size = (count + 63) & ~63
        if used + size <= capacity {
            defer { used += size }
            return block + used
        }
        let extra = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        overflow.append(extra)
        overflowBytes += size
        allocationCount += 1
        return extra
    }

    /// `count` plain values, not set.
    func memory<Element: BitwiseCopyable>(of type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
        bytes(count * MemoryLayout<Element>.stride).bindMemory(to: type, capacity: count)
    }

    /// `count` rows of `width` floats, not cleared.
    public func rows(_ count: Int, _ width: Int) -> Rows { Rows(floats(count * width), count: count, width: width) }

    /// `count` floats, not cleared.
    public func floats(_ count: Int) -> UnsafeMutablePointer<Float> { bytes(count * 4).bindMemory(to: Float.self, capacity: count) }

    /// `count` 32-bit integers, not cleared.
    public func integers(_ count: Int) -> UnsafeMutablePointer<Int32> { bytes(count * 4).bindMemory(to: Int32.self, capacity: count) }
}
