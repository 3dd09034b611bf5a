internal import CLibcrypto
internal import DurableFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Files and variables that hold a secret of 32 bytes as 64 hexadecimal digits.
public enum KeyFile {
    /// Bytes of a key.
    public static let keySize = 32

    /// Makes a new random key in a file that only its owner may read.
    /// - Throws: ``LedgerError/Kind/occupied`` where there already is a file: a key is never overwritten.
    public static func create(at path: String) throws(LedgerError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LedgerError(FileError(.open, path, code: errno)) }
        var line = Array((SHA256Digest.hex(randomBytes(keySize)) + "\n").utf8)
        let written = write(descriptor, &line, line.count)
        let isSafe = written == line.count && fsync(descriptor) == 0
        let code = errno
        let isClosed = close(descriptor) == 0
        guard isSafe, isClosed else {
            unlink(path)
            throw LedgerError(FileError(.write, path, code: isSafe ? errno : code))
        }
        do { try FileSystem.live.sync(FileSystem.folder(of: path)) } catch { throw LedgerError(error) }
    }

    /// The secret in a file.
    static func read(_ path: String) throws(LedgerError) -> [UInt8] {
        let bytes: [UInt8]
        do throws(FileError) { bytes = try FileSystem.live.contents(of: path, limit: 4096) } catch { throw LedgerError(error) }
        return try parse(bytes, path)
    }

    /// The secret in a variable of the environment; nil where it is not set.
    static func read(variable: String) throws(LedgerError) -> [UInt8]? {
        guard let text = getenv(variable).map({ String(cString: $0) }), !text.isEmpty else { return nil }
        return try parse(Array(text.utf8), "the variable \(variable)")
    }

    private static func parse(_ text: [UInt8], _ place: String) throws(LedgerError) -> [UInt8] {
        guard let bytes = bytes(ofHex: text.filter { !" \t\r\n".utf8.contains($0) }), bytes.count == keySize else {
            throw LedgerError(
                .unreadableKey, place, "this is not a key of 64 hexadecimal digits", remedy: "check the place, or make a new key file")
        }
        return bytes
    }

    /// The bytes that hexadecimal digits stand for; nil where they are none.
    package static func bytes(ofHex digits: [UInt8]) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[place]), let low = value(digits[place + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Bytes nobody can guess, by libcrypto's generator, which the system seeds.
    static func randomBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, Int32(count)) == 1 else { fatalError("KeyFile: the system gives no random numbers") }
        return bytes
    }
}
