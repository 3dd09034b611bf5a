internal import CLibcrypto

/// HMAC-SHA256 under one key (RFC 2104), for many short messages: the key's two blocks are hashed once and copied.
///
/// Not `Sendable`: it holds scratch. Make one for each worker.
public final class KeyedDigest {
    private let inner: OpaquePointer
    private let outer: OpaquePointer
    private let scratch: OpaquePointer

    /// A digest under this key; keys longer than 64 bytes are hashed first, as the standard says.
    public init(key: [UInt8]) {
        var block = [UInt8](repeating: 0, count: 64)
        if key.count > 64 {
            let digest = SHA256Digest()
            digest.update(key)
            block.replaceSubrange(0..<32, with: digest.finish())
        } else {
            block.replaceSubrange(0..<key.count, with: key)
        }
        inner = Self.start(block.map { $0 ^ 0x36 })
        outer = Self.start(block.map { $0 ^ 0x5c })
        scratch = Self.start([])
    }

    deinit {
        EVP_MD_CTX_free(inner)
        EVP_MD_CTX_free(outer)
        EVP_MD_CTX_free(scratch)
    }

    private static func start(_ block: [UInt8]) -> OpaquePointer {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1,
            EVP_DigestUpdate(context, block, block.count) == 1
        else { fatalError("KeyedDigest: libcrypto offers no SHA-256") }
        return context
    }

    /// Writes the 32 bytes of the message's digest.
    public func digest(of message: UnsafeRawBufferPointer, into result: UnsafeMutablePointer<UInt8>) {
        let isDone =
            EVP_MD_CTX_copy_ex(scratch, inner) == 1
            && EVP_DigestUpdate(scratch, message.baseAddress, message.count) == 1
            && EVP_DigestFinal_ex(scratch, result, nil) == 1
            && EVP_MD_CTX_copy_ex(scratch, outer) == 1
            && EVP_DigestUpdate(scratch, result, 32) == 1
            && EVP_DigestFinal_ex(scratch, result, nil) == 1
        precondition(isDone, "KeyedDigest: libcrypto failed")
    }

    /// The 32 bytes of one message's digest under one key.
    public static func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        message.withUnsafeBytes { KeyedDigest(key: key).digest(of: $0, into: &result) }
        return result
    }
}
