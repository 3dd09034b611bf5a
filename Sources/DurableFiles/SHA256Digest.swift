internal import CLibcrypto

/// SHA-256 of bytes given piece by piece (FIPS 180-4), by OpenSSL's libcrypto.
public final class SHA256Digest {
    private let context: OpaquePointer

    /// The digest of nothing yet.
    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            fatalError("SHA256Digest: libcrypto offers no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { fatalError("SHA256Digest: update failed") }
    }

    /// Adds bytes.
    public func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// The 32 bytes of the digest; the value starts anew.
    public func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else { fatalError("SHA256Digest: final failed") }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { fatalError("SHA256Digest: restart failed") }
        return digest
    }

    /// The digest as 64 hexadecimal digits; the value starts anew.
    public func finishHex() -> String { Self.hex(finish()) }

    /// The digest of some bytes as hexadecimal digits.
    public static func hex(of bytes: [UInt8]) -> String {
        let digest = SHA256Digest()
        digest.update(bytes)
        return digest.finishHex()
    }

    /// The digest of a file as hexadecimal digits, read in pieces.
    public static func hex(ofFileAt path: String, in fileSystem: FileSystem = .live) throws(FileError) -> String {
        let digest = SHA256Digest()
        try digest.update(withFileAt: path, in: fileSystem)
        return digest.finishHex()
    }

    /// Adds a file's bytes, read in pieces.
    public func update(withFileAt path: String, in fileSystem: FileSystem = .live) throws(FileError) {
        let file = try OpenFile(path, .read, in: fileSystem)
        defer { file.closeQuietly() }
        if try file.status().kind == .directory { throw FileError(.read, path, code: FileError.isADirectory) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = try file.readNext(into: buffer)
            if count == 0 { return }
            update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Bytes as lower-case hexadecimal digits.
    public static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
