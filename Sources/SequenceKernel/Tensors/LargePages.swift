#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Memory that is walked from end to end in every step, in large pages where the system has them: tapes, gradients and moments.
///
/// With small pages a training step of a large model looks up thousands of addresses that the processor has forgotten meanwhile.
enum LargePages {
    private static let size = 1 << 21

    /// 64-byte aligned memory, not set; to be deallocated as any other.
    static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        guard bytes >= size else { return .allocate(byteCount: max(bytes, 1), alignment: 64) }
        let block = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: size)
        #if os(Linux)
            // Only advice: where it is not taken everything works with small pages.
            madvise(block, bytes & ~(size - 1), MADV_HUGEPAGE)
        #endif
        return block
    }
}
