#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import Synchronization

/// Names for what is still being written: hidden, beside the final place, and saying which process writes it.
///
/// `.NAME.writing-PID-START-COUNT`, where START is the process's start time, so that a name left by a killed process is known for
/// what it is even after its number was given to another process.
enum TemporaryName {
    private static let counter = Atomic<Int>(0)

    /// A new name beside `path`.
    static func make(for path: String) -> String {
        let count = counter.wrappingAdd(1, ordering: .relaxed).oldValue
        let pid = getpid()
        return FileSystem.folder(of: path) + "/" + prefix(for: path) + "\(pid)-\(startTime(of: pid) ?? "0")-\(count)"
    }

    /// What all temporary names for `path` begin with.
    static func prefix(for path: String) -> String { "." + FileSystem.name(of: path) + ".writing-" }

    /// A path as a person knows it: with the final name in place of a hidden one.
    static func shown(_ path: String) -> String {
        let mark = Array(".writing-".utf8)
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { part -> String in
            let bytes = Array(part)
            guard bytes.first == UInt8(ascii: "."), bytes.count > mark.count,
                let place = (1...(bytes.count - mark.count)).first(where: { bytes[$0..<($0 + mark.count)].elementsEqual(mark) })
            else { return String(decoding: bytes, as: UTF8.self) }
            return String(decoding: bytes[1..<place], as: UTF8.self)
        }
        return parts.joined(separator: "/")
    }

    /// Removes what processes that no longer run left beside `path`.
    /// - Parameter sparing: whether what cannot be removed, because it belongs to somebody else, is left without a word.
    static func sweep(for path: String, in fileSystem: FileSystem, sparing: Bool = false) throws(FileError) {
        let folder = FileSystem.folder(of: path)
        let prefix = prefix(for: path)
        for name in try fileSystem.names(in: folder) where name.hasPrefix(prefix) && isAbandoned(name.dropFirst(prefix.count)) {
            do throws(FileError) { try fileSystem.removeTree(folder + "/" + name) } catch {
                if !sparing { throw error }
            }
        }
    }

    /// Whether the process named in `PID-START-COUNT` is gone. Anything else in that place is not ours to remove.
    private static func isAbandoned(_ tail: Substring) -> Bool {
        let parts = tail.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let pid = Int32(parts[0]), pid > 0, Int(parts[2]) != nil else { return false }
        if kill(pid, 0) != 0 && errno == ESRCH { return true }
        guard let start = startTime(of: pid) else { return false }
        return start != parts[1]
    }

    /// When a process started, in the system's ticks since boot: the 22nd word of `/proc/PID/stat`. Nil where there is no such file.
    private static func startTime(of pid: Int32) -> String? {
        // Not through FileSystem: reading /proc is no operation of the output and must not be counted among its faults.
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(descriptor, &bytes, bytes.count)
        // The second word is the program's name in parentheses and may hold spaces.
        guard count > 0, let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let words = bytes[(end + 1)..<count].split(separator: UInt8(ascii: " "))
        guard words.count > 19 else { return nil }
        return String(decoding: words[19], as: UTF8.self)
    }
}
