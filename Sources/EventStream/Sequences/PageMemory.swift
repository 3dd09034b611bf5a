#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Large pieces of memory, taken from the system page by page and given back to it at once.
///
/// What is freed in an allocator's heap mostly stays with the process, and pieces that come and go while others grow would take their
/// memory twice. Smaller pieces are the allocator's.
enum PageMemory {
    static let smallest = 1 << 18

    /// Zeros where the piece is large, anything where it is small.
    static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        guard bytes >= smallest else { return .allocate(byteCount: max(1, bytes), alignment: 64) }
        guard let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0), start != MAP_FAILED else {
            // As the allocator does: a program without memory ends.
            fatalError("PageMemory: the system gives no \(bytes) bytes of memory")
        }
        return start
    }

    /// - Parameter bytes: as many as were asked for.
    static func deallocate(_ start: UnsafeMutableRawPointer, _ bytes: Int) {
        if bytes >= smallest { munmap(start, bytes) } else { start.deallocate() }
    }

    /// Moves the first `used` bytes to a larger piece; what was moved is given back on the way, so that they are never held twice.
    static func enlarge(_ start: UnsafeMutableRawPointer, from old: Int, to new: Int, used: Int) -> UnsafeMutableRawPointer {
        let larger = allocate(new)
        var done = 0
        while done < used {
            let count = min(1 << 20, used - done)
            (larger + done).copyMemory(from: start + done, byteCount: count)
            if old >= smallest, count == 1 << 20 { madvise(start + done, count, MADV_DONTNEED) }
            done += count
        }
        deallocate(start, old)
        return larger
    }
}
